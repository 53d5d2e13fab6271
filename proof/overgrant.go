package proof

import (
	"fmt"
	"maps"
	"slices"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// overGrants are what roles hold that no permission needs.
func (w *world) overGrants(declared []*Grant) []Check {
	var all []Check
	for _, g := range declared {
		if role, ok := w.accounts.Role(g.RoleARN); ok && g.RoleARN != "" {
			all = append(all, excess(g, role, func(need contract.Statement) bool {
				need.Resources = []string{w.declared(g, need.Resources[0])}
				return len(g.Uncovered([]contract.Statement{need})) > 0
			})...)
		}
	}
	return append(all, w.reachOut(declared)...)
}

// excess is one check for each statement of a role of which something is too much.
func excess(g *Grant, role *accounts.Principal, tooMuch func(contract.Statement) bool) []Check {
	var all []Check
	for _, d := range role.Policies {
		for i := range d.Statements {
			s := &d.Statements[i]
			e := s.Elements()
			if s.Effect != policy.Allow {
				continue
			}
			name := fmt.Sprintf("statement %s of %s", sid(s), d.Name)
			c := Check{Rule: OverGrant, Grant: g.Key(), Expects: MustFail, Name: policy.Readable(name), Access: Access{Caller: role.ARN}, Verdict: Proved, holder: role.Resource}
			for _, action := range e.Actions {
				for _, resource := range e.Resources {
					need := contract.Statement{Sid: "Held", Actions: []string{action}, Resources: []string{resource}, Conditions: e.Conditions}
					switch {
					case !policy.IsKnown(action):
						c.Verdict = Undecided
						c.Details = append(c.Details, "the policy is unknown: give it, to say what it permits beyond the grant")
					case e.NotAction || e.NotResource || tooMuch(need):
						c.Verdict = Broken
						c.Details = append(c.Details, policy.Readable(action+" on "+resource)+" is permitted, and no permission of the grant needs it")
					}
				}
			}
			all = append(all, c)
		}
	}
	return all
}

// reachOut are statements of grantees that reach further into other accounts than to the roles of their grants.
func (w *world) reachOut(declared []*Grant) []Check {
	roles := map[string][]string{}
	first := map[string]*Grant{}
	for _, g := range declared {
		for _, grantee := range g.Grantees {
			if g.RoleARN != "" {
				roles[grantee] = append(roles[grantee], g.RoleARN)
			}
			if first[grantee] == nil {
				first[grantee] = g
			}
		}
	}
	var all []Check
	for _, grantee := range slices.Sorted(maps.Keys(first)) {
		role, ok := w.accounts.Role(grantee)
		if !ok {
			continue
		}
		all = append(all, excess(first[grantee], role, func(held contract.Statement) bool {
			return assumesMore(held, roles[grantee], account(grantee), first[grantee].Trust.SourceIdentity != "")
		})...)
	}
	return all
}

// assumesMore says that a statement permits to assume other roles of other accounts than the ones named, or more than to assume those.
func assumesMore(held contract.Statement, roles []string, home string, identified bool) bool {
	action, resource := held.Actions[0], held.Resources[0]
	if slices.Contains(roles, resource) {
		return action != "sts:AssumeRole" && (action != "sts:SetSourceIdentity" || !identified)
	}
	return covers(action, "sts:AssumeRole") && account(resource) != home
}

// covers says that an action pattern takes an action in.
func covers(pattern, action string) bool {
	// By a Deny, since it takes more than an Allow to assume a role.
	d := document([]statement{{Effect: "Deny", Action: []string{pattern}, Resource: []string{"*"}}}, "")
	return policy.Decide(policy.Request{Principal: "arn:aws:iam::" + stranger + ":user/x", Action: action, Resource: "*"}, policy.Policies{Identity: []*policy.Document{d}}) != policy.ImplicitlyDenied
}

func sid(s *policy.Statement) string {
	if s.Sid != "" {
		return s.Sid
	}
	return fmt.Sprint(s.Index)
}
