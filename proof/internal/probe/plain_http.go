package probe

import (
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// PlainHTTP is the rule that nothing is accessible without TLS.
const PlainHTTP check.Rule = "PlainHTTP"

// withoutTLS are the condition keys of a request over plain HTTP.
var withoutTLS = map[string][]string{"aws:SecureTransport": {"false"}}

func plainHTTP(m *model.Model) []check.Check {
	all := perUse(m, PlainHTTP, func(c *checks, g *model.Grant, use model.Access) {
		for _, s := range g.Permissions {
			if s.ViaAWSService || !model.AcceptsHTTP(s.Actions[0]) || g.TargetStack == nil {
				continue
			}
			resource := m.Resources(g, s)[0]
			c.mustFail("over plain HTTP, "+s.Actions[0]+" on "+resource, variant(g, use, s, resource).WithContext(withoutTLS))
		}
	})
	c := &checks{Model: m, rule: PlainHTTP, all: all}
	for _, d := range m.Destinations() {
		c.ownerOverHTTP(d)
	}
	return c.all
}

// ownerOverHTTP are requests of the owner itself: one on each thing that connections lead to, such as a bucket and its objects.
func (c *checks) ownerOverHTTP(d *model.Destination) {
	seen := map[string]bool{}
	for _, one := range d.Connections {
		if !model.AcceptsHTTP(one.Action) || seen[one.Resource] {
			continue
		}
		seen[one.Resource] = true
		a := one.Access
		a.Caller, a.Administrator, a.From = model.RoleIn(d.Stack.Partition, d.Stack.Account, model.AdministratorRole), true, nil
		a.Context = withoutTLS
		c.mustFail(policy.Readable("over plain HTTP, "+a.Action+" on "+a.Resource), a)
	}
}
