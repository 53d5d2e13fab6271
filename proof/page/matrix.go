package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// grant is all that was tried for one grant.
type grant struct {
	ID     string
	Name   string
	Index  int
	Sign   sign
	Groups []*group
	// Steps are its route in words: what the picture shows. Route says whether all of it passes.
	Steps []step
	Route sign

	key string
}

// group is what rules that belong together have checked. Its cell in the matrix is empty if that is nothing.
type group struct {
	ID, Name string
	Sign     sign
	Says     string // how many of its checks have which verdict
	Checks   []check
}

// rowOf is the index of the group that shows a rule. An unknown rule is in the last one.
func rowOf(rule proof.Rule) int {
	groups := proof.Groups()
	for i, row := range groups {
		if slices.Contains(row.Rules, rule) {
			return i
		}
	}
	return len(groups) - 1
}

// grants are in the order of the report. What no grant is about comes last.
func grants(r *proof.Report) []*grant {
	var all []*grant
	index := map[string]int{}
	add := func(key string) int {
		if i, ok := index[key]; ok {
			return i
		}
		g := &grant{ID: fmt.Sprint("g", len(all)), Name: cmp.Or(policy.Readable(key), "without a grant"), Index: len(all), key: key}
		for i, row := range proof.Groups() {
			g.Groups = append(g.Groups, &group{ID: fmt.Sprint(g.ID, "-", i), Name: row.Name})
		}
		index[key] = g.Index
		all = append(all, g)
		return g.Index
	}
	for _, g := range r.Grants {
		add(g.Key())
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		row := all[add(c.Grant)].Groups[rowOf(c.Rule)]
		row.Checks = append(row.Checks, newCheck(c, i))
	}
	for _, g := range all {
		g.sum()
	}
	return all
}

// find returns the index of the grant that a check is about.
func find(all []*grant, key string) int {
	return slices.IndexFunc(all, func(g *grant) bool { return g.key == key })
}

func (g *grant) sum() {
	all := map[proof.Verdict]int{}
	for _, one := range g.Groups {
		n := map[proof.Verdict]int{}
		for i := range one.Checks {
			n[one.Checks[i].verdict]++
			all[one.Checks[i].verdict]++
		}
		one.Sign = ofVerdict(worst(n))
		for _, v := range []proof.Verdict{proof.Broken, proof.Undecided, proof.Proved} {
			if n[v] > 0 {
				if one.Says != "" {
					one.Says += ", "
				}
				one.Says += fmt.Sprintf("%d %s", n[v], v)
			}
		}
	}
	g.Sign = ofVerdict(worst(all))
}

func worst(n map[proof.Verdict]int) proof.Verdict {
	switch {
	case n[proof.Broken] > 0:
		return proof.Broken
	case n[proof.Undecided] > 0:
		return proof.Undecided
	}
	return proof.Proved
}

// check is one row of the matrix.
type check struct {
	ID      string
	Rule    string
	Name    string
	With    string // what distinguishes it from others of the same name
	Expects string
	Sign    sign
	Facts   []fact
	Routes  []route
	Details []string
	Rests   []string
	Finding string // the ID of the finding that says what to change

	verdict proof.Verdict
}

// fact is one property of a check's access.
type fact struct{ Name, Value string }

// route is a chain, with the subnets from which it is the same.
type route struct {
	Subnet string
	Hops   []hop
	Same   []string

	outcome string
}

// hop is one thing that an access has to pass.
type hop struct {
	What string
	Sign sign
	Says []string
}

func newCheck(c *proof.Check, index int) check {
	row := check{ID: checkID(index), Rule: policy.Readable(string(c.Rule)), Name: policy.Readable(c.Name), With: with(c), Sign: ofVerdict(c.Verdict), verdict: c.Verdict,
		Details: readable(c.Details), Rests: readable(c.RestsOn), Expects: "has to work"}
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

// with is the condition keys of an access.
func with(c *proof.Check) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(c.Access.Context)) {
		all = append(all, key+" = "+strings.Join(c.Access.Context[key], ", "))
	}
	return policy.Readable(strings.Join(all, "; "))
}

// add adds a chain. One that is the same as another one, hop by hop, only adds its subnet.
func (c *check) add(chain *proof.Chain, e proof.Expectation) {
	w := route{Subnet: shortID(chain.Subnet)}
	for _, h := range chain.Hops {
		w.outcome += h.What + "\n" + string(h.Passes) + "\n"
		w.Hops = append(w.Hops, hop{policy.Readable(h.What), ofHop(h.Passes, e, chain.Passes), readable(h.Says)})
	}
	for i := range c.Routes {
		if c.Routes[i].outcome == w.outcome {
			c.Routes[i].Same = append(c.Routes[i].Same, w.Subnet)
			return
		}
	}
	c.Routes = append(c.Routes, w)
}

func readable(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = policy.Readable(text)
	}
	return all
}
