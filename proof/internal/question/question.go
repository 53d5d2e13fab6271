// Package question walks a question about an assembly: it finds the principal and the resource by their names, and makes the request in each way that
// the principal has. It knows no rules (packages probe, exposure, escalation and audit have them).
package question

import (
	"cmp"
	"fmt"
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

// Explain walks an access in each way that its caller has, or only in the one that it names. The caller, the resource and the roles may be names.
func Explain(m *model.Model, access model.Access) ([]simulate.Chain, error) {
	if err := CheckAction(access.Action); err != nil {
		return nil, err
	}
	action, _ := authorization.Lookup(access.Action)
	access.Action = action.Name
	callers, err := Callers(m, access.Caller)
	if err != nil {
		return nil, err
	}
	if access.Resource, err = Resource(m, access.Resource, access.Action); err != nil {
		return nil, err
	}
	if access.Assumes, err = assumed(m, access.Assumes); err != nil {
		return nil, err
	}
	// AWS prints an ARN also for an action that is on no single resource, such as iam:ListRoles.
	if len(action.Resources) > 0 {
		if err := checkKind(access); err != nil {
			return nil, err
		}
	}
	return Walk(m, callers, access), nil
}

// Walk walks an access as each of the callers, in each of their ways: first those that work, then those that may. A session makes its request itself first.
func Walk(m *model.Model, callers []model.Access, access model.Access) []simulate.Chain {
	_, isSession := sessionOf(access.Caller)
	asked, sessionOf := access.Assumes, access.SessionOf
	var itself, chains []simulate.Chain
	isMeant := map[*model.Assume]bool{}
	for _, c := range callers {
		access.Caller, access.From, access.Assumes = c.Caller, c.From, c.Assumes.WithThen(asked)
		ways := []model.Access{access}
		if access.Assumes == nil {
			// The policies are of the session of the caller, not of those of the roles that it may assume.
			access.SessionOf = cmp.Or(sessionOf, c.Caller)
			ways = simulate.Ways(m, access)
		}
		if isSession && asked == nil {
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
	// What may work comes before what fails, then the way that a grant is for, then the one with the least to change, and the shortest.
	passes := map[policy.Answer]int{policy.Yes: 2, policy.Indeterminate: 1}
	first := func(a, b simulate.Chain) int {
		meant := 0
		if isMeant[a.Assumes] != isMeant[b.Assumes] {
			meant = 1
			if isMeant[a.Assumes] {
				meant = -1
			}
		}
		return cmp.Or(passes[b.Passes]-passes[a.Passes], meant, a.Lacks()-b.Lacks(), len(a.Assumes.Roles())-len(b.Assumes.Roles()))
	}
	for _, all := range [][]simulate.Chain{itself, chains} {
		slices.SortStableFunc(all, first)
	}
	return append(itself, chains...)
}

// isCalled says that a resource has a construct path, or else "STACK/LOGICALID".
func isCalled(r *assembly.Resource, name string) bool {
	return r.Path != "" && (r.Path == name || r.Path == name+"/Resource") || r.Stack.DisplayName+"/"+r.LogicalID == name
}

// Resource returns the ARN of a resource that is named by its ARN, as AWS has it or as reports have it (‹Stack.Bucket› for what AWS generates), by s3://BUCKET/KEY,
// or by its name, with what follows in its ARN, such as the key of an object. Of several of one name, it is the one of the action's service.
func Resource(m *model.Model, name, action string) (string, error) {
	name = pasted(asURI(m, name))
	service, _, _ := strings.Cut(action, ":")
	if service == "sts" { // whose resources are IAM's
		service = "iam"
	}
	all := Resources(m, service)
	if a, ok := arn.Parse(name); ok || a.Resource != "" || name == "" || name == "*" {
		return asDeployed(all, name)
	}
	found, rest := called(all, name, false)
	switch len(found) {
	case 0:
		hint := didYouMean(all, name)
		if others, _ := called(Resources(m, ""), name, false); hint == "" && len(others) == 1 {
			hint = fmt.Sprintf("; %s is of type %s, which %s is not on", others[0].Name, others[0].Type, action)
		}
		return "", fmt.Errorf("found no resource %q in the assembly, expected an ARN, or a path such as Stack/Bucket/key%s%s", policy.Readable(name), hint, m.MayAdd())
	case 1:
		return found[0].arn + rest, nil
	}
	return "", severalNames(name, found)
}

// Assume is how a role of a name is assumed by someone who knows what it takes. Nil for no name.
func Assume(m *model.Model, name string) (*model.Assume, error) {
	if name == "" {
		return nil, nil
	}
	return assumed(m, &model.Assume{Role: name, Presents: true})
}

// assumed are roles that are assumed one after the other, by their ARNs, with what is presented.
func assumed(m *model.Model, a *model.Assume) (*model.Assume, error) {
	if a == nil {
		return nil, nil
	}
	one := *a
	var err error
	if one.Role, err = Resource(m, a.Role, "iam:GetRole"); err != nil {
		return nil, err
	}
	if !model.IsRole(one.Role) {
		return nil, fmt.Errorf("found %s, expected a role to assume", policy.Readable(one.Role))
	}
	if role := m.Role(one.Role); role != nil && one.Presents {
		presented := simulate.Presented(m, role)
		one.ExternalID, one.SourceIdentity = presented.ExternalID, presented.SourceIdentity
	}
	one.Then, err = assumed(m, a.Then)
	return &one, err
}

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
	caller = pasted(caller)
	if s, ok := sessionOf(caller); ok {
		return s.accesses(m)
	}
	all := Principals(m)
	if a, _ := arn.Parse(caller); a.Resource != "" {
		deployed, err := asDeployed(all, caller)
		if err != nil {
			return nil, err
		}
		return m.FromWorkloads(model.Access{Caller: deployed}), nil
	}
	found, _ := called(all, caller, true)
	if len(found) == 0 {
		if caller == "anonymous" || model.IsService(caller) {
			return []model.Access{{Caller: caller}}, nil
		}
		return nil, noPrincipal(m, all, caller)
	}
	if slices.ContainsFunc(found, func(n Named) bool { return n.arn != found[0].arn }) {
		return nil, severalNames(caller, found)
	}
	if found[0].arn == "" {
		return nil, fmt.Errorf("found %s (%s), which runs as no role and so makes no requests to AWS, expected what runs as one", found[0].Name, found[0].Type)
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

// noPrincipal is the error about a name that no principal has.
func noPrincipal(m *model.Model, all []Named, caller string) error {
	var groups []Named
	for _, r := range m.Assembly.OfType("AWS::IAM::Group") {
		groups = append(groups, newNamed(r, r.ARN, nil))
	}
	if found, _ := called(groups, caller, true); len(found) == 1 {
		return fmt.Errorf("found the group %s, which makes no requests: expected one of its users%s", found[0].Name, usersOf(m, found[0]))
	}
	example := "Stack/Function"
	for _, n := range all {
		if n.workload != nil {
			example = n.Name
			break
		}
	}
	return fmt.Errorf("found no role, user, function or instance %q in the assembly, expected an ARN, a service, \"anonymous\", or a path such as %s%s%s",
		policy.Readable(caller), example, didYouMean(all, caller), m.MayAdd())
}

// usersOf names the users of a group, behind a comma. "" for none.
func usersOf(m *model.Model, group Named) string {
	var names []string
	for _, u := range m.Accounts.Users {
		if slices.Contains(m.Accounts.GroupsOf(u), group.resource) {
			names = append(names, nameOf(u.Resource))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", such as " + strings.Join(names[:min(len(names), 3)], ", ")
}
