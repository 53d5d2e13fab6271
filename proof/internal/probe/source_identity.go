package probe

import (
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// SourceIdentity is the rule that where the grant asks for a source identity, nobody gets access without it or with another.
const SourceIdentity check.Rule = "SourceIdentity"

func sourceIdentity(m *model.Model) []check.Check {
	return perUse(m, SourceIdentity, func(c *checks, g *model.Grant, use model.Access) {
		if g.Trust.SourceIdentity != "" {
			c.trustConditions(use, "source identity", func(a *model.Assume) *string { return &a.SourceIdentity })
		}
	})
}
