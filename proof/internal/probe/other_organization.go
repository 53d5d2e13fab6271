package probe

import (
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// OtherOrganization is the rule that where the grant asks for an organization, nobody of another one gets access.
const OtherOrganization check.Rule = "OtherOrganization"

func otherOrganization(m *model.Model) []check.Check {
	return perUse(m, OtherOrganization, func(c *checks, g *model.Grant, use model.Access) {
		if requiredOrganization(g) == "" {
			return
		}
		for _, other := range []struct{ where, organization string }{{"in another organization", model.OtherOrganization}, {"in no organization", model.NoOrganization}} {
			use.Organization = other.organization
			if use.Assumes != nil {
				c.mustFail("the grantee, with its account "+other.where, entry(use))
				continue
			}
			for _, s := range g.Permissions {
				if s.Account != "" {
					continue // of the grantee's own account
				}
				a := variant(g, use, s, m.Resources(g, s)[0])
				if s.ViaAWSService {
					a.Through = model.Through(s)
					a = a.WithContext(c.encryptionContext(g, a))
				}
				c.mustFail("the grantee, with its account "+other.where+", "+a.Action+" on "+a.Resource, a)
			}
		}
	})
}
