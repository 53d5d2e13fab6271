package proof

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
)

// Report is all that was tried.
type Report struct {
	// Grants are what the assembly declares, sorted by account and key.
	Grants []*Grant
	// Checks are in the order of the grants.
	Checks []Check
	// Notes are what could not be understood in the templates.
	Notes []assembly.Note
}

// Prove tries everything that the grants of an assembly declare, and what must not be possible besides. It errs if a declaration cannot
// be read.
func Prove(a *assembly.Assembly, o Options) (*Report, error) {
	declared, err := grants(a)
	if err != nil {
		return nil, err
	}
	w := newWorld(a, o)
	r := &Report{Grants: declared}
	for _, g := range declared {
		w.promise(g)
	}
	for _, g := range declared {
		checks, err := w.intents(g)
		if err != nil {
			return nil, err
		}
		probes, err := w.probes(g)
		if err != nil {
			return nil, err
		}
		r.Checks = slices.Concat(r.Checks, checks, w.becoming(g), probes, w.keepAlive(g))
	}
	r.Checks = slices.Concat(r.Checks, w.overGrants(declared), w.macros(declared))
	for i := range r.Checks {
		r.Checks[i].run(w)
	}
	r.Notes = append(append(r.Notes, a.Notes...), w.accounts.Notes...)
	return r, nil
}
