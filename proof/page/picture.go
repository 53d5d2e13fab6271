package page

import (
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// picture is the way of each grant: from where its grantees run, through endpoints, to the role and the data of the target account.
type picture struct {
	sources, targets []*account
	edges            []*edge
	nodes            map[string]*node
	found            map[[3]string]*edge // by grant and by the nodes' keys
}

// edge is one step of a grant. It passes if all that takes it does.
type edge struct {
	grant    int
	from, to *node
	passes   policy.Answer
	takes    []taken
}

// taken is what takes a step, such as an action.
type taken struct {
	what   string
	passes policy.Answer
}

// newPicture reads the ways of what grants declare: first those that the grantees go themselves, then those that services go for them, which
// begin where the first end. What a service does by itself, such as to run a function, is no way of a grant.
func newPicture(r *proof.Report, all []*grant) *picture {
	p := &picture{nodes: map[string]*node{}, found: map[[3]string]*edge{}}
	for _, through := range []bool{false, true} {
		for i := range r.Checks {
			c := &r.Checks[i]
			if c.Rule != proof.Intent || (c.Access.Through != "") != through || part(c.Access.Caller, 4) == "" {
				continue
			}
			for k := range c.Chains {
				p.follow(find(all, c.Grant), &c.Chains[k])
			}
		}
	}
	for _, a := range p.targets {
		a.copied = slices.ContainsFunc(p.sources, func(source *account) bool { return source.id == a.id })
	}
	for _, e := range p.edges {
		all[e.grant].Steps = append(all[e.grant].Steps, e.steps()...)
	}
	for _, g := range all {
		g.Way = g.Groups[rowOf(proof.Intent)].Sign
		g.Way.Word = map[string]string{"proved": "works", "broken": "does not work"}[g.Way.Class]
		if g.Way.Word == "" {
			g.Way.Word = "cannot be decided"
		}
	}
	return p
}

// follow adds a chain: with each hop a step. Requests to STS and to the data both begin where the grantee runs.
func (p *picture) follow(grant int, c *proof.Chain) {
	var start *node
	if c.Assumes == nil {
		start = p.user(grant, c, nil) // a service asks for whoever has direct access, who may be in no place then
	}
	if start == nil {
		start = p.caller(grant, c)
	}
	from := start
	for i, h := range c.Hops {
		switch {
		case h.Path != nil:
			door := p.door(grant, c, h)
			p.step(grant, start, door, h.What, h.Passes)
			from = door
		case isAssume(c, h):
			p.step(grant, from, p.role(grant, c.Assumes.Role), h.Trace.Request.Action, h.Passes)
		default:
			if i == 0 || c.Hops[i-1].Path == nil {
				from = p.user(grant, c, start)
			}
			p.step(grant, from, p.datum(grant, c), c.Action, h.Passes)
		}
	}
}

func isAssume(c *proof.Chain, h proof.Hop) bool {
	return c.Assumes != nil && h.Trace != nil && strings.HasPrefix(h.Trace.Request.Action, "sts:") && h.Trace.Request.Resource == c.Assumes.Role
}

// step adds what takes a way from one node to another.
func (p *picture) step(grant int, from, to *node, what string, passes policy.Answer) {
	key := [3]string{strconv.Itoa(grant), from.key, to.key}
	e := p.found[key]
	if e == nil {
		e = &edge{grant: grant, from: from, to: to, passes: passes}
		p.found[key] = e
		p.edges = append(p.edges, e)
	}
	e.passes = worse(e.passes, passes)
	for i := range e.takes {
		if e.takes[i].what == what {
			e.takes[i].passes = worse(e.takes[i].passes, passes)
			return
		}
	}
	e.takes = append(e.takes, taken{what, passes})
}

// step is an edge in words.
type step struct {
	From, To, What string
	Sign           sign
}

// steps are one sentence for all that passes, and one each for what does not or cannot be decided.
func (e *edge) steps() []step {
	var all []step
	for _, passes := range []policy.Answer{policy.No, policy.Indeterminate, policy.Yes} {
		var what []string
		for _, t := range e.takes {
			if t.passes == passes {
				what = append(what, policy.Readable(t.what))
			}
		}
		if what != nil {
			all = append(all, step{e.from.name(), e.to.name(), strings.Join(what, ", "), ofAnswer(passes)})
		}
	}
	return all
}
