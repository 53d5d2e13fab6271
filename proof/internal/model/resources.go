package model

import (
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Resources are the resources that a permission means here. A contract has patterns for what AWS generates at deployment: the ID of a key, the
// end of a secret's or a stream's ARN; where the templates have the resource itself, it replaces its pattern.
func (m *Model) Resources(g *Grant, s contract.Statement) []string {
	var all []string
	seen := map[string]bool{}
	for _, pattern := range s.Resources {
		found := m.generated(g, s, pattern)
		if len(found) == 0 {
			found = []string{pattern}
		}
		for _, one := range found {
			if !seen[one] {
				seen[one] = true
				all = append(all, one)
			}
		}
	}
	return all
}

// generated are the resources of the templates that a pattern means: the keys of the grant's other resources, or what its role's policies
// name, or else what the templates have.
func (m *Model) generated(g *Grant, s contract.Statement, pattern string) []string {
	front, _, wildcard := strings.Cut(strings.ReplaceAll(pattern, "?", "*"), "*")
	if !wildcard || s.Service() == "s3" {
		return nil
	}
	fits := func(resource string) bool { return strings.HasPrefix(resource, front) && !policy.IsKnown(resource) }
	if s.Service() == "kms" && s.ViaAWSService {
		return m.keysOf(g, s, fits)
	}
	var all []string
	add := func(resources []string) {
		for _, one := range resources {
			if fits(one) {
				all = append(all, one)
			}
		}
	}
	if role := m.Role(g.RoleARN); role != nil {
		found := false
		for _, own := range []bool{true, false} { // the statement that the permission became, if it has kept its Sid
			for _, d := range role.Policies {
				for i := range d.Statements {
					if !own && !found || own && isOf(d.Statements[i].Sid, s.Sid) {
						add(d.Statements[i].Elements().Resources)
					}
				}
			}
			found = len(all) > 0
		}
	}
	if len(all) == 0 && g.Access == contract.Direct {
		add(m.Accounts.ARNs())
	}
	return all
}

// isOf says that a statement of a policy has the Sid of a permission, perhaps with the prefix that constructs give it in the policy of a role that is there
// already: a name and the eight digits of its hash.
func isOf(sid, permission string) bool {
	prefix, ok := strings.CutSuffix(sid, permission)
	return ok && (prefix == "" || hashed.MatchString(prefix))
}

var hashed = regexp.MustCompile("[0-9A-F]{8}$")

// keysOf are the keys of the grant's resources of the service that calls KMS: of those on which the grant permits what needs the key in this way, to
// encrypt or only to decrypt.
func (m *Model) keysOf(g *Grant, s contract.Statement, fits func(string) bool) []string {
	use := "kms:Decrypt"
	if slices.Contains(s.Actions, "kms:GenerateDataKey") {
		use = "kms:GenerateDataKey"
	}
	var keys []string
	for _, other := range g.Permissions {
		if other.Service() == "kms" || other.Service() != Through(s) ||
			!slices.ContainsFunc(other.Actions, func(action string) bool { return slices.Contains(KeyActions(action), use) }) {
			continue
		}
		for _, resource := range m.Resources(g, other) {
			if r, ok := m.Accounts.ResourceOf(resource); ok && fits(r.Key) {
				keys = append(keys, r.Key)
			}
		}
	}
	return keys
}

// PatternOf is the pattern by which a permission of the grant means a resource whose name AWS generates, or else the resource itself.
func (m *Model) PatternOf(g *Grant, resource string) string {
	for _, s := range g.Permissions {
		for _, pattern := range s.Resources {
			for _, one := range m.generated(g, s, pattern) {
				if one == resource {
					return pattern
				}
			}
		}
	}
	return resource
}

// serviceOf is the service in an ARN.
func serviceOf(resource string) string {
	a, _ := arn.Parse(resource)
	return a.Service
}
