package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
)

// Grant is a grant that an assembly declares. The half that another assembly deploys is taken to be as the contract says.
type Grant struct {
	contract.Grant
	// TargetStack and SourceStack are the stacks that declare its halves. Nil for a half that the assembly does not have.
	TargetStack, SourceStack *assembly.Stack
	// Closed are the services whose endpoint policies the source half restricts, such as "s3".
	Closed []string
	// OneApp says that one app declares both halves.
	OneApp bool
}

// readGrants reads what the templates declare: metadata under "CrossGrant::Target::ACCOUNT::KEY" and "CrossGrant::Source::ACCOUNT::KEY". Two
// halves that differ are an error: one of them was made from an older contract.
func readGrants(a *assembly.Assembly) ([]*Grant, error) {
	found := map[string]*Grant{}
	closed, oneApp := map[string][]string{}, map[string]bool{}
	for _, s := range a.Stacks {
		for _, key := range slices.Sorted(maps.Keys(s.Metadata)) {
			half, id, ok := parseKey(key)
			if half == contract.ClosedEndpoints {
				services, _ := s.Metadata[key].([]any)
				for _, service := range services {
					closed[id] = append(closed[id], fmt.Sprint(service))
				}
			}
			oneApp[id] = oneApp[id] || half == contract.OneApp
			if !ok {
				continue
			}
			g, err := readGrant(s.Metadata[key])
			if err != nil {
				return nil, fmt.Errorf("stack %s: metadata %s: %w; expected a grant as contract.json has it", s.DisplayName, key, err)
			}
			one := found[id]
			if one == nil {
				one = &Grant{Grant: g}
				found[id] = one
			}
			if one.Digest != g.Digest {
				return nil, fmt.Errorf("stack %s: metadata %s: found digest %s, expected %s as the other half has; both halves need the same contract", s.DisplayName, key, g.Digest, one.Digest)
			}
			if half == contract.TargetHalf {
				one.TargetStack = s
			} else {
				one.SourceStack = s
			}
		}
	}
	var sorted []*Grant
	for _, id := range slices.Sorted(maps.Keys(found)) {
		found[id].Closed, found[id].OneApp = closed[id], oneApp[id]
		sorted = append(sorted, found[id])
	}
	return sorted, nil
}

// parseKey splits a key of a template's metadata. ok is false unless it declares a grant.
func parseKey(key string) (half contract.Half, id string, ok bool) {
	rest, ours := strings.CutPrefix(key, contract.MetadataPrefix)
	name, id, ok := strings.Cut(rest, "::")
	half = contract.Half(name)
	return half, id, ours && ok && (half == contract.TargetHalf || half == contract.SourceHalf)
}

// readGrant reads one half of a declaration, and puts in its digest. It errs if the declaration has another one: then it was changed by hand.
func readGrant(value any) (g contract.Grant, err error) {
	document, err := json.Marshal(value)
	if err != nil {
		return g, fmt.Errorf("read it: %w", err)
	}
	if err := json.Unmarshal(document, &g); err != nil {
		return g, fmt.Errorf("read it: %w", err)
	}
	if err := g.Validate(); err != nil {
		return g, err
	}
	if g.Digest != "" && bytes.Contains(document, []byte(`\u0000`)) {
		return g, nil // a part of it is not known before deployment
	}
	canonical, err := g.WithDigest()
	if err != nil {
		return g, err
	}
	if g.Digest != "" && g.Digest != canonical.Digest {
		return g, fmt.Errorf("found digest %s, expected %s as its content has; it was changed after it was written", g.Digest, canonical.Digest)
	}
	g.Digest = canonical.Digest
	return g, nil
}

// Owner is the account whose resources a permission is on.
func (g *Grant) Owner(s contract.Statement) string {
	if s.Account != "" {
		return s.Account
	}
	return g.Target.Account
}

// Callers are the ARNs of the grantees' roles: for what is no single role, one that stands for all, of a permission set or in an account of an
// organization.
func (g *Grant) Callers() []string {
	if g.Organization() != "" {
		return []string{RoleIn(g.Partition(), MemberAccount, MemberRole)}
	}
	var all []string
	for _, grantee := range g.Grantees {
		all = append(all, Example(grantee))
	}
	return all
}

// GranteeOf is the grantee for which a caller stands: the pattern of a permission set's role, or the caller itself.
func GranteeOf(caller string) string {
	suffix := strings.Repeat(anyCharacter, 16)
	if name, ok := strings.CutSuffix(caller, "_"+suffix); ok && strings.Contains(name, ":role/aws-reserved/sso.amazonaws.com/") {
		return name + "_" + strings.Repeat("?", 16)
	}
	return caller
}

// SourceAccount is the account of the grantees. Of an organization it is one that stands for all.
func (g *Grant) SourceAccount() string {
	if g.Organization() != "" {
		return MemberAccount
	}
	return arn.Account(g.Grantees[0])
}

// Partition is the partition of the grantees.
func (g *Grant) Partition() string {
	a, ok := arn.Parse(g.Grantees[0])
	if !ok {
		a, _ = arn.Parse(g.Permissions[0].Resources[0])
	}
	return a.Partition
}

// Assume says how the grantees assume the grant's role. Nil if it has none.
func (g *Grant) Assume() *Assume {
	if g.RoleARN == "" {
		return nil
	}
	return &Assume{Role: g.RoleARN, ExternalID: g.Trust.ExternalID, SourceIdentity: g.Trust.SourceIdentity, SessionTags: g.Trust.SessionTags}
}

// Covers says that the permissions give an action on a resource, or on all that a pattern matches, under some conditions.
func (g *Grant) Covers(action, resource string, conditions map[string]map[string][]string) bool {
	need := contract.Statement{Sid: "Need", Actions: []string{action}, Resources: []string{resource}, Conditions: conditions}
	return len(g.Uncovered([]contract.Statement{need})) == 0
}

// IsCaller says that the grant's requests are made by this principal: the trusted role or a grantee.
func (g *Grant) IsCaller(principal string) bool {
	return principal == g.RoleARN || slices.Contains(g.Grantees, principal)
}

// Request is an access with a request that a permission means.
func (g *Grant) Request(a Access, s contract.Statement, action, resource string, context map[string][]string) Access {
	a.Action, a.Resource, a.Owner, a.Region, a.Context = action, resource, g.Owner(s), "", context
	if parsed, _ := arn.Parse(resource); parsed.Region == "" {
		a.Region = g.Target.Region
	}
	return a
}

// Through is the service that makes the requests of a permission for the caller, as its condition on kms:ViaService says.
func Through(s contract.Statement) string {
	for _, keys := range s.Conditions {
		for key, values := range keys {
			if strings.EqualFold(key, "kms:ViaService") && len(values) > 0 {
				service, _, _ := strings.Cut(values[0], ".")
				return service
			}
		}
	}
	return "aws"
}

// ConditionsOf are the conditions of a permission with those of the grant's perimeter, where its own statements have them: a perimeter on the target
// account's buckets, in those on another account's resources. Endpoints and VPCs have IDs that are unique in a region only.
// closed says that the policy of the resource itself closes it.
func (g *Grant) ConditionsOf(s contract.Statement, closed bool) map[string]map[string][]string {
	all := s.Conditions
	if g.Perimeter == nil || s.ViaAWSService || g.Perimeter.Enforcement == contract.OnBucket && s.Account == "" && closed {
		return all
	}
	all = WithCondition(all, "StringEquals", g.Perimeter.Key, g.Perimeter.Values)
	if strings.HasPrefix(g.Perimeter.Key, "aws:SourceVpc") {
		all = WithCondition(all, "StringEquals", "aws:RequestedRegion", []string{g.Target.Region})
	}
	return all
}
