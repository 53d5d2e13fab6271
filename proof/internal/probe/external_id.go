package probe

import (
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// ExternalID is the rule that where the grant asks for an external ID, nobody gets access without it or with another.
const ExternalID check.Rule = "ExternalID"

func externalID(m *model.Model) []check.Check {
	return perUse(m, ExternalID, func(c *checks, g *model.Grant, use model.Access) {
		if g.Trust.ExternalID != "" {
			c.trustConditions(use, "external ID", func(a *model.Assume) *string { return &a.ExternalID })
		}
	})
}
