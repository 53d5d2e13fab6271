package proof

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
)

// Verdict is broken if any check is, else undecided if any is, else proved.
func (r *Report) Verdict() Verdict {
	worst := Proved
	for i := range r.Checks {
		switch r.Checks[i].Verdict {
		case Broken:
			return Broken
		case Undecided:
			worst = Undecided
		}
	}
	return worst
}

// Finding is one thing to change, with all checks that it would put right.
type Finding struct {
	Rule    Rule
	Verdict Verdict
	// Checks are those that found it.
	Checks []*Check
	// Says are what stops the first of them, or lets it pass.
	Says []string
	// Remedy is what to change.
	Remedy []string
}

// Where are the resources to change.
func (f *Finding) Where() []*assembly.Resource {
	var all []*assembly.Resource
	for _, c := range f.Checks {
		for _, r := range c.Where() {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	return all
}

// Findings are what is not proved, by rule and by what to change, the broken ones first.
func (r *Report) Findings() []*Finding {
	var broken, undecided []*Finding
	byRemedy := map[string]*Finding{}
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Verdict == Proved {
			continue
		}
		remedy := c.Remedy()
		key := string(c.Rule) + string(c.Verdict) + c.Grant
		for _, sentence := range remedy {
			key += "\n" + sentence
		}
		if f := byRemedy[key]; f != nil && c.Rule != OverGrant {
			f.Checks = append(f.Checks, c)
			continue
		}
		f := &Finding{Rule: c.Rule, Verdict: c.Verdict, Checks: []*Check{c}, Says: c.says(), Remedy: remedy}
		byRemedy[key] = f
		if c.Verdict == Broken {
			broken = append(broken, f)
		} else {
			undecided = append(undecided, f)
		}
	}
	return append(broken, undecided...)
}

// says are what was found at the hop that decides: the one that stops what has to work, the last one of what must not.
func (c *Check) says() []string {
	if len(c.Details) > 0 {
		return c.Details
	}
	for i := range c.Chains {
		chain := &c.Chains[i]
		if c.Expects.judge(chain.Passes) != c.Verdict {
			continue
		}
		if h, ok := chain.Stops(); ok {
			return h.Says
		}
		return chain.Hops[len(chain.Hops)-1].Says
	}
	return nil
}
