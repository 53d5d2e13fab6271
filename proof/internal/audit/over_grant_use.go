package audit

import (
	"slices"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// uses checks the statements by which roles do what is declared besides the grants: each permits no more than that, and than the role's grants.
// What other statements permit in the role's own account is that account's decision.
func (a *checks) uses() {
	seen := map[string]bool{}
	for _, u := range a.Uses {
		role, ok := a.Accounts.Role(u.Role)
		if !ok || seen[u.Role] {
			continue
		}
		seen[u.Role] = true
		needs := contract.Grant{}
		for _, other := range a.Uses {
			if other.Role == u.Role {
				needs.Permissions = append(needs.Permissions, other.Statement)
			}
		}
		for _, g := range a.Grants {
			if g.RoleARN == "" && g.IsCaller(u.Role) {
				needs.Permissions = append(needs.Permissions, g.Permissions...)
			}
		}
		for _, d := range role.Policies {
			allows(d, func(s *policy.Statement, e policy.Elements) {
				if !a.isForUse(u.Role, s, e) {
					return
				}
				c := a.newIdentityCheck(nil, d, s, role.Resource)
				c.Access = model.Access{Caller: role.ARN}
				for _, action := range e.Actions {
					for _, resource := range e.Resources {
						need := contract.Statement{Sid: "Need", Actions: []string{action}, Resources: []string{resource}, Conditions: e.Conditions}
						switch {
						case e.NotAction || e.NotResource:
							tooMuch(&c, "everything but "+action+" on "+resource+" is permitted, and nothing that is declared needs that")
						case len(needs.Uncovered([]contract.Statement{need})) > 0:
							tooMuch(&c, action+" on "+resource+" is permitted, and nothing that is declared needs it")
						}
					}
				}
				a.all = append(a.all, c)
			})
		}
	}
}

// isMarked says that a permission of a role is declared besides the grants, such as by the mark of a policy.
func (a *checks) isMarked(role string, p permission) bool {
	var declared contract.Grant
	for _, u := range a.Uses {
		if u.Role == role {
			declared.Permissions = append(declared.Permissions, u.Statement)
		}
	}
	need := contract.Statement{Sid: "Need", Actions: []string{p.action}, Resources: []string{p.resource}, Conditions: p.conditions}
	return len(declared.Permissions) > 0 && len(declared.Uncovered([]contract.Statement{need})) == 0
}

// isForUse says that a statement is one of a role's uses, by its Sid, or by an action and a resource that it has in common with one.
func (a *checks) isForUse(role string, s *policy.Statement, e policy.Elements) bool {
	common := func(some, others []string) bool {
		return slices.ContainsFunc(some, func(one string) bool { return slices.Contains(others, one) })
	}
	return slices.ContainsFunc(a.Uses, func(u model.Use) bool {
		return u.Role == role && (u.Sid != "" && u.Sid == s.Sid || common(u.Actions, e.Actions) && common(u.Resources, e.Resources))
	})
}
