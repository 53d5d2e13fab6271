package sandbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// find returns the one deployed resource of a type that a name means: its physical name or ID, its logical ID, the path of its construct, or the end of one of
// them that no other has. With an account it looks only there; "" for all. With an empty name it is the only one that there is.
func (s *Sandbox) find(resourceType, what string, account *Account, name string) (*assembly.Resource, error) {
	return among(s.gateway.Deployed().OfType(resourceType), what, account, name)
}

// among returns the one of some resources that a name means.
func among(resources []*assembly.Resource, what string, account *Account, name string) (*assembly.Resource, error) {
	var all, exact, ends []*assembly.Resource
	for _, r := range resources {
		if account != nil && r.Stack.Account != account.ID {
			continue
		}
		all = append(all, r)
		names := []string{r.Name, r.LogicalID, r.ARN}
		if r.Path != "" {
			names = append(names, r.Path, strings.TrimSuffix(r.Path, "/Resource"))
		}
		if slices.Contains(names, name) {
			exact = append(exact, r)
		}
		if slices.ContainsFunc(names, func(one string) bool { return strings.HasSuffix(one, name) }) {
			ends = append(ends, r)
		}
	}
	found := exact
	if len(found) == 0 {
		found = ends // all, for an empty name
	}
	where := "the sandbox"
	if account != nil {
		where = "account " + account.ID
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return nil, fmt.Errorf("found no %s in %s, expected one: deploy it first", what, where)
	case len(found) == 0:
		return nil, fmt.Errorf("found no %s %q in %s, expected one of\n%s", what, name, where, listed(all))
	case name == "":
		return nil, fmt.Errorf("found %d %ss in %s, expected the name of one:\n%s", len(found), what, where, listed(found))
	default:
		return nil, fmt.Errorf("found %d %ss for %q in %s, expected a name that only one has, or an account:\n%s", len(found), what, name, where, listed(found))
	}
}

// listed lists resources, one a line.
func listed(resources []*assembly.Resource) string {
	var lines []string
	for _, r := range resources {
		name := r.Name
		if !policy.IsKnown(name) { // which the local AWS has not created
			name = strings.ToLower(r.LogicalID)
		}
		lines = append(lines, fmt.Sprintf("  %s (account %s, %s of stack %s)", name, r.Stack.Account, r.LogicalID, r.Stack.Name))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
