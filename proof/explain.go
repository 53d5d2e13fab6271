package proof

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Access is a request that someone may make: a caller, an action and a resource, and where it starts, which role it assumes and which
// condition keys it has.
type Access = model.Access

// Assume says how a role is assumed: its ARN, and the external ID and source identity that the caller presents.
type Assume = model.Assume

// Chain is an access with all that it has to pass, hop by hop, in AWS's order. Passes says whether it works.
type Chain = simulate.Chain

// Hop is one thing that an access has to pass: a route through the network, or the policies that decide a request.
type Hop = simulate.Hop

// Explain walks one access of an assembly in each way that its caller has: directly, and by each role that policies and trust policies let it assume,
// in any number of steps, from each workload that runs as it. With [Access.Assumes] it walks that way only. The ways that pass come first, then those
// that get furthest.
//
// The caller is the ARN of a role, of a role session, of a user or of a root user, a service, "anonymous", or the construct path, "STACK/LOGICALID",
// logical ID or physical name of a role, of a user or of what runs as a role, or a part of one that no other has (see [List]). The resource is its ARN or
// its name likewise, with what follows in the ARN. It errs about a name that nothing or more than one has, and about an action that AWS does not have or
// that is not on such a resource. A session makes its requests
// itself: they come first, also if another role would permit them. One of a role that nothing runs as is that of whoever may assume the role.
func Explain(a *assembly.Assembly, o Options, access Access) ([]Chain, error) {
	if a == nil {
		return nil, errNoAssembly
	}
	m, err := model.New(a, o)
	if err != nil {
		return nil, err
	}
	return explain(m, access)
}

// errNoAssembly is the error of what needs an assembly.
var errNoAssembly = errors.New("found no assembly (nil), expected one that assembly.Load or assembly.LoadTemplates returns")

func explain(m *model.Model, access Access) ([]Chain, error) {
	if err := checkAction(access.Action); err != nil {
		return nil, err
	}
	callers, err := resolve(m, access.Caller)
	if err != nil {
		return nil, err
	}
	if access.Resource, err = resolveResource(m, access.Resource, access.Action); err != nil {
		return nil, err
	}
	// AWS prints an ARN also for an action that is on no single resource, such as iam:ListRoles.
	if action, _ := authorization.Lookup(access.Action); len(action.Resources) > 0 {
		if err := checkKind(access); err != nil {
			return nil, err
		}
	}
	_, isSession := sessionOf(access.Caller)
	var itself, chains []Chain
	isMeant := map[*Assume]bool{}
	for _, c := range callers {
		access.Caller, access.From = c.Caller, c.From
		ways := []Access{access}
		if access.Assumes == nil && c.Assumes == nil {
			ways = simulate.Ways(m, access)
		}
		if isSession && access.Assumes == nil {
			ways[0].Assumes = c.Assumes
			itself = append(itself, simulate.Walk(m, ways[0])...)
			ways = ways[1:]
		}
		for _, way := range ways {
			isMeant[way.Assumes] = slices.ContainsFunc(m.Grants, func(g *Grant) bool {
				return slices.Contains(g.Grantees, way.Caller) && slices.Equal(way.Assumes.Roles(), g.Assume().Roles()) && isOn(m, g, access.Resource)
			})
			chains = append(chains, simulate.Walk(m, way)...)
		}
	}
	rank := func(c *Chain) int {
		if isMeant[c.Assumes] {
			return c.Length() + 1<<10
		}
		return c.Length()
	}
	for _, all := range [][]Chain{itself, chains} {
		slices.SortStableFunc(all, func(a, b Chain) int { return rank(&b) - rank(&a) })
	}
	return append(itself, chains...), nil
}

// isCalled says that a resource has a construct path, or else "STACK/LOGICALID".
func isCalled(r *assembly.Resource, name string) bool {
	return r.Path != "" && (r.Path == name || r.Path == name+"/Resource") || r.Stack.DisplayName+"/"+r.LogicalID == name
}

// resolveResource returns the ARN of a resource that is named by its ARN, also one with parts that AWS generates as reports have them (‹Stack.Bucket›),
// or by its name, with what follows in its ARN, such as the key of an object. Of several of one name, it is the one of the action's service.
func resolveResource(m *model.Model, name, action string) (string, error) {
	if a, ok := arn.Parse(name); ok || a.Resource != "" || name == "" || name == "*" {
		return generated.ReplaceAllStringFunc(name, func(one string) string { return policy.Unresolved(one[len("‹") : len(one)-len("›")]) }), nil
	}
	service, _, _ := strings.Cut(action, ":")
	if service == "sts" { // whose resources are IAM's
		service = "iam"
	}
	all := resourcesOf(m, service)
	found, rest := called(all, name, false)
	switch len(found) {
	case 0:
		return "", fmt.Errorf("found no resource %q in the assembly, expected an ARN, or a path such as Stack/Bucket/key%s", name, didYouMean(all, name))
	case 1:
		return found[0].arn + rest, nil
	}
	return "", severalNames(name, found)
}

// generated is a part of an ARN that AWS generates, as reports have it.
var generated = regexp.MustCompile("‹[^‹›]*›")

// isOn says that a grant is on the same bucket, table or other resource.
func isOn(m *model.Model, g *Grant, resource string) bool {
	asked, ok := m.Accounts.ResourceOf(resource)
	return slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		return slices.ContainsFunc(s.Resources, func(granted string) bool {
			of, has := m.Accounts.ResourceOf(granted)
			return ok && has && of == asked
		})
	})
}

// resolve finds the caller, and the workloads that run as it.
func resolve(m *model.Model, caller string) ([]Access, error) {
	if s, ok := sessionOf(caller); ok {
		return s.accesses(m)
	}
	if a, _ := arn.Parse(caller); a.Resource != "" || caller == "anonymous" || model.IsService(caller) {
		return m.FromWorkloads(Access{Caller: caller}), nil
	}
	all := principalsOf(m)
	found, _ := called(all, caller, true)
	if len(found) == 0 {
		example := "Stack/Function"
		for _, n := range all {
			if n.workload != nil {
				example = n.Name
				break
			}
		}
		return nil, fmt.Errorf("found no role, user, function or instance %q in the assembly, expected an ARN, a service, \"anonymous\", or a path such as %s%s",
			caller, example, didYouMean(all, caller))
	}
	if slices.ContainsFunc(found, func(n Named) bool { return n.arn != found[0].arn }) {
		return nil, severalNames(caller, found)
	}
	var accesses []Access
	for _, n := range found {
		if n.workload != nil {
			accesses = append(accesses, Access{Caller: n.arn, From: n.workload})
		}
	}
	if len(accesses) == 0 {
		return m.FromWorkloads(Access{Caller: found[0].arn}), nil
	}
	return accesses, nil
}
