package proof

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
)

// Finding is one thing to change, with all checks that it would put right.
type Finding struct {
	Rule    Rule
	Verdict Verdict
	// Checks are those that found it.
	Checks []*Check
	// Says are what decided the first of them.
	Says []string
	// Remedy is what to change, sentence by sentence.
	Remedy []string
}

// Where are the resources to change.
func (f *Finding) Where() []*assembly.Resource {
	var all []*assembly.Resource
	for _, c := range f.Checks {
		for _, r := range c.Where {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	return all
}

// Findings are what is not proved, by rule and by what to change, the broken ones first. Each statement with too many permissions is a finding
// of its own.
func (r *Report) Findings() []*Finding {
	var broken, undecided []*Finding
	byRemedy := map[string]*Finding{}
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Verdict == Proved {
			continue
		}
		key := string(c.Rule) + string(c.Verdict) + c.Grant
		for _, sentence := range c.Remedy {
			key += "\n" + sentence
		}
		if f := byRemedy[key]; f != nil && c.Rule != OverGrant {
			f.Checks = append(f.Checks, c)
			continue
		}
		f := &Finding{Rule: c.Rule, Verdict: c.Verdict, Checks: []*Check{c}, Says: c.Says, Remedy: c.Remedy}
		byRemedy[key] = f
		if c.Verdict == Broken {
			broken = append(broken, f)
		} else {
			undecided = append(undecided, f)
		}
	}
	return append(broken, undecided...)
}
