// Package chaintext prints chains as `crossgrant explain` and `crossgrant sandbox trace` show them: hop by hop, with what to change. It decides nothing.
package chaintext

import (
	"github.com/crossgrant/crossgrant/internal/terminal"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// Text is a chain with what is said of it.
type Text struct {
	Chain proof.ChainJSON
	// Way is in which way the request was made, such as " by assuming role r". "" where there is only one.
	Way string
	// Brief leaves out what hops say, of which nothing has to change.
	Brief bool
	// Remedies are what to change. None for a request that works.
	Remedies []string
}

// Print prints a chain.
func (t Text) Print(p *terminal.Printer) {
	result := map[policy.Answer]string{policy.Yes: "works", policy.No: "does not work", policy.Indeterminate: "is undecided"}
	// A sign as well as a colour, for terminals and readers without colours.
	sign := map[policy.Answer]string{policy.Yes: "ok ", policy.No: "NO ", policy.Indeterminate: " ? "}
	c := t.Chain
	p.Wrap("", t.request()+" "+p.Answer(c.Passes, result[c.Passes])+t.Way)
	p.Wrap("  as   ", c.Caller)
	if c.Assumes != "" {
		p.Wrap("  then ", c.Assumes)
	}
	for _, role := range c.Then {
		p.Wrap("  then ", role)
	}
	if c.Subnet != "" {
		p.Wrap("  from ", "subnet "+c.Subnet)
	}
	for _, h := range c.Hops {
		p.Printf("\n")
		p.Wrap(p.Answer(h.Passes, sign[h.Passes])+" ", h.What)
		if t.Brief || h.Passes == policy.Yes && c.Passes != policy.Yes {
			continue // nothing of it has to change
		}
		for _, sentence := range h.Says {
			p.Wrap("      ", sentence)
		}
	}
	for _, remedy := range t.Remedies {
		p.Printf("\n")
		p.Remedy("fix ", remedy)
	}
}

// request is what is asked for, or the role that is assumed for nothing else.
func (t Text) request() string {
	if t.Chain.Action == "" {
		return "sts:AssumeRole on " + t.Chain.Assumes
	}
	return t.Chain.Action + " on " + t.Chain.Resource
}
