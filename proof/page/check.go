package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// check is one row of the matrix.
type check struct {
	ID      string
	Rule    string
	Name    string
	With    string // what tells it apart from others of the same name
	Expects string
	Sign    sign
	Facts   []fact
	Ways    []way
	Details []string
	Finding string // the id of the one that says what to change

	verdict proof.Verdict
}

// fact is something of a check's access.
type fact struct{ Name, Value string }

// way is a chain, with the subnets from where it is the same.
type way struct {
	Subnet string
	Hops   []hop
	Same   []string

	outcome string
}

// hop is one thing to pass.
type hop struct {
	What string
	Sign sign
	Says []string
}

func newCheck(c *proof.Check, index int) check {
	row := check{ID: checkID(index), Rule: policy.Readable(string(c.Rule)), Name: policy.Readable(c.Name), With: with(c), Sign: ofVerdict(c.Verdict), verdict: c.Verdict,
		Details: readable(c.Details), Expects: "has to work"}
	if c.Expects == proof.MustFail {
		row.Expects = "must not work"
	}
	if c.Rule == proof.OverGrant {
		row.Expects = "must not hold more"
	}
	a := c.Access
	row.fact("Caller", a.Caller)
	if a.From != nil && a.From.Resource != nil {
		row.fact("Runs as", a.From.Resource.LogicalID)
	}
	if a.Assumes != nil {
		row.fact("Assumes", a.Assumes.Role)
	}
	row.fact("Action", a.Action)
	row.fact("Resource", a.Resource)
	row.fact("Through", a.Through)
	row.fact("Context", row.With)
	for i := range c.Chains {
		row.add(&c.Chains[i], c.Expects)
	}
	return row
}

func checkID(index int) string { return fmt.Sprint("c", index) }

func (c *check) fact(name, value string) {
	if value != "" {
		c.Facts = append(c.Facts, fact{name, policy.Readable(value)})
	}
}

// with are the condition keys of an access.
func with(c *proof.Check) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(c.Access.Context)) {
		all = append(all, key+" = "+strings.Join(c.Access.Context[key], ", "))
	}
	return policy.Readable(strings.Join(all, "; "))
}

// add adds a chain. One that ends as another one did, hop by hop, would fill the page with the same sentences for another subnet.
func (c *check) add(chain *proof.Chain, e proof.Expectation) {
	w := way{Subnet: shortID(chain.Subnet)}
	for _, h := range chain.Hops {
		w.outcome += h.What + "\n" + string(h.Passes) + "\n"
		w.Hops = append(w.Hops, hop{policy.Readable(h.What), ofHop(h.Passes, e, chain.Passes), readable(h.Says)})
	}
	for i := range c.Ways {
		if c.Ways[i].outcome == w.outcome {
			c.Ways[i].Same = append(c.Ways[i].Same, w.Subnet)
			return
		}
	}
	c.Ways = append(c.Ways, w)
}

func readable(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = policy.Readable(text)
	}
	return all
}
