package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestErrorsEndWith2(t *testing.T) {
	for name, c := range map[string]struct {
		arguments []string
		says      string
	}{
		"nothing to break":   {nil, "found no arguments"},
		"no directory":       {[]string{"testdata/none"}, "found no directory"},
		"no grants":          {[]string{"testdata"}, "found verdict nothing declared"},
		"no such flag":       {[]string{"-fast", "testdata"}, "not defined: -fast"},
		"one of two is none": {[]string{"testdata", "testdata/none"}, "found verdict nothing declared"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, problems bytes.Buffer
			if code := run(c.arguments, &out, &problems); code != 2 {
				t.Errorf("found exit code %d, expected 2", code)
			}
			if !strings.Contains(problems.String(), c.says) {
				t.Errorf("found message %q, expected %q in it", problems.String(), c.says)
			}
		})
	}
}

func TestReport(t *testing.T) {
	s := small(t)
	one := func(line string, o outcome, reason string) *mutant {
		m := find(t, s, line)
		m.outcome, m.reason = o, reason
		return m
	}
	noticed := one("Access AssumeRolePolicyDocument.Statement.0.Condition: drop the condition", broken, "OtherRole")
	open := one("Access RoleName: rename the role (another name)", undecided, "Intent")
	same := one("ReaderPolicy PolicyDocument.Statement.0: drop the statement", equivalent, "logs")
	missed := one("Access MaxSessionDuration: longer sessions", survived, "")
	for name, c := range map[string]struct {
		all  []*mutant
		good bool
		says []string
	}{
		"all noticed": {[]*mutant{noticed, open, same}, true, []string{"score: 2 of 2", "1 are only undecided", "     1  logs: the statement is about CloudWatch Logs"}},
		"one missed": {[]*mutant{noticed, missed}, false,
			[]string{"score: 1 of 2 that are not equivalent were noticed, 50.0 %", "survived: testdata Target.template.json Access MaxSessionDuration: longer sessions (43200)"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if good := report(&out, c.all); good != c.good {
				t.Errorf("found %v, expected %v", good, c.good)
			}
			for _, text := range c.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("found report:\n%s\nexpected %q in it", out.String(), text)
				}
			}
		})
	}
}

// What an assembly without a grant's role says is not the question here, but that each mutant is tried and gets an outcome.
func TestEachMutantIsTried(t *testing.T) {
	s := small(t)
	rest := classify(s.mutants())
	if err := s.try(rest); err != nil {
		t.Fatal(err)
	}
	for _, m := range rest {
		if m.outcome == "" {
			t.Fatalf("found no outcome of %s", m)
		}
	}
}

// The example is half a grant, which proves by itself.
func TestExitCodeTellsOfSurvivors(t *testing.T) {
	var out, problems bytes.Buffer
	code := run([]string{"testdata/half"}, &out, &problems)
	expected := 0
	if strings.Contains(out.String(), "\nsurvived: ") {
		expected = 1
	}
	if code != expected {
		t.Errorf("found exit code %d, expected %d\n%s%s", code, expected, out.String(), problems.String())
	}
	for _, text := range []string{"half: ", "operator ", "drop the statement ", "\nall ", "\nscore: "} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("found output:\n%s\nexpected %q in it", out.String(), text)
		}
	}
}
