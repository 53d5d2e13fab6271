package probe

import (
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// RootUser is the rule that the root user of the grantee's account gets no access.
const RootUser check.Rule = "RootUser"

func rootUser(m *model.Model) []check.Check {
	return perUse(m, RootUser, func(c *checks, g *model.Grant, use model.Access) {
		if g.Organization() != "" {
			return // of whose accounts each root user may do what the grant permits directly; and none may assume a role
		}
		who, caller := "the root user of account "+g.SourceAccount(), "arn:"+g.Partition()+":iam::"+g.SourceAccount()+":root"
		use.Caller = caller
		c.enters(who, use)
		directly(m, g, func(s contract.Statement, request string, a model.Access) {
			if g.Owner(s) == g.SourceAccount() {
				return // which does with its own resources as it likes
			}
			a.Caller = caller
			c.mustFail(who+" by its own permissions, "+request, a)
		})
	})
}
