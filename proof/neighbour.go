package proof

import (
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
)

// sideDoors are other roles of the data's account that reach it and let in somebody of another account.
func (w *world) sideDoors(g *Grant, declared []*Grant) []Check {
	if g.TargetStack == nil {
		return nil
	}
	var all []Check
	for _, role := range w.accounts.Roles {
		if account(role.ARN) != g.Target.Account || trusted(declared, role.ARN) {
			continue
		}
		var outside []string
		for i := range role.Trust.Statements {
			if s := &role.Trust.Statements[i]; s.Effect == policy.Allow {
				outside = append(outside, callers(s.Elements(), g.Target.Account)...)
			}
		}
		if len(outside) == 0 {
			continue
		}
		c := Check{Rule: OverGrant, Grant: g.Key(), Expects: MustFail, Name: "other ways into the account: " + accounts.DisplayName(role.Resource), Verdict: Proved, holder: role.Resource}
		if action, reaches := w.reach(g, role); reaches != policy.No {
			for _, caller := range outside {
				c.hold("it may "+action+", and lets in "+caller+", which no grant does", caller)
			}
		}
		all = append(all, c)
	}
	return all
}

func trusted(declared []*Grant, arn string) bool {
	for _, g := range declared {
		if g.RoleARN == arn {
			return true
		}
	}
	return false
}

// reach says whether a role may do anything that the grant declares.
func (w *world) reach(g *Grant, role *accounts.Principal) (string, policy.Answer) {
	found := policy.No
	what := ""
	for _, s := range g.Permissions {
		if s.ViaAWSService {
			continue
		}
		for _, resource := range w.actual(g, s) {
			for _, action := range s.Actions {
				a := Access{}
				w.variant(g, s, resource, func(map[string][]string) {})(&a)
				a.Caller, a.Action = role.ARN, action
				for _, chain := range w.walk(a) {
					if chain.Passes == policy.Yes {
						return action + " on " + resource, policy.Yes
					}
					if chain.Passes == policy.Indeterminate {
						found, what = policy.Indeterminate, action+" on "+resource
					}
				}
			}
		}
	}
	return what, found
}
