package probe

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// OtherResource is the rule that resources other than the granted ones are not accessible, nor what a condition excludes.
const OtherResource check.Rule = "OtherResource"

func otherResource(m *model.Model) []check.Check {
	return perUse(m, OtherResource, func(c *checks, g *model.Grant, use model.Access) {
		for _, as := range asRole(use) {
			for _, s := range g.Permissions {
				if !s.ViaAWSService { // a service reaches no keys but those of the grant's resources
					c.similar(g, as, s)
				}
				c.otherConditions(g, as, s)
			}
		}
	})
}

// similar asks for resources whose names are like that of a permission.
func (c *checks) similar(g *model.Grant, as model.Access, s contract.Statement) {
	for _, resource := range c.Resources(g, s) {
		for _, other := range similarTo(resource) {
			if g.Covers(s.Actions[0], model.Literal(other), nil) {
				continue
			}
			a := g.Request(as, s, s.Actions[0], other, model.ExampleContext(s))
			_, exists := c.Accounts.ResourceOf(other)
			a.Nonexistent = !exists
			c.mustFail(s.Actions[0]+" on "+other, a)
		}
	}
}

// otherConditions asks for what the conditions of a permission exclude, such as another prefix in a listing.
func (c *checks) otherConditions(g *model.Grant, as model.Access, s contract.Statement) {
	for _, operator := range slices.Sorted(maps.Keys(s.Conditions)) {
		if strings.Contains(operator, "Not") {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(s.Conditions[operator])) {
			if g.Perimeter != nil && key == g.Perimeter.Key {
				continue // which has a rule of its own
			}
			for _, resource := range c.Resources(g, s) {
				other, without := variant(g, as, s, resource), variant(g, as, s, resource)
				other.Context[key] = []string{model.AnyName + "/"}
				delete(without.Context, key)
				c.mustFail(s.Actions[0]+" on "+resource+" with another "+key, other)
				c.mustFail(s.Actions[0]+" on "+resource+" without "+key, without)
			}
		}
	}
}

// similarTo are ARNs of other resources with a similar name: another prefix of a bucket, the name with something after it, another index.
func similarTo(resource string) []string {
	parsed, _ := arn.Parse(resource)
	name := parsed.Resource
	with := func(name string) string {
		other := parsed
		other.Resource = name
		return other.String()
	}
	switch parsed.Service {
	case "s3":
		bucket, key, isObject := strings.Cut(name, "/")
		if !isObject {
			return []string{with(bucket + "-other")}
		}
		var all []string
		if prefix := strings.TrimSuffix(strings.TrimSuffix(key, "*"), "/"); prefix != "" {
			all = append(all, with(bucket+"/"+model.Example(prefix)+"-other/"+model.AnyName), with(bucket+"/"+model.AnyName))
		}
		if strings.Contains(key, "${*}") || strings.Contains(key, "${?}") { // which stand for the characters, and not for any
			all = append(all, with(bucket+"/"+model.Example(strings.NewReplacer("${*}", "*", "${?}", "?").Replace(key))))
		}
		return append(all, with(bucket+"-other/"+model.Example(key)))
	case "dynamodb":
		table, _, hasIndex := strings.Cut(strings.TrimPrefix(name, "table/"), "/")
		if hasIndex {
			return []string{with("table/" + table + "-other/index/" + model.AnyName)}
		}
		return []string{with("table/" + table + "-other"), with("table/" + table + "/index/" + model.AnyName)}
	}
	if policy.IsKnown(name) {
		return []string{with(model.Example(strings.TrimSuffix(name, "*")) + "-other")}
	}
	// Only a name with another beginning is surely another one.
	kind, id, _ := strings.Cut(name, ":")
	if id == "" || !policy.IsKnown(id[:1]) {
		return nil
	}
	return []string{with(kind + ":other-" + id)}
}
