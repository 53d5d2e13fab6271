package proof

import (
	"fmt"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// Explain walks one access of an assembly in each way that its caller has: directly, and by each role that its grants let it assume, from each
// place where it runs. The ways that pass come first, then those that get furthest.
//
// The caller is the ARN of a role, user or root user, a service, "anonymous", or the construct path of a role or of what runs as one. It
// errs if nothing has this path.
func Explain(a *assembly.Assembly, o Options, access Access) ([]Chain, error) {
	w, declared, err := promised(a, o)
	if err != nil {
		return nil, err
	}
	callers, err := w.resolve(access.Caller)
	if err != nil {
		return nil, err
	}
	var chains []Chain
	meant := map[*Assume]bool{}
	for _, c := range callers {
		access.Caller, access.From, access.Assumes = c.Caller, c.From, nil
		if access.Region == "" {
			access.Region = w.regionOf(access)
		}
		chains = append(chains, w.walk(access)...)
		for _, g := range declared {
			if !slices.Contains(g.Grantees, c.Caller) || g.RoleARN == "" {
				continue
			}
			access.Assumes = &Assume{Role: g.RoleARN, ExternalID: g.Trust.ExternalID, SourceIdentity: g.Trust.SourceIdentity}
			meant[access.Assumes] = w.concerns(g, access.Resource)
			chains = append(chains, w.walk(access)...)
		}
	}
	rank := func(c *Chain) int {
		if meant[c.Assumes] {
			return c.reach() + 1<<10
		}
		return c.reach()
	}
	slices.SortStableFunc(chains, func(a, b Chain) int { return rank(&b) - rank(&a) })
	return chains, nil
}

// concerns says that a grant is on the same bucket, table or other resource.
func (w *world) concerns(g *Grant, resource string) bool {
	owner, ok := w.accounts.ResourceOf(resource)
	return slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		return slices.ContainsFunc(s.Resources, func(other string) bool {
			of, has := w.accounts.ResourceOf(other)
			return ok && has && of == owner
		})
	})
}

// reach is how far a chain gets.
func (c *Chain) reach() int {
	if c.Passes == policy.Yes {
		return 1 << 20
	}
	n := 0
	for _, h := range c.Hops {
		if h.Passes == policy.No {
			break
		}
		n++
		if h.Passes == policy.Yes {
			n++
		}
	}
	return n
}

// resolve finds the caller, and where it runs.
func (w *world) resolve(caller string) ([]Access, error) {
	if part(caller, 5) != "" || caller == "anonymous" || isService(caller) {
		return w.places(caller), nil
	}
	for _, role := range w.accounts.Roles {
		if role.Path == caller || role.Path == caller+"/Resource" {
			return w.places(role.ARN), nil
		}
	}
	for _, workload := range w.network.Workloads() {
		if p := workload.Resource.Path; p == caller || p == caller+"/Resource" {
			return []Access{{Caller: workload.Role, From: workload}}, nil
		}
	}
	return nil, fmt.Errorf("found no role, function or instance %q in the assembly, expected an ARN, a service, \"anonymous\", or a construct's path such as %s", caller, w.somePath())
}

// places are a caller in each place where it runs, or anywhere.
func (w *world) places(caller string) []Access {
	var all []Access
	for _, workload := range w.workloads(caller) {
		all = append(all, Access{Caller: caller, From: workload})
	}
	if len(all) == 0 {
		all = append(all, Access{Caller: caller})
	}
	return all
}

func (w *world) somePath() string {
	for _, workload := range w.network.Workloads() {
		if workload.Resource.Path != "" {
			return workload.Resource.Path
		}
	}
	return "Stack/Function"
}

// regionOf is where a service is asked whose ARNs name no region: where the resource is.
func (w *world) regionOf(a Access) string {
	if owner, ok := w.accounts.ResourceOf(a.Resource); ok {
		return owner.Stack.Region
	}
	return part(a.Resource, 3)
}
