package main

import "slices"

// equivalence is a rule by which a mutant changes nothing that a grant declares or forbids.
type equivalence struct {
	name, because string
	holds         func(*mutant) bool
}

// rules are all equivalences, tried in this order.
var rules = slices.Concat(statementRules, networkRules, wiringRules)

// classify takes those out that change nothing, before they are tried.
func classify(all []*mutant) (rest []*mutant) {
	for _, m := range all {
		i := slices.IndexFunc(rules, func(r equivalence) bool { return r.holds(m) })
		if i < 0 {
			rest = append(rest, m)
			continue
		}
		m.outcome, m.reason = equivalent, rules[i].name
	}
	return rest
}
