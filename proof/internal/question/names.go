package question

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Named is something in an assembly that a question can be about.
type Named struct {
	// Name is its construct path, or "STACK/LOGICALID" without one. Questions take it, or a part of it that nothing else has.
	Name string
	// Type is its CloudFormation type.
	Type string
	// ARN is its ARN; parts that AWS generates are in ‹›. Of what runs as a role it is the role's, "" for none.
	ARN string

	resource *assembly.Resource
	workload *network.Workload // nil for others
	arn      string            // as the model has it
}

// Principals are the roles and users of the templates, and what runs as a role, sorted by name.
func Principals(m *model.Model) (all []Named) {
	for _, p := range slices.Concat(m.Accounts.Roles, m.Accounts.Users) {
		all = append(all, newNamed(p.Resource, p.ARN, nil))
	}
	for _, w := range m.Network.Workloads() {
		all = append(all, newNamed(w.Resource, w.Role, w))
	}
	return sorted(all)
}

// Resources are those with an ARN, of one service, sorted by name; "" for all.
func Resources(m *model.Model, service string) (all []Named) {
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			if a, _ := arn.Parse(r.ARN); r.ARN != "" && (service == "" || a.Service == service) {
				all = append(all, newNamed(r, r.ARN, nil))
			}
		}
	}
	return sorted(all)
}

func newNamed(r *assembly.Resource, name string, w *network.Workload) Named {
	return Named{Name: nameOf(r), Type: r.Type, ARN: policy.Readable(name), resource: r, workload: w, arn: name}
}

// nameOf is how reports and questions call a resource. The resource that an L2 construct has as its only one is called as the construct is.
func nameOf(r *assembly.Resource) string {
	return strings.TrimSuffix(cmp.Or(r.Path, r.Stack.DisplayName+"/"+r.LogicalID), "/Resource")
}

func sorted(all []Named) []Named {
	slices.SortFunc(all, func(a, b Named) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Type, b.Type)) })
	return all
}

// manners are the ways in which something can be called by a name, the most exact first.
var manners = []func(n Named, name string) bool{
	func(n Named, name string) bool { return isCalled(n.resource, name) || name == n.arn },
	func(n Named, name string) bool {
		return n.resource.LogicalID == name || n.resource.Name == name || accounts.DisplayName(n.resource) == name
	},
	func(n Named, name string) bool { return strings.HasSuffix(n.Name, "/"+name) },
	func(n Named, name string) bool {
		name = strings.ToLower(name)
		return strings.Contains(strings.ToLower(n.Name), name) || strings.Contains(strings.ToLower(n.resource.LogicalID), name) ||
			policy.IsKnown(n.resource.Name) && strings.Contains(strings.ToLower(n.resource.Name), name)
	},
}

// called are those that a name may mean: all that it fits in the most exact manner in which it fits any. What follows a "/" may be something within the
// resource, such as the key of an object, unless whole: rest is that, with its "/". A mere part of a name has nothing behind it.
func called(all []Named, name string, whole bool) (found []Named, rest string) {
	for i, fits := range manners {
		for end := len(name); end > 0; end = strings.LastIndexByte(name[:end], '/') {
			for _, n := range all {
				if fits(n, name[:end]) {
					found = append(found, n)
				}
			}
			if len(found) > 0 {
				return found, name[end:]
			}
			if whole || i == len(manners)-1 {
				break
			}
		}
	}
	return nil, ""
}

// Workload is what runs code under a name.
func Workload(m *model.Model, name string) (*network.Workload, error) {
	name = pasted(name)
	all := slices.DeleteFunc(Principals(m), func(n Named) bool { return n.workload == nil })
	switch found, _ := called(all, name, true); len(found) {
	case 0:
		return nil, fmt.Errorf("found no function, instance or other workload %q in the assembly%s", policy.Readable(name), didYouMean(all, name))
	case 1:
		return found[0].workload, nil
	default:
		return nil, severalNames(name, found)
	}
}

// severalNames is the error about a name that several have.
func severalNames(name string, found []Named) error {
	const most = 5
	var names []string
	for _, n := range found {
		names = append(names, n.Name)
	}
	return fmt.Errorf("found %q in the names of %s, expected a name, or a part of it, that only one of them has", policy.Readable(name), columns.First(slices.Compact(names), most, ", "))
}

// didYouMean is the end of the sentence about a name that nothing has: what has the most similar one. "" if nothing is similar.
func didYouMean(all []Named, name string) string {
	best, least := "", 0
	last := func(s string) string { return strings.ToLower(s[strings.LastIndexByte(s, '/')+1:]) }
	for _, n := range all {
		for _, pair := range [][2]string{{n.Name, name}, {last(n.Name), last(name)}, {n.resource.LogicalID, name}, {n.resource.Name, name}} {
			d := levenshtein.ComputeDistance(strings.ToLower(pair[0]), strings.ToLower(pair[1]))
			if d <= len(pair[1])/3 && (best == "" || d < least) {
				best, least = n.Name, d
			}
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + best + "?"
}

// Similar are, of the caller and the resource of an access, those whose ARN no template has and a similar one does, each with that.
func Similar(m *model.Model, access model.Access) (pairs [][2]string) {
	for asked, all := range map[string][]Named{pasted(access.Caller): Principals(m), pasted(access.Resource): Resources(m, "")} {
		if a, ok := arn.Parse(asked); !ok || a.Service == "sts" {
			continue
		}
		if _, ok := m.Accounts.ResourceOf(asked); ok || m.Principal(asked) != nil {
			continue
		}
		best, least := "", 3
		for _, n := range all {
			// What is within a resource, such as the key of an object, follows its ARN.
			end := len(asked)
			if i := strings.IndexByte(asked, '/'); strings.Contains(n.arn, ":s3:::") && i > 0 {
				end = i
			}
			if d := levenshtein.ComputeDistance(asked[:end], n.arn); policy.IsKnown(n.arn) && d < least {
				best, least = n.arn+asked[end:], d
			}
		}
		if best != "" {
			pairs = append(pairs, [2]string{asked, best})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return pairs
}
