package probe

import (
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// OtherOrganization is the rule that where the grant asks for an organization, nobody of another one gets access.
const OtherOrganization check.Rule = "OtherOrganization"

func otherOrganization(m *model.Model) []check.Check {
	return perUse(m, OtherOrganization, func(c *checks, g *model.Grant, use model.Access) {
		if g.Trust.OrganizationID != "" {
			use.Organization = model.OtherOrganization
			c.mustFail("the grantee, with its account in another organization", entry(use))
		}
	})
}
