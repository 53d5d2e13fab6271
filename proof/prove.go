package proof

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/probe"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Options is what the templates do not say: AWS managed policies, SCPs and RCPs, organizations. The zero value says nothing.
type Options = model.Options

// Grant is a grant that an assembly declares, with the stacks that do.
type Grant = model.Grant

// Check is one access, statement or setting with what is expected of it, what was found, what to change, and where.
type Check = check.Check

// Addition is a statement to add, ready to paste, and the policy that it belongs to.
type Addition = simulate.Addition

// Expectation is how an access has to end.
type Expectation = check.Expectation

const (
	// MustWork has to work, from everywhere that it is tried.
	MustWork = check.MustWork
	// MustFail must not work, from anywhere that it is tried.
	MustFail = check.MustFail
)

// Verdict is the outcome of a check, or of a report.
type Verdict = check.Verdict

const (
	// Proved is as it has to be.
	Proved = check.Proved
	// Broken is not as it has to be.
	Broken = check.Broken
	// Undecided depends on something that is unknown.
	Undecided = check.Undecided
	// NothingDeclared is the outcome of a report on templates that declare no grant and no connection, and of which nothing is expected: no access was tried.
	NothingDeclared Verdict = "nothing declared"
)

// Report is all that was checked.
type Report struct {
	// Grants are what the assembly declares, sorted by account and key.
	Grants []*Grant
	// Checks are in the order of the grants, then of the rules. Those that no grant is about come last.
	Checks []Check
	// Notes are what could not be understood in the templates.
	Notes []assembly.Note
	// Assumed is what was taken as given: of stacks whose account or region is unknown, of networks that no template has, as their apps say, what facts
	// say, and defaults of parameters.
	Assumed []assembly.Note
}

// Prove checks an assembly by all rules. It errs if the declaration of a grant cannot be read.
func Prove(a *assembly.Assembly, o Options) (*Report, error) {
	if a == nil {
		return nil, errNoAssembly
	}
	m, err := model.New(a, o)
	if err != nil {
		return nil, err
	}
	if err := probe.Possible(m); err != nil {
		return nil, err
	}
	order := map[string]int{"": len(m.Grants)}
	for i, g := range m.Grants {
		order[g.Key()] = i
	}
	r := &Report{Grants: m.Grants, Notes: m.Notes, Assumed: slices.Concat(a.Assumed, m.Network.Assumed())}
	for _, d := range definitions {
		r.Checks = append(r.Checks, d.Checks(m)...)
	}
	slices.SortStableFunc(r.Checks, func(a, b Check) int { return cmp.Compare(order[a.Grant], order[b.Grant]) })
	check.Run(m, r.Checks)
	r.assume(m.Given())
	return r, nil
}

// assume adds what is taken as given, with how many checks rest on it. A default on which none rests is not among it.
func (r *Report) assume(given []facts.Assumption) {
	rest := map[string]int{}
	for i := range r.Checks {
		for _, name := range r.Checks[i].RestsOn {
			rest[name]++
		}
	}
	for _, one := range given {
		switch n := rest[one.Name]; {
		case n == 1:
			one.Note.Why += "; 1 check rests on it"
		case n > 1:
			one.Note.Why += fmt.Sprintf("; %d checks rest on it", n)
		case one.Note.Stack != nil && one.Note.Stack.Facts == "": // a default
			continue
		}
		r.Assumed = append(r.Assumed, one.Note)
	}
}

// Missing is one fact that is missing for a decision.
type Missing struct {
	facts.Want
	// Checks are those that it would decide, or that depend on it among other things.
	Checks []*Check
}

// Missing are the facts that would decide what is undecided, sorted by their IDs.
func (r *Report) Missing() []Missing {
	by := map[string]*Missing{}
	for i := range r.Checks {
		for _, w := range r.Checks[i].Missing {
			if by[w.ID()] == nil {
				by[w.ID()] = &Missing{Want: w}
			}
			by[w.ID()].Checks = append(by[w.ID()].Checks, &r.Checks[i])
		}
	}
	var all []Missing
	for _, id := range slices.Sorted(maps.Keys(by)) {
		all = append(all, *by[id])
	}
	return all
}

// Verdict is broken if any check is, such as because AWS refuses a policy. Otherwise, if nothing is declared and nothing expected, it is that, and if something
// is expected alone, that decides; else it is undecided if any check is, else proved.
func (r *Report) Verdict() Verdict {
	declared, expected := len(r.Grants) > 0, false
	found := map[Verdict]bool{}
	foundExpected := map[Verdict]bool{}
	for i := range r.Checks {
		c := &r.Checks[i]
		found[c.Verdict] = true
		switch c.Rule {
		case Expected:
			expected, foundExpected[c.Verdict] = true, true
		case InvalidPolicy, DuplicateName, InvalidSetting, Quota: // of any template
		default:
			declared = true
		}
	}
	switch {
	case found[Broken]:
		return Broken
	case !declared && !expected:
		return NothingDeclared
	case foundExpected[Undecided] || declared && found[Undecided]:
		return Undecided
	}
	return Proved
}
