// Command mutants breaks assemblies, one statement, rule or property at a time, and reports which breaks the proof does not notice. It tests the
// proof, not the grants.
//
//	go run ./tools/mutants .build/templates/*/ .build/examples/*/
//
// Rules, each with its reason, exclude mutants that are equivalent: they change nothing that a grant declares or forbids. The flag -verify tries
// these, too, and prints those that the proof notices: then either the rule is wrong, or the proof is too strict.
//
// The remedies that the proof has for what it noticed are made, one by one, as edits of the templates: the checks that one is for have to be proved then,
// and no other check may be less so. At least 95 of 100 have to heal, none may open anything, and each of the others says why it is no edit.
//
// With -harmless it applies edits instead that change nothing that a grant is about; the proof must not report any. With -every it tries a
// sample, which -seed starts, so that each run with the same seed is the same.
//
// Exit code: 0 if every mutant was noticed or is equivalent, enough remedies heal, and no harmless edit was reported, 1 otherwise, 2 on an error, such as
// an assembly that is not proved unchanged.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Exit codes.
const (
	allNoticed   = 0
	someSurvived = 1
	failed       = 2
)

func main() {
	debug.SetGCPercent(-1) // each proof is small and short-lived
	debug.SetMemoryLimit(512 << 20)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(problems)
	verify := flags.Bool("verify", false, "also try the mutants that the rules call equivalent")
	harmless := flags.Bool("harmless", false, "apply harmless edits instead, each of which has to stay proved")
	only := flags.String("only", "", "try only the kinds of which the name contains this text")
	every := flags.Int("every", 1, "try only each so many of an assembly, as a sample")
	seed := flags.Int("seed", 0, "where each sample starts")
	if err := flags.Parse(arguments); err != nil {
		return failed
	}
	dirs := flags.Args()
	if len(dirs) == 0 {
		fmt.Fprintln(problems, "mutants: found no arguments, expected directories of cloud assemblies, such as cdk.out")
		return failed
	}
	kinds, print := operators(), report
	if *harmless {
		kinds, print = harmlessEdits(), reportAlarms
	}
	if *every > 1 {
		fmt.Fprintf(out, "each %d of an assembly's, from -seed %d\n", *every, *seed)
	}
	var all []*mutant
	for _, dir := range dirs {
		start := time.Now()
		s, err := read(dir)
		if err != nil {
			fmt.Fprintln(problems, "mutants:", err)
			return failed
		}
		mutants := slices.DeleteFunc(s.all(kinds), func(m *mutant) bool { return !strings.Contains(m.operator.name, *only) })
		mutants = sampled(mutants, func(m *mutant) string { return m.operator.name }, *every, *seed)
		rest := mutants
		if !*harmless && !*verify {
			rest = classify(mutants)
		} else if *verify {
			classify(mutants)
		}
		if err := s.try(rest); err != nil {
			fmt.Fprintln(problems, "mutants:", err)
			return failed
		}
		fmt.Fprintf(out, "%s: %d tried, %d proved, %.1f s\n", s.name, len(mutants), countSurvived(mutants), time.Since(start).Seconds())
		all = append(all, mutants...)
	}
	fmt.Fprintln(out)
	if !print(out, all) {
		return someSurvived
	}
	return allNoticed
}

func countSurvived(all []*mutant) (n int) {
	for _, m := range all {
		if m.outcome == survived {
			n++
		}
	}
	return n
}

// count is one row of the table.
type count struct{ tried, noticed, undecided, refused, equivalent, survived int }

func (c *count) add(m *mutant) {
	c.tried++
	switch {
	case m.outcome.noticed():
		c.noticed++
		switch m.outcome {
		case undecided:
			c.undecided++
		case refused:
			c.refused++
		}
	case m.outcome == equivalent:
		c.equivalent++
	default:
		c.survived++
	}
}

// report prints the table, the equivalents, the score and the survivors. It says whether none survived.
func report(w io.Writer, all []*mutant) bool {
	counts, total := map[string]*count{}, &count{}
	for _, m := range all {
		if counts[m.operator.name] == nil {
			counts[m.operator.name] = &count{}
		}
		counts[m.operator.name].add(m)
		total.add(m)
	}
	const row = "%-34s %7v %8v %11v %11v %9v\n"
	fmt.Fprintf(w, row, "operator", "tried", "noticed", "(undecided)", "equivalent", "survived")
	for _, o := range operators() {
		if c := counts[o.name]; c != nil {
			fmt.Fprintf(w, row, o.name, c.tried, c.noticed, c.undecided, c.equivalent, c.survived)
		}
	}
	fmt.Fprintf(w, row, "all", total.tried, total.noticed, total.undecided, total.equivalent, total.survived)
	equivalents(w, all)
	counted := total.tried - total.equivalent
	rate := 100 * float64(total.noticed) / float64(max(1, counted))
	fmt.Fprintf(w, "\nscore: %d of %d that are not equivalent were noticed, %.1f %%\n", total.noticed, counted, rate)
	fmt.Fprintf(w, "%d of %d kinds of breaks applied\n", len(counts), len(operators()))
	fmt.Fprintf(w, "of those noticed, %d are only undecided, and %d are of assemblies that cannot be read any more\n", total.undecided, total.refused)
	for _, m := range all {
		if m.outcome == survived {
			fmt.Fprintln(w, "survived:", m)
		}
		if m.contradicted {
			fmt.Fprintf(w, "noticed, though equivalent by %q: %s\n", m.reason, m)
		}
	}
	return reportRemedies(w, all) && total.survived == 0
}

// String is one line: where, and what was done.
func (m *mutant) String() string {
	r := m.resource
	return fmt.Sprintf("%s %s %s %s: %s (%s)", r.subject.name, r.template, r.LogicalID, m.change.shown, m.operator.name, m.change.what)
}

// equivalents prints how many mutants each rule excludes, and why.
func equivalents(w io.Writer, all []*mutant) {
	taken := map[string]int{}
	for _, m := range all {
		if m.outcome == equivalent {
			taken[m.reason]++
		}
	}
	var lines []string
	for _, r := range rules {
		if n := taken[r.name]; n > 0 {
			lines = append(lines, fmt.Sprintf("%6d  %s: %s", n, r.name, r.because))
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(w, "\nequivalent, since\n%s\n", strings.Join(lines, "\n"))
	}
}
