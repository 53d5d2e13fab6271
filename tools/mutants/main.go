// Command mutants breaks assemblies, one statement, rule or property at a time, and says which breaks the proof does not notice. It judges
// the proof, and no grant.
//
//	go run ./tools/mutants .build/templates/*/ .build/examples/*/
//
// What changes nothing that a grant declares or forbids is told apart by rules, each with its reason, and not tried. With -doubt it is, and
// what the proof notices of it is printed: then either the rule is wrong, or the proof is too strict.
//
// Ends with 0 if every break was noticed or changes nothing, with 1 if one was not, with 2 on an error, such as an assembly that does not
// prove as it is.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"
)

// Exit codes.
const (
	allNoticed = 0
	someMissed = 1
	inTrouble  = 2
)

func main() {
	debug.SetGCPercent(-1) // each proof is small and soon forgotten
	debug.SetMemoryLimit(512 << 20)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(problems)
	doubt := flags.Bool("doubt", false, "try what the rules call equivalent, too")
	if err := flags.Parse(arguments); err != nil {
		return inTrouble
	}
	dirs := flags.Args()
	if len(dirs) == 0 {
		fmt.Fprintln(problems, "mutants: found no arguments, expected directories of cloud assemblies, such as cdk.out")
		return inTrouble
	}
	var all []*mutant
	for _, dir := range dirs {
		start := time.Now()
		s, err := read(dir)
		if err != nil {
			fmt.Fprintln(problems, "mutants:", err)
			return inTrouble
		}
		mutants := s.mutants()
		rest := classify(mutants)
		if *doubt {
			rest = mutants
		}
		if err := s.try(rest); err != nil {
			fmt.Fprintln(problems, "mutants:", err)
			return inTrouble
		}
		fmt.Fprintf(out, "%s: %d mutants, %d survived, %.1f s\n", s.name, len(mutants), survivors(mutants), time.Since(start).Seconds())
		all = append(all, mutants...)
	}
	fmt.Fprintln(out)
	if !report(out, all) {
		return someMissed
	}
	return allNoticed
}

func survivors(all []*mutant) (n int) {
	for _, m := range all {
		if m.outcome == survived {
			n++
		}
	}
	return n
}
