// Package check is what a rule of the proof returns: checks, each with its verdict, what was found, what to change and where. It knows no rule
// (packages probe and audit have them).
package check

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Rule is what a check is about. Its name is what acknowledgements and reports call it.
type Rule string

// Definition is a rule with its checks.
type Definition struct {
	Rule Rule
	// About is what the rule requires, in one sentence.
	About string
	// Checks makes all checks of a model. Those with a verdict are decided by reading; Run simulates the others.
	Checks func(*model.Model) []Check
}

// Expectation is how an access has to end.
type Expectation string

const (
	// MustWork has to work, from everywhere that it is tried.
	MustWork Expectation = "works"
	// MustFail must not work, from anywhere that it is tried.
	MustFail Expectation = "fails"
)

// Verdict is the outcome of a check.
type Verdict string

const (
	// Proved is as it has to be.
	Proved Verdict = "proved"
	// Broken is not as it has to be.
	Broken Verdict = "broken"
	// Undecided depends on something that is unknown.
	Undecided Verdict = "undecided"
)

// Check is one access, statement or setting with what is expected of it, and what was found.
type Check struct {
	Rule Rule
	// Grant is the key of the grant. "" for what no grant is about.
	Grant string
	// Name says in a few words what is tried or read.
	Name    string
	Expects Expectation
	// Access is what was tried. Empty if the verdict was found by reading.
	Access model.Access
	// Verdict is the outcome.
	Verdict Verdict
	// Chains are how the access went: one for each subnet that it may start from. None if the verdict was found by reading.
	Chains []simulate.Chain
	// Details are what reading found: of a policy statement, each action on each resource that is too much.
	Details []string
	// Says are what decided, unless the check is proved: the details, or what was found at the hop that stops the access or lets it pass.
	Says []string
	// Remedy says what to change, sentence by sentence; statements to add are ready to paste. Nil for a check that is proved. What a rule sets before
	// it is simulated stays, instead of what would let the access work or stop it.
	Remedy []string
	// Statements are those of the remedy that are ready to paste, each with the policy that it belongs to.
	Statements []simulate.Addition
	// Statement is the statement that was judged by reading. Nil for a check of anything else.
	Statement *policy.Statement
	// RestsOn is what no template has for sure and the verdict depends on, by name: facts, and defaults of parameters.
	RestsOn []string
	// Missing are the facts that would decide a check that is undecided.
	Missing []facts.Want
	// Changes are the whole remedy as edits of templates. None if a part of it is no edit: then Manual says why.
	Changes []assembly.Change
	// Manual says why the remedy, or a part of it, is no edit of a template. None if there are Changes.
	Manual []string
	// Narrow are the statements that permit too much, of a check by reading. Of several lists, to narrow those of one is enough.
	Narrow [][]simulate.Match
	// AtEntry says that who gets in is too much, rather than what they do then, so that the first statement on the way is narrowed.
	AtEntry bool
	// Where are the resources to change, in the order of the hops. None if no template has them, or if the check is proved.
	Where []*assembly.Resource
}

// Run decides the checks, on all processors. A check that has a verdict keeps it.
func Run(m *model.Model, checks []Check) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(checks); i = next.Add(1) - 1 {
				c := &checks[i]
				if c.Verdict == "" {
					c.simulate(m)
				}
				c.rest(m)
				c.settle()
			}
		})
	}
	all.Wait()
	change(m, checks)
}

// simulate walks the access. What decides is what the first chain with the verdict says.
func (c *Check) simulate(m *model.Model) {
	c.Chains = simulate.Walk(m, c.Access)
	c.Verdict = Proved
	var deciding []*simulate.Chain
	for i := range c.Chains {
		chain := &c.Chains[i]
		v := c.Expects.judge(chain.Passes)
		if v == Proved {
			continue
		}
		if c.Verdict == Proved || c.Verdict == Undecided && v == Broken {
			c.Verdict, c.Says = v, decisive(chain)
		}
		deciding = append(deciding, chain)
	}
	if c.Verdict == Broken { // which no facts change
		deciding = slices.DeleteFunc(deciding, func(chain *simulate.Chain) bool { return c.Expects.judge(chain.Passes) != Broken })
	}
	c.remedy(m, deciding)
}

// remedy sets what to change so that none of the chains ends as it does.
func (c *Check) remedy(m *model.Model, chains []*simulate.Chain) {
	own, changed := len(c.Remedy) > 0, len(c.Changes)+len(c.Manual) > 0
	if i := slices.IndexFunc(chains, func(chain *simulate.Chain) bool { return len(chain.ToGive()) > 0 }); i >= 0 && c.Verdict == Undecided {
		c.Remedy, c.Statements, c.Changes, c.Manual = nil, nil, nil, []string{"what decides is in no template: a file of facts has it"}
		for _, chain := range chains {
			where := chain.Allowing
			if c.Expects == MustWork {
				where = chain.Stopping
			}
			c.Where, c.Remedy, c.Missing = append(c.Where, where()...), append(c.Remedy, chain.ToGive()...), append(c.Missing, chain.Missing()...)
		}
		return
	}
	for _, chain := range chains {
		remedy, statements, where := chain.ToDeny, chain.DenyAdditions, chain.Allowing
		if c.Expects == MustWork {
			remedy, statements, where = chain.ToAllow, chain.AllowAdditions, chain.Stopping
		}
		c.Where = append(c.Where, where()...)
		if chain.Unsure() {
			c.Manual, changed = append(c.Manual, "what decides is made at deployment, and is in none of these templates"), true
		}
		if !changed {
			f := chain.FixToDeny(m)
			if c.Expects == MustWork {
				f = chain.FixToAllow(m)
			}
			c.Changes, c.Manual = append(c.Changes, f.Changes...), append(c.Manual, f.Why...)
		}
		if !own {
			c.Remedy, c.Statements = append(c.Remedy, remedy()...), append(c.Statements, statements()...)
		}
	}
}

// rest sets on what the verdict rests, and what is missing for one.
func (c *Check) rest(m *model.Model) {
	touched := slices.Clone(c.Where)
	for i := range c.Chains {
		touched = append(touched, c.Chains[i].Resources()...)
		if c.Verdict == Undecided {
			c.Missing = append(c.Missing, c.Chains[i].Missing()...)
		}
	}
	if c.Access.From != nil {
		touched = append(touched, c.Access.From.Resource)
	}
	for _, name := range append(c.Access.Assumes.Roles(), c.Access.Caller) {
		if p := m.Principal(name); p != nil {
			touched = append(touched, p.Resource)
		}
	}
	for _, r := range m.WithKey(c.Access.Resource) {
		touched = append(touched, r.Resource)
	}
	c.RestsOn = m.RestOn(touched)
	for i := range c.Chains {
		c.RestsOn = append(c.RestsOn, c.Chains[i].RestsOn()...)
	}
	slices.Sort(c.RestsOn)
	c.RestsOn = slices.Compact(c.RestsOn)
	if c.Verdict == Undecided && len(c.Chains) == 0 {
		c.Missing = append(c.Missing, m.OpenOf(touched, strings.Join(append(c.Details, c.Says...), "\n"))...)
		for _, w := range facts.Sorted(c.Missing) {
			c.Remedy = append(c.Remedy, policy.Readable(w.String()))
		}
	}
	c.Missing = facts.Sorted(c.Missing)
}

// Lacks is what was found where a fact is missing. None for a check that was decided by reading.
func (c *Check) Lacks(w facts.Want) []string {
	for i := range c.Chains {
		for _, h := range c.Chains[i].Hops {
			if slices.Contains(h.Missing(), w) {
				return h.Says
			}
		}
	}
	return nil
}

// Settle decides a check by its chains, which are all ways in which the access may be made, and sets what to change.
func (c *Check) Settle(m *model.Model) {
	v, chain := Judge(c.Expects, c.Chains)
	if c.Verdict = v; v != Proved {
		c.Says = decisive(chain)
		c.remedy(m, []*simulate.Chain{chain})
	}
}

// Judge decides by all ways in which an access may be made. One that has to work has to do so in one of the ways, from each subnet; one that has to fail
// must not work in any. The chain is the one that decides; nil if it is proved.
func Judge(e Expectation, chains []simulate.Chain) (v Verdict, decides *simulate.Chain) {
	if e == MustFail {
		v = Proved
		for i := range chains {
			switch one := e.judge(chains[i].Passes); {
			case one == Broken:
				return Broken, &chains[i]
			case one == Undecided && v == Proved:
				v, decides = Undecided, &chains[i]
			}
		}
		return v, decides
	}
	v, decides = Broken, &chains[0]
	for i := range chains {
		switch fromEverySubnet(chains, &chains[i]) {
		case policy.Yes:
			return Proved, nil
		case policy.Indeterminate:
			if v == Broken {
				v, decides = Undecided, &chains[i]
			}
		}
	}
	return v, decides
}

// fromEverySubnet says whether a way works from each subnet: chains of one way differ in the subnet only.
func fromEverySubnet(chains []simulate.Chain, one *simulate.Chain) policy.Answer {
	passes := policy.Yes
	for i := range chains {
		other := &chains[i]
		if other.Caller != one.Caller || other.From != one.From || other.Assumes != one.Assumes {
			continue
		}
		if other.Passes == policy.No {
			return policy.No
		}
		if other.Passes == policy.Indeterminate {
			passes = policy.Indeterminate
		}
	}
	return passes
}

// settle removes what a proved check does not need, and repetitions.
func (c *Check) settle() {
	if c.Verdict == Proved {
		c.Says, c.Remedy, c.Statements, c.Missing, c.Where = nil, nil, nil, nil, nil
		c.Changes, c.Manual, c.Narrow = nil, nil, nil
		return
	}
	if len(c.Details) > 0 {
		c.Says = c.Details
	}
	c.Remedy, c.Missing = unique(c.Remedy), unique(c.Missing)
	c.Statements = uniqueBy(c.Statements, func(a simulate.Addition) string { return fmt.Sprintf("%p %s %s", a.Of, a.Kind, a.Statement.Indented()) })
	for i := range c.Statements {
		if !inTemplate(c.Statements[i].Of) {
			c.Statements[i].Of = nil
		}
	}
	c.Where = unique(slices.DeleteFunc(c.Where, func(r *assembly.Resource) bool { return !inTemplate(r) }))
}

// inTemplate says that a template has a resource: that of a contract has no stack.
func inTemplate(r *assembly.Resource) bool { return r != nil && r.Stack != nil }

// judge says what an outcome means.
func (e Expectation) judge(passes policy.Answer) Verdict {
	switch {
	case passes == policy.Indeterminate:
		return Undecided
	case (passes == policy.Yes) == (e == MustWork):
		return Proved
	}
	return Broken
}

// decisive is what the hop says that stops an access, or else the last one.
func decisive(c *simulate.Chain) []string {
	if h, ok := c.Stops(); ok {
		return h.Says
	}
	return c.Hops[len(c.Hops)-1].Says
}

func unique[T comparable](list []T) []T { return uniqueBy(list, func(one T) T { return one }) }

func uniqueBy[T any, K comparable](list []T, key func(T) K) []T {
	seen := map[K]bool{}
	var all []T
	for _, one := range list {
		if k := key(one); !seen[k] {
			seen[k] = true
			all = append(all, one)
		}
	}
	return all
}
