package simulate

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Deciding is a statement that decides a request.
type Deciding struct {
	Match
	// Kind is the kind of its policy, and Of the resource of the templates that the policy is of: the role, the bucket, the endpoint. Nil for none.
	Kind policy.Kind
	Of   *assembly.Resource
	// Effect is what it does, and Matches whether it surely is about the request.
	Effect  policy.Effect
	Matches policy.Answer
	// Action and Resource are those of the request.
	Action, Resource string
}

// Deciding are the statements that decide the access: of one that works those that let it pass, hop by hop; of one that does not, or perhaps, those of the
// hop that stops it. None if it stops for lack of a statement.
func (c *Chain) Deciding() []Deciding {
	var all []Deciding
	add := func(h *Hop) {
		if h.Trace == nil {
			return
		}
		for _, s := range h.Trace.Decisive() {
			d, statement := h.Trace.Statement(s)
			if statement == nil || d == administrator {
				continue
			}
			all = append(all, Deciding{Match{d, statement.Index}, s.Policy, h.resources[s.Policy], s.Effect, s.Matches, h.Trace.Request.Action, h.Trace.Request.Resource})
		}
	}
	if stop, ok := c.Stops(); ok && c.Passes == policy.No {
		add(&stop)
		return all
	}
	for i := range c.Hops {
		add(&c.Hops[i])
	}
	return all
}
