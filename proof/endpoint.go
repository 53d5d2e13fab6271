package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// passing holds the policies of endpoints against the grants: a statement for a party of a grant lets nobody else pass, and for no more than
// the grants need; and none lets everybody pass to what a grant is on. What else an endpoint is for is its owner's.
func (w *world) passing(declared []*Grant) []Check {
	var all []Check
	uses := w.declaredUses()
	for _, e := range w.network.Endpoints() {
		d := w.endpoints[e]
		if d == nil {
			continue
		}
		for i := range d.Statements {
			s := &d.Statements[i]
			if s.Effect != policy.Allow {
				continue
			}
			elements := s.Elements()
			c := Check{Rule: OverGrant, Expects: MustFail, Name: fmt.Sprintf("statement %s of %s", sid(s), d.Name), Verdict: Proved, holder: e.Resource}
			if passes(&c, declared, uses, elements) {
				all = append(all, c)
			}
		}
	}
	return all
}

// open are endpoints that a grant has closed, and that are open again: without a policy they let everything pass.
func (w *world) open(g *Grant) []Check {
	var all []Check
	seen := map[*network.Endpoint]bool{nil: true}
	for _, grantee := range g.Grantees {
		for _, workload := range w.workloads(grantee) {
			for _, service := range g.Closed {
				for _, path := range w.network.Paths(workload, service, "") {
					if seen[path.Endpoint] {
						continue
					}
					seen[path.Endpoint] = true
					c := Check{Rule: OverGrant, Grant: g.Key(), Expects: MustFail, Name: "the endpoint of " + service + ", " + path.Endpoint.Resource.LogicalID,
						Verdict: Proved, holder: path.Endpoint.Resource}
					if w.endpoints[path.Endpoint] == nil {
						c.Verdict, c.Details = Broken, []string{"the grant has closed it, and it has no policy any more: it lets everything pass"}
					}
					all = append(all, c)
				}
			}
		}
	}
	return all
}

// passes judges a statement of an endpoint's policy; false if it is about no grant.
func passes(c *Check, declared []*Grant, uses []use, e policy.Elements) bool {
	callers := named(e.Conditions)
	for _, principal := range e.Principals["AWS"] {
		if principal != "*" {
			callers = append(callers, principal)
		}
	}
	var parties []*Grant
	for _, g := range declared {
		if slices.ContainsFunc(callers, func(caller string) bool { return takesIn(caller, g) }) {
			parties = append(parties, g)
		}
	}
	if len(parties) == 0 {
		g := touched(declared, e)
		if g == nil && len(callers) == 0 {
			g = reopened(c.holder, declared, e)
		}
		if g == nil || len(callers) > 0 {
			return false
		}
		c.Grant, c.Verdict, c.Details = g.Key(), Broken, []string{"it lets everybody pass to what the grant is on"}
		return true
	}
	c.Grant = parties[0].Key()
	for _, caller := range callers {
		if !slices.ContainsFunc(declared, func(g *Grant) bool { return party(g, caller) }) && !usedFor(uses, []string{caller}, func(use) bool { return true }) {
			c.hold("it lets "+caller+" pass, and no grant does", caller)
		}
	}
	for _, action := range e.Actions {
		if e.NotAction || !slices.ContainsFunc(parties, func(g *Grant) bool { return asks(g, action) }) && !usedFor(uses, callers, func(u use) bool { return slices.Contains(u.actions, action) && within(e.Resources, u.resources) }) {
			c.hold("it lets "+action+" pass, which no grant of theirs needs", "")
		}
	}
	for _, resource := range e.Resources {
		if e.NotResource || !slices.ContainsFunc(parties, func(g *Grant) bool { return reaches(g, resource) }) && !usedFor(uses, callers, func(u use) bool { return slices.Contains(u.resources, resource) && within(e.Actions, u.actions) }) {
			c.hold("it lets them pass to "+resource+", which no grant of theirs needs", resource)
		}
	}
	return true
}

// reopened is a grant that has closed the endpoint, if a statement lets everybody pass to everything there.
func reopened(endpoint *assembly.Resource, declared []*Grant, e policy.Elements) *Grant {
	name := endpoint.Properties["ServiceName"]
	for _, g := range declared {
		if g.SourceStack == nil || g.SourceStack.Account != endpoint.Stack.Account {
			continue
		}
		for _, service := range g.Closed {
			if !strings.HasSuffix(fmt.Sprint(name), "."+service) {
				continue
			}
			for _, resource := range e.Resources {
				if e.NotResource || strings.Trim(part(resource, 5), "*") == "" {
					return g
				}
			}
		}
	}
	return nil
}

// party says that a grant's requests are made by this role.
func party(g *Grant, caller string) bool {
	return caller == g.RoleARN || slices.Contains(g.Grantees, caller)
}

// takesIn says that a caller of a condition, perhaps with wildcards, is a party of a grant, or may be one.
func takesIn(caller string, g *Grant) bool {
	front, _, wild := strings.Cut(strings.ReplaceAll(caller, "?", "*"), "*")
	begins := func(arn string) bool { return wild && strings.HasPrefix(arn, front) }
	return party(g, caller) || g.RoleARN != "" && begins(g.RoleARN) || slices.ContainsFunc(g.Grantees, begins)
}

// asks says that a grant needs an action.
func asks(g *Grant, action string) bool {
	if g.RoleARN != "" && (action == "sts:AssumeRole" || action == "sts:SetSourceIdentity" && g.Trust.SourceIdentity != "") {
		return true
	}
	return slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool { return slices.Contains(s.Actions, action) })
}

// reaches says that a grant needs a resource, or all that a pattern matches.
func reaches(g *Grant, resource string) bool {
	if resource == g.RoleARN {
		return true
	}
	return slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		need := contract.Statement{Sid: "Passed", Actions: s.Actions[:1], Resources: []string{resource}, Conditions: s.Conditions}
		return len(g.Uncovered([]contract.Statement{need})) == 0
	})
}

// touched is a grant whose role or data a statement names in so many words.
func touched(declared []*Grant, e policy.Elements) *Grant {
	for _, g := range declared {
		for _, resource := range e.Resources {
			if !e.NotResource && strings.Trim(part(resource, 5), "*") != "" && reaches(g, resource) {
				return g
			}
		}
	}
	return nil
}
