package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
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
	// Missing are the ARNs of what facts have to be given of, so that the checks are decided: one, or a managed policy of one name in several accounts, such as a
	// permissions boundary. None for what no facts decide.
	Missing []string
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
	add := func(key string, c *Check, one Finding) *Finding {
		if f := byRemedy[key]; f != nil {
			if !slices.Contains(f.Checks, c) {
				f.Checks = append(f.Checks, c)
			}
			return f
		}
		one.Rule, one.Verdict, one.Checks, one.Says = c.Rule, c.Verdict, []*Check{c}, c.Says
		byRemedy[key] = &one
		if c.Verdict == Broken {
			broken = append(broken, &one)
		} else {
			undecided = append(undecided, &one)
		}
		return &one
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		switch {
		case c.Verdict == Proved:
		case c.Verdict == Undecided && len(c.Missing) > 0:
			for _, missing := range c.Missing {
				f := add(subject(missing), c, Finding{})
				if !slices.Contains(f.Missing, missing) {
					f.Missing, f.Remedy = append(f.Missing, missing), append(f.Remedy, model.ToGive(missing))
				}
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

// subject is what facts are given of: for a managed policy of an account its name, since each account has a permissions boundary of its own that a company demands.
func subject(missing string) string {
	if a, _ := arn.Parse(missing); a.Service == "iam" && strings.HasPrefix(a.Resource, "policy/") {
		return a.Resource
	}
	return missing
}
