package proof

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

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
	w, declared, err := promised(a, o)
	if err != nil {
		return nil, err
	}
	r := &Report{Grants: declared}
	for _, g := range declared {
		intents, err := w.intents(g)
		if err != nil {
			return nil, err
		}
		r.Checks = slices.Concat(r.Checks, intents, w.becoming(g), w.probes(g, intents), w.keepAlive(g), w.letIn(g, declared), w.sideDoors(g, declared), w.open(g))
	}
	r.Checks = slices.Concat(r.Checks, w.wiring(declared), w.overGrants(declared), w.passing(declared), w.macros(declared))
	w.run(r.Checks)
	r.Notes = slices.Concat(a.Notes, w.accounts.Notes, w.notes)
	return r, nil
}

// promised is the world of an assembly, with what the halves that are elsewhere have to do, and its grants.
func promised(a *assembly.Assembly, o Options) (*world, []*Grant, error) {
	declared, err := grants(a)
	if err != nil {
		return nil, nil, err
	}
	w := newWorld(a, o)
	for _, g := range declared {
		w.promise(g)
	}
	return w, declared, nil
}

// run walks all accesses, on each processor. The world is only read meanwhile.
func (w *world) run(checks []Check) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(checks); i = next.Add(1) - 1 {
				checks[i].run(w)
			}
		})
	}
	all.Wait()
}
