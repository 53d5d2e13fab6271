package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// letIn are the policies by which a grant's role, its grantees and its data let others in, statement by statement: whoever is of another
// account has to be a party of a grant, and may no more than that needs.
func (w *world) letIn(g *Grant, declared []*Grant) []Check {
	var all []Check
	if role, ok := w.accounts.Role(g.RoleARN); ok {
		all = append(all, w.openings(g, declared, role.Resource, role.Trust, role.Stack.Account)...)
		all = append(all, session(g, role)...)
	}
	for _, grantee := range g.Grantees {
		if role, ok := w.accounts.Role(grantee); ok {
			// Whoever becomes the grantee has its access, in whatever account he is.
			all = append(all, w.openings(g, declared, role.Resource, role.Trust, "")...)
			all = append(all, taken(g, role)...)
		}
	}
	seen := map[*accounts.Resource]bool{}
	for _, s := range g.Permissions {
		for _, resource := range w.actual(g, s) {
			for _, guarded := range w.guardedBy(resource) {
				if !seen[guarded] && guarded.Policy != nil {
					seen[guarded] = true
					all = append(all, w.openings(g, declared, guarded.Resource, guarded.Policy, guarded.Stack.Account)...)
				}
			}
		}
	}
	return all
}

// taken says whether anybody can take a role on: a grantee that nobody is has no use of its grant.
func taken(g *Grant, role *accounts.Principal) []Check {
	c := Check{Rule: Intent, Grant: g.Key(), Expects: MustWork, Name: "somebody runs as " + role.Name, Verdict: Broken, holder: role.Resource,
		Details: []string{"no statement of its trust policy lets anybody assume it"}}
	for i := range role.Trust.Statements {
		s := &role.Trust.Statements[i]
		e := s.Elements()
		if s.Effect == policy.Allow && !e.NotAction && slices.ContainsFunc(e.Actions, func(action string) bool {
			return covers(action, "sts:AssumeRole") || strings.HasPrefix(action, "sts:AssumeRoleWith")
		}) {
			c.Verdict, c.Details = Proved, nil
		}
	}
	return []Check{c}
}

// openings is one check for each statement of a policy that allows, on whoever is not of the account, "" for nobody's.
func (w *world) openings(g *Grant, declared []*Grant, r *assembly.Resource, d *policy.Document, home string) []Check {
	var all []Check
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != policy.Allow {
			continue
		}
		c := Check{Rule: OverGrant, Grant: g.Key(), Expects: MustFail, Name: fmt.Sprintf("statement %s of %s", sid(s), d.Name), Access: Access{}, Verdict: Proved, holder: r}
		e := s.Elements()
		for _, caller := range callers(e, home) {
			c.hold(w.needs(declared, r, e, caller), caller)
		}
		all = append(all, c)
	}
	return all
}

// hold notes what is wrong with a caller.
func (c *Check) hold(problem, caller string) {
	switch {
	case problem == "":
	case !policy.IsKnown(caller) && c.Verdict != Broken:
		c.Verdict = Undecided
		c.Details = append(c.Details, "it lets in "+policy.Readable(caller)+", and nobody knows who that is")
	default:
		c.Verdict = Broken
		c.Details = append(c.Details, policy.Readable(problem))
	}
}

// callers are whom a statement lets in who is not of the owner's account: those whom its condition on aws:PrincipalArn leaves, or else its
// principals. Services are not among them: what they may is asked by other checks.
func callers(e policy.Elements, owner string) []string {
	if owner != "" && ofAccount(e.Conditions, owner) {
		return nil
	}
	named := named(e.Conditions)
	if len(named) == 0 {
		named = slices.Concat(e.Principals["AWS"], e.Principals["Federated"], e.Principals["CanonicalUser"], e.Principals[""])
		if e.NotPrincipal {
			named = []string{"everybody but some"}
		}
	}
	return slices.DeleteFunc(named, func(caller string) bool { return owner != "" && (caller == owner || account(caller) == owner) })
}

// named are the values of the conditions that ask for one of some principals.
func named(conditions map[string]map[string][]string) []string {
	var all []string
	for operator, keys := range conditions {
		switch strings.ToLower(operator) {
		case "arnequals", "arnlike", "stringequals", "stringlike":
			for key, values := range keys {
				if strings.EqualFold(key, "aws:PrincipalArn") {
					all = append(all, values...)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// ofAccount says that a condition leaves the owner's account only.
func ofAccount(conditions map[string]map[string][]string, owner string) bool {
	for operator, keys := range conditions {
		if !strings.EqualFold(operator, "StringEquals") {
			continue
		}
		for key, values := range keys {
			switch strings.ToLower(key) {
			case "aws:principalaccount", "kms:calleraccount", "aws:sourceaccount":
				if len(values) == 1 && values[0] == owner {
					return true
				}
			}
		}
	}
	return false
}

// needs says what is wrong with a caller that a statement lets in: "" if a grant needs it.
func (w *world) needs(declared []*Grant, r *assembly.Resource, e policy.Elements, caller string) string {
	party := false
	for _, g := range declared {
		trusts := r.ARN == g.RoleARN && slices.Contains(g.Grantees, caller)
		holds := g.RoleARN != "" && caller == g.RoleARN || g.RoleARN == "" && slices.Contains(g.Grantees, caller)
		switch {
		case trusts:
			return assuming(g, e)
		case holds:
			party = true
			if excess := w.beyond(g, r, e); excess == "" {
				return ""
			}
		}
	}
	if party {
		return "it lets in " + caller + " for more than its grants need"
	}
	return "it lets in " + caller + ", and no grant does"
}

// assuming says what a trust policy permits beyond what the grant's trust needs.
func assuming(g *Grant, e policy.Elements) string {
	for _, action := range e.Actions {
		if e.NotAction || action != "sts:AssumeRole" && (action != "sts:SetSourceIdentity" || g.Trust.SourceIdentity == "") {
			return "it permits " + action + ", which the grant's trust does not need"
		}
	}
	return ""
}

// beyond is what a resource's policy permits that no permission of the grant needs. In a key's policy "*" is the key itself.
func (w *world) beyond(g *Grant, r *assembly.Resource, e policy.Elements) string {
	for _, action := range e.Actions {
		for _, resource := range e.Resources {
			if resource == "*" {
				resource = r.ARN
			}
			need := contract.Statement{Sid: "Held", Actions: []string{action}, Resources: []string{w.declared(g, resource)}, Conditions: e.Conditions}
			if e.NotAction || e.NotResource || len(g.Uncovered([]contract.Statement{need})) > 0 {
				return action + " on " + resource
			}
		}
	}
	return ""
}

// session says whether a role's sessions may last longer than the grant has agreed on.
func session(g *Grant, role *accounts.Principal) []Check {
	longest := fmt.Sprint(role.Properties["MaxSessionDuration"])
	c := Check{Rule: OverGrant, Grant: g.Key(), Expects: MustFail, Name: "sessions of role " + role.Name, Verdict: Proved, holder: role.Resource}
	if role.Properties["MaxSessionDuration"] != nil && longest != fmt.Sprint(max(g.Trust.SessionSeconds, 3600)) && longest != fmt.Sprint(g.Trust.SessionSeconds) {
		c.Verdict = Broken
		c.Details = []string{fmt.Sprintf("they may last %s seconds, and the grant has agreed on %d", policy.Readable(longest), g.Trust.SessionSeconds)}
	}
	return []Check{c}
}
