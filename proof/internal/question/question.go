// Package question walks a question about an assembly: it finds the principal and the resource by their names, and makes the request in each way that
// the principal has. It knows no rules (packages probe, exposure, escalation and audit have them).
package question

import (
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

// Explain walks an access in each way that its caller has. The caller and the resource may be names.
func Explain(m *model.Model, access model.Access) ([]simulate.Chain, error) {
	if err := CheckAction(access.Action); err != nil {
		return nil, err
	}
	callers, err := Callers(m, access.Caller)
	if err != nil {
		return nil, err
	}
	if access.Resource, err = Resource(m, access.Resource, access.Action); err != nil {
		return nil, err
	}
	// AWS prints an ARN also for an action that is on no single resource, such as iam:ListRoles.
	if action, _ := authorization.Lookup(access.Action); len(action.Resources) > 0 {
		if err := checkKind(access); err != nil {
			return nil, err
		}
	}
	return Walk(m, callers, access), nil
}

// Walk walks an access as each of the callers, in each of their ways.
func Walk(m *model.Model, callers []model.Access, access model.Access) []simulate.Chain {
	_, isSession := sessionOf(access.Caller)
	var itself, chains []simulate.Chain
	isMeant := map[*model.Assume]bool{}
	for _, c := range callers {
		access.Caller, access.From = c.Caller, c.From
		ways := []model.Access{access}
		if access.Assumes == nil && c.Assumes == nil {
			ways = simulate.Ways(m, access)
		}
		if isSession && access.Assumes == nil {
			ways[0].Assumes = c.Assumes
			itself = append(itself, simulate.Walk(m, ways[0])...)
			ways = ways[1:]
		}
		for _, way := range ways {
			isMeant[way.Assumes] = slices.ContainsFunc(m.Grants, func(g *model.Grant) bool {
				return slices.Contains(g.Grantees, way.Caller) && slices.Equal(way.Assumes.Roles(), g.Assume().Roles()) && isOn(m, g, access.Resource)
			})
			chains = append(chains, simulate.Walk(m, way)...)
		}
	}
	rank := func(c *simulate.Chain) int {
		if isMeant[c.Assumes] {
			return c.Length() + 1<<10
		}
		return c.Length()
	}
	for _, all := range [][]simulate.Chain{itself, chains} {
		slices.SortStableFunc(all, func(a, b simulate.Chain) int { return rank(&b) - rank(&a) })
	}
	return append(itself, chains...)
}

// isCalled says that a resource has a construct path, or else "STACK/LOGICALID".
func isCalled(r *assembly.Resource, name string) bool {
	return r.Path != "" && (r.Path == name || r.Path == name+"/Resource") || r.Stack.DisplayName+"/"+r.LogicalID == name
}

// Resource returns the ARN of a resource that is named by its ARN, also one with parts that AWS generates as reports have them (‹Stack.Bucket›),
// or by its name, with what follows in its ARN, such as the key of an object. Of several of one name, it is the one of the action's service.
func Resource(m *model.Model, name, action string) (string, error) {
	if a, ok := arn.Parse(name); ok || a.Resource != "" || name == "" || name == "*" {
		return generated.ReplaceAllStringFunc(name, func(one string) string { return policy.Unresolved(one[len("‹") : len(one)-len("›")]) }), nil
	}
	service, _, _ := strings.Cut(action, ":")
	if service == "sts" { // whose resources are IAM's
		service = "iam"
	}
	all := Resources(m, service)
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
func isOn(m *model.Model, g *model.Grant, resource string) bool {
	asked, ok := m.Accounts.ResourceOf(resource)
	return slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		return slices.ContainsFunc(s.Resources, func(granted string) bool {
			of, has := m.Accounts.ResourceOf(granted)
			return ok && has && of == asked
		})
	})
}

// Callers finds the caller, and the workloads that run as it.
func Callers(m *model.Model, caller string) ([]model.Access, error) {
	if s, ok := sessionOf(caller); ok {
		return s.accesses(m)
	}
	if a, _ := arn.Parse(caller); a.Resource != "" || caller == "anonymous" || model.IsService(caller) {
		return m.FromWorkloads(model.Access{Caller: caller}), nil
	}
	all := Principals(m)
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
	var accesses []model.Access
	for _, n := range found {
		if n.workload != nil {
			accesses = append(accesses, model.Access{Caller: n.arn, From: n.workload})
		}
	}
	if len(accesses) == 0 {
		return m.FromWorkloads(model.Access{Caller: found[0].arn}), nil
	}
	return accesses, nil
}
