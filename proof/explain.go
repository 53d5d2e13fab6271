package proof

import (
	"fmt"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
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

// Explain walks one access of an assembly in each way that its caller has: directly, and by each role that its grants let it assume, from each
// workload that runs as it. The ways that pass come first, then those that get furthest.
//
// The caller is the ARN of a role, user or root user, a service, "anonymous", or the construct path of a role or of what runs as one. It
// errs if nothing has this path.
func Explain(a *assembly.Assembly, o Options, access Access) ([]Chain, error) {
	m, err := model.New(a, o)
	if err != nil {
		return nil, err
	}
	callers, err := resolve(m, access.Caller)
	if err != nil {
		return nil, err
	}
	var chains []Chain
	isMeant := map[*Assume]bool{}
	for _, c := range callers {
		access.Caller, access.From, access.Assumes = c.Caller, c.From, nil
		if access.Region == "" {
			access.Region = regionOf(m, access)
		}
		chains = append(chains, simulate.Walk(m, access)...)
		for _, g := range m.Grants {
			if !slices.Contains(g.Grantees, c.Caller) || g.RoleARN == "" {
				continue
			}
			access.Assumes = g.Assume()
			isMeant[access.Assumes] = isOn(m, g, access.Resource)
			chains = append(chains, simulate.Walk(m, access)...)
		}
	}
	rank := func(c *Chain) int {
		if isMeant[c.Assumes] {
			return c.Length() + 1<<10
		}
		return c.Length()
	}
	slices.SortStableFunc(chains, func(a, b Chain) int { return rank(&b) - rank(&a) })
	return chains, nil
}

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
	if a, _ := arn.Parse(caller); a.Resource != "" || caller == "anonymous" || model.IsService(caller) {
		return m.FromWorkloads(Access{Caller: caller}), nil
	}
	for _, role := range m.Accounts.Roles {
		if role.Path == caller || role.Path == caller+"/Resource" {
			return m.FromWorkloads(Access{Caller: role.ARN}), nil
		}
	}
	example := "Stack/Function"
	for _, workload := range m.Network.Workloads() {
		path := workload.Resource.Path
		if path == caller || path == caller+"/Resource" {
			return []Access{{Caller: workload.Role, From: workload}}, nil
		}
		if path != "" && example == "Stack/Function" {
			example = path
		}
	}
	return nil, fmt.Errorf("found no role, function or instance %q in the assembly, expected an ARN, a service, \"anonymous\", or a construct's path such as %s", caller, example)
}

// regionOf is the region of a resource, also where its ARN has none.
func regionOf(m *model.Model, a Access) string {
	if owner, ok := m.Accounts.ResourceOf(a.Resource); ok {
		return owner.Stack.Region
	}
	resource, _ := arn.Parse(a.Resource)
	return resource.Region
}
