package probe

import (
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// OtherAccount is the rule that nobody of another account, no service that nothing here uses and nobody without credentials gets access.
const OtherAccount check.Rule = "OtherAccount"

func otherAccount(m *model.Model) []check.Check {
	return perGrant(m, OtherAccount, func(c *checks, g *model.Grant) {
		role := model.RoleIn(g.Partition(), model.OtherAccount, model.OtherRole)
		for _, grantee := range granteesIn(m, g) {
			c.mustFail("a role of another account assumes "+grantee, assumes(role, grantee))
			c.mustFail("an AWS service that nothing here uses assumes "+grantee, assumes("codebuild.amazonaws.com", grantee))
		}
		use, ok := firstUse(m, g)
		if !ok {
			return
		}
		sameName, _ := arn.Parse(g.Callers()[0])
		sameName.Account = model.OtherAccount
		use.Caller, use.Administrator, use.From = sameName.String(), true, nil
		use.Organization = elsewhere(g)
		c.mustFail("a role of the same name in another account", entry(use))
		directly(m, g, func(_ contract.Statement, request string, a model.Access) {
			a.Caller, a.Organization = role, elsewhere(g)
			c.mustFail("a role of another account by its own permissions, "+request, a)
			a.Caller, a.Organization = "anonymous", ""
			c.mustFail("someone without credentials, "+request, a)
		})
	})
}

// elsewhere is an organization that another account is in, if an organization is the grantee. "" if that makes no difference.
func elsewhere(g *model.Grant) string {
	if g.Organization() != "" {
		return model.OtherOrganization
	}
	return ""
}
