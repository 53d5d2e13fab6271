package proof

import (
	"fmt"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Finding is one thing to change, with all checks that it would put right.
type Finding struct {
	// Rule is that of the first check.
	Rule    Rule
	Verdict Verdict
	// Checks are those that found it.
	Checks []*Check
	// Says are what decided the first of them.
	Says []string
	// Remedy is what to change, sentence by sentence.
	Remedy []string
	// Missing is the ARN of what facts have to be given of, so that the checks are decided. "" for what no facts decide.
	Missing string
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
// of its own. What facts would decide is one finding for each thing to give the facts of, whatever depends on it.
func (r *Report) Findings() []*Finding {
	var broken, undecided []*Finding
	byRemedy := map[string]*Finding{}
	add := func(key string, c *Check, one Finding) {
		if f := byRemedy[key]; f != nil {
			f.Checks = append(f.Checks, c)
			return
		}
		one.Rule, one.Verdict, one.Checks, one.Says = c.Rule, c.Verdict, []*Check{c}, c.Says
		byRemedy[key] = &one
		if c.Verdict == Broken {
			broken = append(broken, &one)
		} else {
			undecided = append(undecided, &one)
		}
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		switch {
		case c.Verdict == Proved:
		case c.Verdict == Undecided && len(c.Missing) > 0:
			for _, missing := range c.Missing {
				add(missing, c, Finding{Missing: missing, Remedy: []string{model.ToGive(missing)}})
			}
		default:
			key := string(c.Rule) + string(c.Verdict) + c.Grant
			for _, sentence := range c.Remedy {
				key += "\n" + sentence
			}
			if c.Rule == OverGrant {
				key += fmt.Sprint(i)
			}
			add(key, c, Finding{Remedy: c.Remedy})
		}
	}
	return append(broken, undecided...)
}
