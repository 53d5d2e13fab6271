package probe

import (
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Perimeter is the rule that where the grant has a perimeter, nobody gets access from outside it.
const Perimeter check.Rule = "Perimeter"

func perimeter(m *model.Model) []check.Check {
	return perUse(m, Perimeter, func(c *checks, g *model.Grant, use model.Access) {
		for _, s := range g.Permissions {
			if g.Perimeter == nil || s.ViaAWSService {
				continue
			}
			resource := m.Resources(g, s)[0]
			a := variant(g, use, s, resource)
			a.From = nil
			c.mustFail("from outside the perimeter, "+s.Actions[0]+" on "+resource, a)
		}
	})
}
