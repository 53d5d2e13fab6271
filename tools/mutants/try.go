package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

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
		file := m.resource.template
		if err := write(filepath.Join(dir, file), with(s.templates[file], m.change.at, m.change.value)); err != nil {
			return err
		}
		found, why := verdict(dir)
		if m.outcome == equivalent {
			m.doubted = found.noticed()
		} else {
			m.outcome, m.reason = found, why
		}
		if err := write(filepath.Join(dir, file), s.templates[file]); err != nil {
			return err
		}
	}
}

func write(file string, template any) error {
	document, err := json.Marshal(template)
	if err != nil {
		return fmt.Errorf("write a mutant: %w", err)
	}
	if bytes.Contains(document, []byte(`\u0000`)) {
		return fmt.Errorf("write a mutant of %s: found text that nobody knows before deployment, expected an operator to leave that alone", filepath.Base(file))
	}
	return os.WriteFile(file, document, 0o600)
}

// verdict is what the proof says of an assembly, and the rule that noticed first.
func verdict(dir string) (outcome, string) {
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		return refused, err.Error()
	}
	report, err := proof.Prove(a, proof.Options{})
	if err != nil {
		return refused, err.Error()
	}
	v := report.Verdict()
	for i := range report.Checks {
		if c := &report.Checks[i]; c.Verdict == v && v != proof.Proved {
			return outcome(v), string(c.Rule)
		}
	}
	return survived, ""
}
