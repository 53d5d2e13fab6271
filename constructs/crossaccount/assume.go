package crossaccount

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// permit adds statements to the policy of a role, under Sids that begin with prefix. A role that was imported may not take a policy, and
// CDK reports success all the same: so each is looked for in the stack, and asked for by hand if it is not there.
func permit(who string, role awsiam.IGrantable, prefix string, statements []contract.Statement, by *half) (grants []awsiam.Grant) {
	for _, s := range statements {
		grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee: role, Actions: jsii.Strings(s.Actions...), ResourceArns: jsii.Strings(s.Resources...), Conditions: byOperator(s.Conditions),
		})
		for _, added := range *grant.PrincipalStatements() {
			added.SetSid(jsii.String(prefix + s.Sid))
		}
		grants = append(grants, grant)
		if _, own := role.GrantPrincipal().(awsiam.Role); own {
			continue
		}
		if !*grant.Success() || !hasStatement(by.in, prefix+s.Sid) {
			by.needs("the policy of "+who, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: jsii.Strings(s.Actions...), Resources: jsii.Strings(s.Resources...), Conditions: conditions(s.Conditions),
			}))
		}
	}
	return grants
}

func hasStatement(stack awscdk.Stack, sid string) bool {
	for _, child := range *stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if policy, ok := child.(awsiam.CfnPolicy); ok {
			document, err := json.Marshal(stack.Resolve(policy.PolicyDocument()))
			if err == nil && strings.Contains(string(document), fmt.Sprintf(`"Sid":%q`, sid)) {
				return true
			}
		}
	}
	return false
}

// assuming is the right to assume the trusted role, and to say on whose behalf if the role asks for that.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
func assuming(g contract.Grant) contract.Statement {
	s := contract.Statement{Sid: "Assume", Actions: []string{"sts:AssumeRole"}, Resources: []string{g.RoleARN}}
	if g.Trust.SourceIdentity != "" {
		s.Actions = append(s.Actions, "sts:SetSourceIdentity")
	}
	return s
}

// conditions returns conditions as CDK takes them; nil for none.
func conditions(operators map[string]map[string][]string) *map[string]any {
	if len(operators) == 0 {
		return nil
	}
	all := map[string]any{}
	for operator, keys := range *byOperator(operators) {
		all[operator] = *keys
	}
	return &all
}

func byOperator(operators map[string]map[string][]string) *map[string]*map[string]any {
	all := map[string]*map[string]any{}
	for operator, keys := range operators {
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

// sentence returns conditions as a person reads them, with a space before; empty for none.
func sentence(operators map[string]map[string][]string) (text string) {
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		for _, key := range slices.Sorted(maps.Keys(operators[operator])) {
			text += fmt.Sprintf(" when %s %s: %s", operator, key, strings.Join(operators[operator][key], " or "))
		}
	}
	return text
}

var notInSid = regexp.MustCompile(`[^A-Za-z0-9]`)

// sidOf returns a name as the beginning of statement ids, which have letters and digits only: with a hash, so that two names stay two
// where IAM wants each id once in a policy.
func sidOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return notInSid.ReplaceAllString(name, "") + strings.ToUpper(hex.EncodeToString(sum[:4]))
}
