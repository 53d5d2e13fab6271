package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

func checkOf(name string, e proof.Expectation, v proof.Verdict, changes ...assembly.Change) proof.Check {
	return proof.Check{Rule: "R", Name: name, Expects: e, Verdict: v, Changes: changes}
}

// Checks with the same edits have one remedy, and so have those of a rule with the same reason why there are none.
func TestRemediesAreGrouped(t *testing.T) {
	stack := &assembly.Stack{Template: "t.json"}
	set := func(value any) assembly.Change {
		return assembly.Change{Edit: assembly.SetValue, Stack: stack, LogicalID: "A", Path: []any{"Properties", "B"}, Value: value}
	}
	why := checkOf("e", proof.MustWork, proof.Broken)
	why.Manual = []string{"nobody knows"}
	all := remedies(&proof.Report{Checks: []proof.Check{checkOf("a", proof.MustWork, proof.Broken, set("x")), checkOf("b", proof.MustWork, proof.Broken, set("x")),
		checkOf("c", proof.MustWork, proof.Broken, set("y")), checkOf("d", proof.MustWork, proof.Proved, set("z")), why, why}})
	if len(all) != 3 || len(all[0].checks) != 2 || len(all[1].checks) != 1 || len(all[2].checks) != 2 || all[2].manual == nil {
		t.Errorf("found %+v", all)
	}
}

func TestWhatRemediesMake(t *testing.T) {
	const works, fails = proof.MustWork, proof.MustFail
	for name, c := range map[string]struct {
		after        []proof.Check
		heals, opens bool
		good         bool
		says         string
	}{
		"healed":              {[]proof.Check{checkOf("a", works, proof.Proved), checkOf("b", works, proof.Proved), checkOf("c", fails, proof.Undecided)}, true, false, true, "1 edits, of which 1 heal (100.0 %"},
		"nothing to be about": {[]proof.Check{checkOf("b", works, proof.Proved)}, true, false, true, "1 edits, of which 1 heal"},
		"not healed":          {[]proof.Check{checkOf("a", works, proof.Undecided)}, false, false, false, "does not heal: "},
		"broke another":       {[]proof.Check{checkOf("a", works, proof.Proved), checkOf("b", works, proof.Broken)}, false, false, false, "heals and breaks: "},
		"opened something":    {[]proof.Check{checkOf("a", works, proof.Proved), checkOf("d", fails, proof.Undecided)}, false, true, false, "opens more: "},
		"surely opened":       {[]proof.Check{checkOf("a", works, proof.Proved), checkOf("c", fails, proof.Broken)}, false, true, false, "1 open more"},
	} {
		t.Run(name, func(t *testing.T) {
			before := &proof.Report{Checks: []proof.Check{checkOf("a", works, proof.Broken), checkOf("b", works, proof.Proved), checkOf("c", fails, proof.Undecided)}}
			r := &remedy{rule: "R", checks: []*proof.Check{&before.Checks[0]}, changes: []assembly.Change{{Stack: &assembly.Stack{}}}}
			r.compare(before, &proof.Report{Checks: c.after})
			if r.heals() != c.heals || r.opens() != c.opens {
				t.Errorf("found %+v", r)
			}
			m := find(t, small(t), "Access RoleName: rename the role (another name)")
			m.outcome, m.remedies = broken, []*remedy{r}
			r.settle(m)
			var out bytes.Buffer
			if good := reportRemedies(&out, []*mutant{m}); good != c.good || !strings.Contains(out.String(), c.says) {
				t.Errorf("found %v %s", good, out.String())
			}
		})
	}
}

// A check that is not proved has edits, or says why it has none.
func TestSilenceIsAProblem(t *testing.T) {
	m := find(t, small(t), "Access RoleName: rename the role (another name)")
	one := checkOf("a", proof.MustWork, proof.Broken)
	for _, why := range [][]string{nil, {"nobody knows"}} {
		r := &remedy{rule: "R", checks: []*proof.Check{&one}, manual: why}
		m.outcome, m.remedies = broken, []*remedy{r}
		r.settle(m)
		var out bytes.Buffer
		if good := reportRemedies(&out, []*mutant{m}); good != (why != nil) || strings.Contains(out.String(), "no edit, and no reason why: ") == good {
			t.Errorf("%q: found %v %s", why, good, out.String())
		}
	}
}
