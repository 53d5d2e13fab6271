package proof

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// actual are the resources that a permission means here. A contract has patterns for what AWS makes up at deployment: a key's id, the end
// of a secret's or a stream's ARN; where the templates have the resource itself, it stands for its pattern.
func (w *world) actual(g *Grant, s contract.Statement) []string {
	var all []string
	for _, pattern := range s.Resources {
		found := w.named(g, s, pattern)
		if len(found) == 0 {
			found = []string{pattern}
		}
		all = append(all, found...)
	}
	return unique(all)
}

// named are the resources of the templates that a pattern means: the keys of the grant's other resources, or what its role's policies name,
// or else what the templates have.
func (w *world) named(g *Grant, s contract.Statement, pattern string) []string {
	front, _, wild := strings.Cut(strings.ReplaceAll(pattern, "?", "*"), "*")
	if !wild || s.Service() == "s3" {
		return nil
	}
	fits := func(arn string) bool { return strings.HasPrefix(arn, front) && !policy.IsKnown(arn) }
	if s.Service() == "kms" && s.ViaAWSService {
		return w.keysOf(g, s, fits)
	}
	var all []string
	if role := w.role(g.RoleARN); role != nil {
		for _, d := range role.Policies {
			for i := range d.Statements {
				all = append(all, slices.DeleteFunc(d.Statements[i].Elements().Resources, func(arn string) bool { return !fits(arn) })...)
			}
		}
	}
	if len(all) == 0 && g.Access == contract.Direct {
		all = slices.DeleteFunc(w.accounts.ARNs(), func(arn string) bool { return !fits(arn) })
	}
	return all
}

// keysOf are the keys of the grant's resources of the service that asks KMS.
func (w *world) keysOf(g *Grant, s contract.Statement, fits func(string) bool) []string {
	var keys []string
	for _, other := range g.Permissions {
		if other.Service() == "kms" || other.Service() != through(s) {
			continue
		}
		for _, resource := range w.actual(g, other) {
			if guarded, ok := w.accounts.ResourceOf(resource); ok && fits(guarded.Key) {
				keys = append(keys, guarded.Key)
			}
		}
	}
	return keys
}

// declared is the pattern by which a permission of the grant means a resource that is not known yet, or else the resource itself.
func (w *world) declared(g *Grant, resource string) string {
	for _, s := range g.Permissions {
		for _, pattern := range s.Resources {
			if slices.Contains(w.named(g, s, pattern), resource) {
				return pattern
			}
		}
	}
	return resource
}
