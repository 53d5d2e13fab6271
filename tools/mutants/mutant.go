package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

// change is one thing that an operator does to an assembly.
type change struct {
	at    place
	value any
	// shown is the place within the resource that reports name; what is the new value.
	shown place
	what  string
	// more belongs to it, and is made after it.
	more []edit
	// options are what the proof is told beside the assembly.
	options proof.Options
}

// newChange is a change of one place.
func newChange(at place, value any, shown place, what string) change {
	return change{at: at, value: value, shown: shown, what: what}
}

// edit is another value at a place of a file.
type edit struct {
	file  string // "" for the template of the change's resource
	at    place
	value any
}

// mutant is an assembly with one change.
type mutant struct {
	operator     *operator
	resource     *resource
	statement    *statement // nil if no statement is changed
	change       change
	outcome      outcome
	reason       string    // of an equivalent, the rule; of one noticed, the first check that did
	contradicted bool      // an equivalent that the proof noticed
	remedies     []*remedy // what the proof says to change
}

// outcome is the result of trying a mutant.
type outcome string

const (
	broken     outcome = "broken"
	undecided  outcome = "undecided"
	refused    outcome = "refused" // the assembly or the declaration cannot be read any more
	equivalent outcome = "equivalent"
	survived   outcome = "survived"
)

// noticed says that the proof did not prove it.
func (o outcome) noticed() bool { return o == broken || o == undecided || o == refused }

// operator is one way to break an assembly. One of the two functions is set.
type operator struct {
	name      string
	statement func(*statement) []change
	resource  func(*resource) []change
}

// operators are all, in the order of the table.
func operators() []*operator {
	return slices.Concat(statementOperators(), actionOperators(), resourceOperators(), principalOperators(), conditionOperators(), roleOperators(),
		endpointOperators(), groupOperators(), routeOperators(), functionOperators(), dataOperators(), outsiderOperators(), invokeOperators(), apiOperators(),
		publicOperators(), leavingOperators(), keyOperators(), deputyOperators(), wayOperators(), trustOperators(), formOperators(), limitOperators(),
		environmentOperators(), instanceOperators(), eventOperators(), trailOperators(), nameOperators(), unreadOperators(), regionOperators(), quotaOperators(), runtimeOperators(),
		takeoverOperators())
}

// mutants are all of an assembly, by resource, then by operator.
func (s *subject) mutants() []*mutant { return s.all(operators()) }

// all are what some operators make of an assembly.
func (s *subject) all(operators []*operator) []*mutant {
	var all []*mutant
	for _, r := range s.resources {
		statements := r.statements()
		for _, o := range operators {
			if o.resource != nil {
				for _, c := range o.resource(r) {
					all = append(all, &mutant{operator: o, resource: r, change: c})
				}
				continue
			}
			for _, one := range statements {
				for _, c := range o.statement(one) {
					all = append(all, &mutant{operator: o, resource: r, statement: one, change: c})
				}
			}
		}
	}
	return all
}

// try proves each mutant on all cores. Each core has a copy of the assembly.
func (s *subject) try(all []*mutant) error {
	cores := runtime.GOMAXPROCS(0)
	problems := make([]error, cores)
	var next atomic.Int64
	var workers sync.WaitGroup
	for i := range cores {
		workers.Go(func() { problems[i] = s.work(all, &next) })
	}
	workers.Wait()
	for _, err := range problems {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *subject) work(all []*mutant, next *atomic.Int64) error {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return fmt.Errorf("make a directory for mutants: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := s.copyTo(dir); err != nil {
		return fmt.Errorf("copy %s: %w", s.dir, err)
	}
	for {
		i := int(next.Add(1)) - 1
		if i >= len(all) {
			return nil
		}
		m := all[i]
		changed := s.changed(m.resource.template, m.change)
		if err := writeAll(dir, changed); err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
		report, found, why := prove(dir, s.with(m.change.options))
		if m.outcome == equivalent {
			m.contradicted = found.noticed()
		} else {
			m.outcome, m.reason = found, why
		}
		if report != nil && found.noticed() {
			if m.remedies, err = s.heal(dir, report, changed, s.with(m.change.options)); err != nil {
				return fmt.Errorf("%s: %w", m, err)
			}
			for _, r := range m.remedies {
				r.settle(m)
			}
		}
		if err := s.restore(dir, changed); err != nil {
			return err
		}
	}
}

// restore writes the files as they were before a change, and removes those that it added.
func (s *subject) restore(dir string, changed map[string]any) error {
	for file := range changed {
		if s.templates[file] == nil {
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				return fmt.Errorf("remove what a mutant added: %w", err)
			}
		} else if err := write(filepath.Join(dir, file), s.templates[file]); err != nil {
			return err
		}
	}
	return nil
}

// changed are the files that a change changes, with it. File is the template that it is in.
func (s *subject) changed(file string, c change) map[string]any {
	files := map[string]any{}
	for _, e := range append([]edit{{file, c.at, c.value}}, c.more...) {
		if e.file == "" {
			e.file = file
		}
		if files[e.file] == nil {
			files[e.file] = s.templates[e.file]
		}
		files[e.file] = with(files[e.file], e.at, e.value)
	}
	return files
}

func writeAll(dir string, files map[string]any) error {
	for file, content := range files {
		if err := write(filepath.Join(dir, file), content); err != nil {
			return err
		}
	}
	return nil
}

func write(file string, template any) error {
	document, err := json.Marshal(template)
	if err != nil {
		return fmt.Errorf("write a mutant: %w", err)
	}
	if bytes.Contains(document, []byte(`\u0000`)) {
		return fmt.Errorf("write a mutant of %s: found text that is unknown before deployment, expected an operator not to change it", filepath.Base(file))
	}
	return os.WriteFile(file, inPartition(document), 0o600)
}

// inPartition writes the ARNs of operators, which are those of partition aws, as ARNs of the template's partition.
func inPartition(template []byte) []byte {
	for _, partition := range []string{"arn:aws-cn:", "arn:aws-us-gov:"} {
		if bytes.Contains(template, []byte(partition)) {
			return bytes.ReplaceAll(template, []byte("arn:aws:"), []byte(partition))
		}
	}
	return template
}

// with are options of a change, with the facts of the assembly.
func (s *subject) with(o proof.Options) proof.Options {
	o.Facts = s.facts
	return o
}

// prove is what the proof says of an assembly, and what noticed first. There is no report of an assembly that cannot be read.
func prove(dir string, options proof.Options) (report *proof.Report, found outcome, why string) {
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		return nil, refused, err.Error()
	}
	if report, err = proof.Prove(a, options); err != nil {
		return nil, refused, err.Error()
	}
	v := report.Verdict()
	for i := range report.Checks {
		if c := &report.Checks[i]; c.Verdict == v && v != proof.Proved {
			return report, outcome(v), string(c.Rule) + ": " + c.Name + ": " + strings.Join(c.Says, "; ")
		}
	}
	return report, survived, ""
}
