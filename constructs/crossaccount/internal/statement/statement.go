// Package statement converts what a contract permits to the forms in which CDK takes it and people read it. It decides nothing: not what is
// permitted, nor whom.
package statement

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// Conditions are operator -> key -> values, as in an IAM policy.
type Conditions = map[string]map[string][]string

// Allow returns an Allow with the Sid, or without one if that is empty; for a policy of a resource, with principals.
func Allow(sid string, principals []awsiam.IPrincipal, s contract.Statement) awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(s.Actions...), Resources: jsii.Strings(s.Resources...), Conditions: ForCDK(s.Conditions)}
	if sid != "" {
		props.Sid = jsii.String(sid)
	}
	if len(principals) > 0 {
		props.Principals = &principals
	}
	return awsiam.NewPolicyStatement(props)
}

// ForCDK returns conditions as a PolicyStatement takes them; nil for none.
func ForCDK(c Conditions) *map[string]any {
	if len(c) == 0 {
		return nil
	}
	all := map[string]any{}
	for operator, keys := range *ForCDKGrant(c) {
		all[operator] = *keys
	}
	return &all
}

// ForCDKGrant returns conditions as CDK's Grant takes them.
func ForCDKGrant(c Conditions) *map[string]*map[string]any {
	all := map[string]*map[string]any{}
	for operator, keys := range c {
		values := map[string]any{}
		for key, list := range keys {
			values[key] = list
			if len(list) == 1 {
				values[key] = list[0]
			}
		}
		all[operator] = &values
	}
	return &all
}

// Merge returns all conditions of both, which have no key in common under one operator.
func Merge(some, more Conditions) Conditions {
	all := Conditions{}
	for _, conditions := range []Conditions{some, more} {
		for operator, keys := range conditions {
			for key, values := range keys {
				if all[operator] == nil {
					all[operator] = map[string][]string{}
				}
				all[operator][key] = values
			}
		}
	}
	return all
}

// Describe returns conditions as a person reads them, with a space before; empty for none.
func Describe(c Conditions) (text string) {
	for _, operator := range slices.Sorted(maps.Keys(c)) {
		for _, key := range slices.Sorted(maps.Keys(c[operator])) {
			text += fmt.Sprintf(" when %s %s: %s", operator, key, strings.Join(c[operator][key], " or "))
		}
	}
	return text
}

// JSON returns a resolved statement in the order in which people write one.
func JSON(resolved map[string]any) string {
	var all []string
	for _, key := range []string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition"} {
		if value, ok := resolved[key]; ok {
			text, _ := json.Marshal(value) // came from JSON
			all = append(all, fmt.Sprintf("%q:%s", key, text))
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}

var notInSid = regexp.MustCompile(`[^A-Za-z0-9]`)

// SidPrefix returns a name as the beginning of Sids, which have letters and digits only. A hash keeps apart two names that differ in other
// characters, since IAM takes each Sid once in a policy.
func SidPrefix(name string) string {
	sum := sha256.Sum256([]byte(name))
	return notInSid.ReplaceAllString(name, "") + strings.ToUpper(hex.EncodeToString(sum[:4]))
}
