package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// linked is a resource that says something of another one, surely or perhaps.
type linked struct {
	*assembly.Resource
	sure policy.Answer // never no
}

// linked returns what names an id in a property: first the sure ones. What names something that no template defines may mean it, too,
// unless it is in another account or region than around, which is of the same VPC.
func (c *catalog) linked(kind, property, id string, around *assembly.Resource) (found []linked) {
	id = c.id(id)
	var open []linked
	for _, r := range c.naming[naming{kind, property, id}] {
		if l := (linked{r, exists(r, around)}); l.sure == policy.Yes {
			found = append(found, l)
		} else {
			open = append(open, l)
		}
	}
	for _, r := range c.strays[naming{kind: kind, property: property}] {
		written := c.id(text(r.Properties, property))
		if written != id && c.is(written, id) == policy.Indeterminate && mayShare(r.Stack, around.Stack) {
			open = append(open, linked{r, policy.Indeterminate})
		}
	}
	return append(found, open...)
}

// surely returns the first that is sure, and whether there is any.
func surely(found []linked) (*assembly.Resource, policy.Answer) {
	if len(found) == 0 {
		return nil, policy.No
	}
	return found[0].Resource, found[0].sure
}

// exists says whether a resource exists if another one does: what hangs on the same condition of the same stack does.
func exists(r, other *assembly.Resource) policy.Answer {
	if r.Conditional == "" || r.Stack == other.Stack && r.Conditional == other.Conditional {
		return policy.Yes
	}
	return policy.Indeterminate
}

// mayShare says whether two stacks may be in the same account and region.
func mayShare(a, b *assembly.Stack) bool {
	return same(a.Account, b.Account) != policy.No && same(a.Region, b.Region) != policy.No
}
