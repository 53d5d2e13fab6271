package simulate

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Chain is an access with all that it has to pass, in AWS's order. It goes on after a hop that does not pass.
type Chain struct {
	model.Access
	// Subnet is the ID of the subnet that it starts from. "" outside of a VPC.
	Subnet string
	// Passes says whether the access works.
	Passes policy.Answer
	// Hops are what it has to pass.
	Hops []Hop

	unsure bool // something that is not known before deployment may change every answer
}

// Hop is one thing that an access has to pass.
type Hop struct {
	// What says which it is, such as "sts:AssumeRole on ARN" or "route to S3".
	What string
	// Passes says whether the access passes it.
	Passes policy.Answer
	// Says are sentences that explain why.
	Says []string
	// Trace is how the policies decided. Nil for anything else.
	Trace *policy.Trace
	// Path is the route through the network. Nil for anything else.
	Path *network.Path

	resources      map[policy.Kind]*assembly.Resource // whose policies took part
	key            *policy.Document                   // the key's policy, of a request to KMS by its account; nil for others
	resourcePolicy *policy.Document                   // the policy of what the request is on; nil if it has none
	remedy         []string                           // what to change, of a hop that is neither a route nor policies
	where          []*assembly.Resource               // and where
	missing        []facts.Want                       // what facts would decide
	unknown        []facts.Want                       // what facts have the policies that are unknown
	restsOn        []string                           // the facts about organizations that the policies ask for
	unsure         bool                               // it makes every answer unknown, also a sure no
}

// Missing are the facts that would decide the hop.
func (h *Hop) Missing() []facts.Want { return h.missing }

// Stops returns the first hop that does not pass, or else the first that may not.
func (c *Chain) Stops() (Hop, bool) {
	wanted := []policy.Answer{policy.No, policy.Indeterminate}
	if c.unsure {
		wanted = wanted[1:]
	}
	for _, want := range wanted {
		for _, h := range c.Hops {
			if h.Passes == want {
				return h, true
			}
		}
	}
	return Hop{}, false
}

// ToGive are the facts to give of what no template has, so that what depends on it is known. None if nothing does.
func (c *Chain) ToGive() []string {
	var all []string
	for _, h := range c.Hops {
		if len(h.missing) > 0 {
			all = append(all, h.remedy...)
		}
	}
	return all
}

// Missing are the facts that would decide. None if nothing depends on any.
func (c *Chain) Missing() []facts.Want {
	var all []facts.Want
	for _, h := range c.Hops {
		all = append(all, h.missing...)
	}
	return all
}

// want says which facts would decide the hop.
func (h *Hop) want(all []facts.Want) {
	h.missing = facts.Sorted(all)
	for _, w := range h.missing {
		h.remedy = append(h.remedy, policy.Readable(w.String()))
	}
}

// Resources are those by which the access was decided, hop by hop.
func (c *Chain) Resources() []*assembly.Resource {
	var all []*assembly.Resource
	for _, h := range c.Hops {
		all = append(append(all, slices.Collect(maps.Values(h.resources))...), h.where...)
		if h.Path != nil {
			for _, hop := range h.Path.Hops {
				all = append(all, hop.Resource)
			}
		}
	}
	return all
}

// Lacks is how much of the access does not pass: 2 for each hop that it does not pass, and 1 for each that it may not.
func (c *Chain) Lacks() int {
	n := 0
	for _, h := range c.Hops {
		switch h.Passes {
		case policy.No:
			n += 2
		case policy.Indeterminate:
			n++
		}
	}
	return n
}

// PassesAsRead says whether the access works by what the templates say, whatever changes that at deployment.
func (c *Chain) PassesAsRead() policy.Answer {
	passes := policy.Yes
	for _, h := range c.Hops {
		switch {
		case h.unsure:
		case h.Passes == policy.No:
			return policy.No
		case h.Passes == policy.Indeterminate:
			passes = policy.Indeterminate
		}
	}
	return passes
}

// RestsOn are the facts about organizations on which the access rests, by name.
func (c *Chain) RestsOn() []string {
	var all []string
	for _, h := range c.Hops {
		all = append(all, h.restsOn...)
	}
	return all
}

func (c *Chain) add(h Hop) {
	c.Hops = append(c.Hops, h)
	switch {
	case h.unsure, c.unsure:
		c.Passes, c.unsure = policy.Indeterminate, true
	case h.Passes == policy.No, c.Passes == policy.Yes:
		c.Passes = h.Passes
	}
}

// Stopping are the resources that stop the access, hop by hop. Nil for one that no template has.
func (c *Chain) Stopping() []*assembly.Resource {
	var all []*assembly.Resource
	for _, h := range c.Hops {
		if h.Passes == policy.Yes && h.Path == nil {
			continue
		}
		if h.Trace == nil && h.Path == nil {
			all = append(all, h.where...)
			continue
		}
		if h.Path != nil {
			for _, hop := range h.Path.Hops {
				if hop.Passes != policy.Yes {
					all = append(all, hop.Resource)
				}
			}
			continue
		}
		for _, kind := range h.Trace.BlockedBy() {
			all = append(all, h.resources[kind])
		}
	}
	return all
}

// Allowing are the resources whose policies let the access pass, hop by hop. Nil for one that no template has.
func (c *Chain) Allowing() []*assembly.Resource {
	var all []*assembly.Resource
	for _, h := range c.Hops {
		if h.Passes == policy.Indeterminate && h.Trace == nil {
			all = append(all, h.where...)
		}
		if h.Trace == nil || h.Passes == policy.No {
			continue
		}
		for _, s := range h.allowing() {
			all = append(all, h.resources[s.Policy])
		}
	}
	return all
}

// AllowingStatements are the statements that let the access pass, hop by hop.
func (c *Chain) AllowingStatements() []policy.Elements {
	var all []policy.Elements
	for _, h := range c.Hops {
		if h.Trace == nil || h.Passes == policy.No {
			continue
		}
		for _, s := range h.allowing() {
			if e, ok := h.Trace.Elements(s); ok {
				all = append(all, e)
			}
		}
	}
	return all
}

// allowing are the statements that let a request pass. Those of a key's policy that leave it to the identity policies of the account are none: without
// them nobody could manage the key.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam
func (h *Hop) allowing() []policy.StatementMatch {
	all := h.Trace.Decisive()
	if h.key == nil {
		return all
	}
	delegates := delegatesOf(h.key, h.Trace.Request.ResourceAccount)
	return slices.DeleteFunc(slices.Clone(all), func(s policy.StatementMatch) bool { return s.Policy == policy.Resource && delegates[s.Statement] })
}

// delegatesOf are the statements of a key's policy that name nobody but its account, by their names.
func delegatesOf(key *policy.Document, account string) map[string]bool {
	all := map[string]bool{}
	for i := range key.Statements {
		s := &key.Statements[i]
		e := s.Elements()
		others := slices.ContainsFunc(e.Principals["AWS"], func(one string) bool {
			return one != account && !(model.IsRoot(one) && arn.Account(one) == account)
		})
		if s.Effect == policy.Allow && !others && !e.NotPrincipal && len(e.Principals) == 1 && len(e.Principals["AWS"]) > 0 {
			all[cmp.Or(s.Sid, strconv.Itoa(s.Index))] = true
		}
	}
	return all
}
