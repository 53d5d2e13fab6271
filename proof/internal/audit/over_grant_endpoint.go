package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// defaultEndpointPolicies checks that the endpoints that a grant has restricted still have a policy: the default one allows everything.
func (a *checks) defaultEndpointPolicies(g *model.Grant) {
	seen := map[*network.Endpoint]bool{nil: true}
	for _, grantee := range g.Grantees {
		for _, workload := range a.Workloads(grantee) {
			for _, service := range g.Closed {
				for _, path := range a.Network.Paths(workload, service, "") {
					if e := path.Endpoint; !seen[e] {
						seen[e] = true
						name := "the endpoint of " + service + ", " + e.Resource.LogicalID
						c := newCheck(g, name, e.Resource, "give "+name+", the policy that the grant writes")
						if a.EndpointPolicy(e) == nil {
							tooMuch(&c, "the grant restricts it, and it has no policy any more: it allows everything")
						}
						a.all = append(a.all, c)
					}
				}
			}
		}
	}
}

// endpointPolicies checks the policies of endpoints: a statement for a caller of a grant allows nobody else, and no more than the grants need;
// and none allows everyone access to what a grant is on. What else an endpoint is for is its owner's decision.
func (a *checks) endpointPolicies() {
	for _, endpoint := range a.Network.Endpoints() {
		d := a.EndpointPolicy(endpoint)
		allows(d, func(s *policy.Statement, e policy.Elements) {
			principals := model.PrincipalARNs(e.Conditions)
			for _, principal := range e.Principals["AWS"] {
				if principal != "*" {
					principals = append(principals, principal)
				}
			}
			var grants []*model.Grant
			for _, g := range a.Grants {
				if slices.ContainsFunc(principals, func(principal string) bool { return mayBeCaller(g, principal) }) {
					grants = append(grants, g)
				}
			}
			var c check.Check
			switch {
			case len(grants) > 0:
				c = newStatementCheck(grants[0], d, s, endpoint.Resource)
				a.passage(&c, grants, principals, e)
			case len(principals) == 0:
				g := a.exposed(endpoint.Resource, e)
				if g == nil {
					return
				}
				c = newStatementCheck(g, d, s, endpoint.Resource)
				tooMuch(&c, "it allows everyone access to what the grant is on")
			default:
				return
			}
			a.all = append(a.all, c)
		})
	}
}

// passage checks a statement of an endpoint's policy that allows callers of grants.
func (a *checks) passage(c *check.Check, grants []*model.Grant, principals []string, e policy.Elements) {
	uses := slices.DeleteFunc(slices.Clone(a.Uses), func(u model.Use) bool { return !slices.Contains(principals, u.Role) })
	for _, principal := range principals {
		isCaller := slices.ContainsFunc(a.Grants, func(g *model.Grant) bool { return g.IsCaller(principal) })
		if !isCaller && !slices.ContainsFunc(uses, func(u model.Use) bool { return u.Role == principal }) {
			tooMuchFor(c, principal, "it allows "+principal+", and no grant does")
		}
	}
	if !e.NotAction && !slices.ContainsFunc(e.Actions, func(action string) bool { return !strings.EqualFold(action, callerIdentity) }) {
		return
	}
	for _, action := range e.Actions {
		isGranted := slices.ContainsFunc(grants, func(g *model.Grant) bool { return a.needsAction(g, action) })
		isUsed := slices.ContainsFunc(uses, func(u model.Use) bool {
			return hasAction(u.Actions, action) && containsAll(u.Resources, e.Resources)
		})
		if e.NotAction || !isGranted && !isUsed {
			tooMuch(c, "it allows them "+action+", which no grant of theirs needs")
		}
	}
	for _, resource := range e.Resources {
		isGranted := slices.ContainsFunc(grants, func(g *model.Grant) bool { return needsResource(g, resource) })
		isUsed := slices.ContainsFunc(uses, func(u model.Use) bool {
			return slices.Contains(u.Resources, resource) &&
				!slices.ContainsFunc(e.Actions, func(action string) bool { return !hasAction(u.Actions, action) })
		})
		if e.NotResource || !isGranted && !isUsed {
			tooMuchFor(c, resource, "it allows them access to "+resource+", which no grant of theirs needs")
		}
	}
}

// callerIdentity is the action by which a caller asks who it is. It takes no permission, says nothing that the caller could not know, and is on nothing.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
const callerIdentity = "sts:GetCallerIdentity"

// exposed is a grant whose role or data a statement names that allows everyone, or that has restricted an endpoint of which the statement
// allows everything. Nil for none.
func (a *checks) exposed(endpoint *assembly.Resource, e policy.Elements) *model.Grant {
	for _, g := range a.Grants {
		for _, resource := range e.Resources {
			if !e.NotResource && !isEverything(resource) && needsResource(g, resource) {
				return g
			}
		}
	}
	everything := e.NotResource && len(e.Resources) > 0 || slices.ContainsFunc(e.Resources, isEverything)
	for _, g := range a.Grants {
		if !everything || g.SourceStack == nil || g.SourceStack.Account != endpoint.Stack.Account {
			continue
		}
		if slices.ContainsFunc(g.Closed, func(service string) bool {
			return strings.HasSuffix(fmt.Sprint(endpoint.Properties["ServiceName"]), "."+service)
		}) {
			return g
		}
	}
	return nil
}

// isEverything says that a pattern of ARNs matches every resource of a service.
func isEverything(pattern string) bool {
	a, _ := arn.Parse(pattern)
	return strings.Trim(a.Resource, "*") == ""
}

// mayBeCaller says that a principal of a condition is a caller of the grant, or matches one by wildcards.
func mayBeCaller(g *model.Grant, principal string) bool {
	front, _, wildcard := strings.Cut(strings.ReplaceAll(principal, "?", "*"), "*")
	matches := func(caller string) bool { return wildcard && strings.HasPrefix(caller, front) }
	return g.IsCaller(principal) || g.RoleARN != "" && matches(g.RoleARN) || slices.ContainsFunc(g.Grantees, matches)
}

// needsAction says that a grant needs an action.
func (a *checks) needsAction(g *model.Grant, action string) bool {
	if g.RoleARN != "" && a.isNeededToAssume(g, action) {
		return true
	}
	return slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool { return hasAction(s.Actions, action) })
}

// needsResource says that a grant needs a resource, or all that a pattern matches.
func needsResource(g *model.Grant, resource string) bool {
	return resource == g.RoleARN || slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		return g.Covers(s.Actions[0], resource, s.Conditions)
	})
}
