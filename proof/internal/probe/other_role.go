package probe

import (
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// OtherRole is the rule that no other role of the grantee's account gets access, whatever permissions it has there.
const OtherRole check.Rule = "OtherRole"

func otherRole(m *model.Model) []check.Check {
	return perGrant(m, OtherRole, func(c *checks, g *model.Grant) {
		for _, grantee := range granteesIn(m, g) {
			account := arn.Account(grantee)
			c.mustFail("another role of account "+account+" assumes "+grantee, assumes(model.RoleIn(g.Partition(), account, model.OtherRole), grantee))
		}
		use, ok := firstUse(m, g)
		if !ok {
			return
		}
		who, caller := "another role of account "+g.SourceAccount(), model.RoleIn(g.Partition(), g.SourceAccount(), model.OtherRole)
		use.Caller, use.Administrator = caller, true
		c.enters(who, use)
		directly(m, g, func(s contract.Statement, request string, a model.Access) {
			if g.Owner(s) == g.SourceAccount() {
				return // which does with its own resources as it likes
			}
			a.Caller = caller
			c.mustFail(who+" by its own permissions, "+request, a)
			if g.RoleARN != "" {
				a.Caller = g.Grantees[0]
				c.mustFail("the grantee, without the grant's role, by its own permissions, "+request, a)
			}
		})
	})
}

// enters is someone who tries to use the grant as its grantee does: from the grantee's subnet, and from anywhere.
func (c *checks) enters(who string, a model.Access) {
	a = entry(a)
	if a.From != nil {
		c.mustFail(who+", from the grantee's subnet", a)
	}
	a.From = nil
	c.mustFail(who, a)
}
