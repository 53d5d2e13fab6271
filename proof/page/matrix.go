package page

import (
	"cmp"
	"fmt"
	"slices"

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
	// Steps are its way in words: what the picture shows. Way says whether all of it passes.
	Steps []step
	Way   sign

	key string
}

// group is what was tried by rules that belong together. Its cell in the matrix is empty if that is nothing.
type group struct {
	ID, Name string
	Sign     sign
	Says     string // how many of its checks are how
	Checks   []check
}

// rowOf is where a rule is shown. One that is not known here comes with the statements.
func rowOf(rule proof.Rule) int {
	groups := proof.Groups()
	for i, row := range groups {
		if slices.Contains(row.Rules, rule) {
			return i
		}
	}
	return len(groups) - 1
}

// grants are in the order of the report, and last what no grant is about.
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

// find returns the index of the grant that a check is about, which is there.
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
