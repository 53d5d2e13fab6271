package proof

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Where are the resources to change for a check that is not proved, in the order of its hops. None if no template has them.
func (c *Check) Where() []*assembly.Resource {
	var all []*assembly.Resource
	add := func(r *assembly.Resource) {
		if r == nil || r.Stack == nil {
			return
		}
		for _, other := range all {
			if other == r {
				return
			}
		}
		all = append(all, r)
	}
	add(c.holder)
	for i := range c.Chains {
		for _, h := range c.Chains[i].Hops {
			for _, r := range h.where(c.Expects) {
				add(r)
			}
		}
	}
	return all
}

// where are the resources of a hop: those that stop what has to work, or those that let pass what must not.
func (h *Hop) where(e Expectation) []*assembly.Resource {
	var all []*assembly.Resource
	if h.Path != nil {
		for _, hop := range h.Path.Hops {
			if e == MustWork && hop.Passes != policy.Yes {
				all = append(all, hop.Resource)
			}
		}
		return all
	}
	if e == MustFail && h.Passes != policy.No {
		for _, s := range h.Trace.Decisive() {
			all = append(all, h.holders[s.Policy])
		}
	}
	if e == MustWork && h.Passes != policy.Yes {
		for _, kind := range h.Trace.BlockedBy() {
			all = append(all, h.holders[kind])
		}
	}
	return all
}
