package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// remedy is what the proof says to change in a mutant, for one check or for several: as edits of templates, or why it is none.
type remedy struct {
	rule    proof.Rule
	checks  []*proof.Check    // none once it is tried, since each has the whole assembly
	changes []assembly.Change // none if manual says why, and once it is tried
	isEdit  bool              // there were changes
	manual  []string
	verdict proof.Verdict // of the checks with the changes: the worst
	// problem says why the changes cannot be made. "" if they can.
	problem string
	// worse are checks that are further from proved with the changes.
	worse []string
	// line is printed of one that does not do what it has to. "" for all others.
	line string
}

// heals says that the checks are proved with the changes, and no other one is less so.
func (r *remedy) heals() bool {
	return r.problem == "" && r.verdict == proof.Proved && len(r.worse) == 0
}

// opens says that with the changes something works that must not, and did not.
func (r *remedy) opens() bool {
	return slices.ContainsFunc(r.worse, func(one string) bool { return strings.HasPrefix(one, string(proof.MustFail)) })
}

// remedies are those of a report: checks with the same edits have one, and so have checks of a rule with the same reason why there are none.
func remedies(report *proof.Report) []*remedy {
	var all []*remedy
	by := map[string]*remedy{}
	for i := range report.Checks {
		c := &report.Checks[i]
		if c.Verdict == proof.Proved {
			continue
		}
		key := fmt.Sprint(c.Rule, c.Manual)
		if len(c.Changes) > 0 {
			text, err := json.Marshal(editsOf(c.Changes))
			if err != nil {
				panic(err) // plain data
			}
			key = string(text)
		}
		if by[key] == nil {
			by[key] = &remedy{rule: c.Rule, changes: c.Changes, manual: c.Manual}
			all = append(all, by[key])
		}
		by[key].checks = append(by[key].checks, c)
	}
	return all
}

func editsOf(all []assembly.Change) (edits []any) {
	for _, c := range all {
		edits = append(edits, []any{c.Edit, c.Stack.Template, c.LogicalID, c.Path, c.Value})
	}
	return edits
}

// applied are the changed files of a mutant with the edits of a remedy.
func (s *subject) applied(changes []assembly.Change, changed map[string]any) (map[string]any, error) {
	files := maps.Clone(changed)
	by := map[string][]assembly.Change{}
	for _, c := range changes {
		by[c.Stack.Template] = append(by[c.Stack.Template], c)
	}
	for _, file := range sorted(by) {
		if files[file] == nil {
			files[file] = s.templates[file]
		}
		template, err := assembly.Apply(files[file], by[file])
		if err != nil {
			return nil, err
		}
		files[file] = template
	}
	return files, nil
}

// heal tries the remedies of a report on a mutant, one by one.
func (s *subject) heal(dir string, report *proof.Report, changed map[string]any, options proof.Options) ([]*remedy, error) {
	all := remedies(report)
	for _, r := range all {
		if len(r.changes) == 0 {
			continue
		}
		files, err := s.applied(r.changes, changed)
		if err != nil {
			r.problem = err.Error()
			continue
		}
		if err := writeAll(dir, files); err != nil {
			return nil, err
		}
		after, _, why := prove(dir, options)
		if after == nil {
			r.problem = why
		} else {
			r.compare(report, after)
		}
		if err := s.restore(dir, files); err != nil {
			return nil, err
		}
		if err := writeAll(dir, changed); err != nil {
			return nil, err
		}
	}
	return all, nil
}

var rank = map[proof.Verdict]int{proof.Proved: 0, proof.Undecided: 1, proof.Broken: 2}

// keyOf is what a check is called before and after a change.
func keyOf(c *proof.Check) string {
	return fmt.Sprint(c.Rule, c.Grant, c.Name, c.Expects, c.Access.Caller, c.Access.Action, c.Access.Resource)
}

// compare says what came of a remedy, from what the proof says before and after it. A check that there is no more has nothing to be about.
func (r *remedy) compare(before, after *proof.Report) {
	was, is := map[string]int{}, map[string]int{}
	for i := range before.Checks {
		c := &before.Checks[i]
		was[keyOf(c)] = max(was[keyOf(c)], rank[c.Verdict])
	}
	for i := range after.Checks {
		c := &after.Checks[i]
		is[keyOf(c)] = max(is[keyOf(c)], rank[c.Verdict])
		if rank[c.Verdict] > was[keyOf(c)] {
			r.worse = append(r.worse, fmt.Sprintf("%s: %s: %s: %s", c.Expects, c.Rule, c.Name, strings.Join(c.Says, "; ")))
		}
	}
	r.verdict = proof.Proved
	for _, c := range r.checks {
		for verdict, n := range rank {
			if n == is[keyOf(c)] && n > rank[r.verdict] {
				r.verdict = verdict
			}
		}
	}
}

// leastHealed is the share of the remedies with edits that have to heal.
const leastHealed = 0.95

// reportRemedies prints what came of the remedies, by rule and in all. It says whether enough of them heal, none opens anything, and each of the others
// says why it is no edit.
func reportRemedies(w io.Writer, all []*mutant) bool {
	type count struct{ edits, healed, opens, manual, silent int }
	counts, total := map[proof.Rule]*count{}, &count{}
	noticed, withEdits, whole, wholeHealed := 0, 0, 0, 0
	for _, m := range all {
		if m.outcome != broken && m.outcome != undecided {
			continue
		}
		noticed++
		edits, heals := 0, true
		for _, r := range m.remedies {
			if counts[r.rule] == nil {
				counts[r.rule] = &count{}
			}
			for _, c := range []*count{counts[r.rule], total} {
				switch {
				case r.isEdit:
					c.edits++
					if r.heals() {
						c.healed++
					}
					if r.opens() {
						c.opens++
					}
				case len(r.manual) > 0:
					c.manual++
				default:
					c.silent++
				}
			}
			if r.isEdit {
				edits++
			}
			heals = heals && r.heals()
			fmt.Fprint(w, r.line)
		}
		if edits > 0 {
			withEdits++
		}
		if edits == len(m.remedies) && edits > 0 {
			whole++
			if heals {
				wholeHealed++
			}
		}
	}
	const row = "%-22s %8v %8v %8v %8v %10v\n"
	fmt.Fprintf(w, "\n"+row, "remedies by rule", "edits", "heal", "open", "say why", "say nothing")
	for _, rule := range slices.SortedFunc(maps.Keys(counts), func(a, b proof.Rule) int { return cmp.Compare(counts[b].edits, counts[a].edits) }) {
		c := counts[rule]
		fmt.Fprintf(w, row, rule, c.edits, c.healed, c.opens, c.manual, c.silent)
	}
	fmt.Fprintf(w, row, "all", total.edits, total.healed, total.opens, total.manual, total.silent)
	share := float64(total.healed) / float64(max(1, total.edits))
	fmt.Fprintf(w, "%d were noticed, %d of them with remedies that are edits of templates: %d edits, of which %d heal (%.1f %%, expected %.0f %%) and %d open more; "+
		"of %d of which each remedy is an edit, %d are healed by each\n", noticed, withEdits, total.edits, total.healed, 100*share, 100*leastHealed, total.opens, whole, wholeHealed)
	return (total.edits == 0 || share >= leastHealed) && total.opens == 0 && total.silent == 0
}

// settle keeps what there is to print of a remedy that was tried, and lets go of the rest, which is the mutant's whole assembly.
func (r *remedy) settle(m *mutant) {
	r.line, r.isEdit = r.problems(m), len(r.changes) > 0
	r.checks, r.changes = nil, nil
}

// problems is the line of a remedy that does not do what it has to, or "".
func (r *remedy) problems(m *mutant) string {
	says := policy.Readable(fmt.Sprintf("%s: %s: %s", m, r.rule, r.checks[0].Name))
	var edits []string
	for _, c := range r.changes {
		value, err := json.Marshal(c.Value)
		if err != nil {
			panic(err) // plain data
		}
		edits = append(edits, c.String()+" "+strings.ReplaceAll(string(value), `\u0000`, ""))
	}
	switch {
	case len(r.changes) == 0 && len(r.manual) > 0, r.heals():
		return ""
	case len(r.changes) == 0:
		return fmt.Sprintf("no edit, and no reason why: %s: %s\n", says, strings.Join(r.checks[0].Remedy, "; "))
	case r.problem != "":
		return fmt.Sprintf("cannot be edited: %s: %s\n", says, r.problem)
	case r.opens():
		return fmt.Sprintf("opens more: %s: %s: %s\n", says, strings.Join(edits, "; "), strings.Join(r.worse, "; "))
	case r.verdict == proof.Proved:
		return fmt.Sprintf("heals and breaks: %s: %s: %s\n", says, strings.Join(edits, "; "), strings.Join(r.worse, "; "))
	default:
		return fmt.Sprintf("does not heal: %s: %s\n", says, strings.Join(edits, "; "))
	}
}
