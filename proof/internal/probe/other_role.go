package probe

import (
	"strings"

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
		if g.Organization() != "" { // all of whose roles are grantees
			c.withoutRole(g)
			return
		}
		c.otherPermissionSets(g, use)
		who, caller := "another role of account "+g.SourceAccount(), model.RoleIn(g.Partition(), g.SourceAccount(), model.OtherRole)
		use.Caller, use.Administrator = caller, true
		c.enters(who, use)
		directly(m, g, func(s contract.Statement, request string, a model.Access) {
			if g.Owner(s) == g.SourceAccount() {
				return // which does with its own resources as it likes
			}
			a.Caller = caller
			c.mustFail(who+" by its own permissions, "+request, a)
		})
		c.withoutRole(g)
	})
}

// withoutRole is the grantee that does not assume the grant's role.
func (c *checks) withoutRole(g *model.Grant) {
	if g.RoleARN == "" {
		return
	}
	directly(c.Model, g, func(s contract.Statement, request string, a model.Access) {
		if g.Owner(s) != g.SourceAccount() {
			a.Caller, a.Organization = g.Callers()[0], g.Organization()
			c.mustFail("the grantee, without the grant's role, by its own permissions, "+request, a)
		}
	})
}

// otherPermissionSets are roles whose names are like those of a permission set that is a grantee: that of a set whose name goes on, and one that anybody may
// create, without the path that is reserved for IAM Identity Center.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
func (c *checks) otherPermissionSets(g *model.Grant, use model.Access) {
	for _, grantee := range g.Grantees {
		name, isSet := strings.CutSuffix(grantee, "_????????????????")
		if !isSet {
			continue
		}
		use.Administrator = true
		use.Caller = name + "-other_0123456789abcdef"
		c.enters("the role of another permission set, "+use.Caller, use)
		use.Caller = model.RoleIn(g.Partition(), arn.Account(grantee), name[strings.LastIndexByte(name, '/')+1:]+"_0123456789abcdef")
		c.enters("a role of that name that is of no permission set, "+use.Caller, use)
	}
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
