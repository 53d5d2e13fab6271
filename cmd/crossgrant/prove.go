package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/internal/findings"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/expect"
	"github.com/crossgrant/crossgrant/proof/page"
)

func proveCommand() *cobra.Command {
	var in input
	var form format
	c := withErrors(&cobra.Command{
		Use:   "prove [flags]",
		Short: "Prove that an assembly gives exactly the access that its grants declare",
		Long: `Prove that a synthesized assembly gives exactly the access that its grants declare.

Each declared access is evaluated as AWS evaluates it: the network route, the endpoint policies and
the IAM policies of both accounts. Requests that must be denied are evaluated too, and requests that
must keep working, such as those of administrators. With --expect, so is what a file expects to be
allowed, and to be denied.

Exit code: 0 if everything is proved, 1 if something is broken, 3 if something is undecided, 4 if
nothing is declared, 2 on an error. That does not depend on the format.`,
		Example: `  crossgrant prove
  crossgrant prove --format sarif > crossgrant.sarif
  crossgrant prove --account source.yaml=111111111111 --account target.yaml=222222222222 \
    --region eu-west-1`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := form.check(c); err != nil {
				return err
			}
			proved, report, err := in.prove()
			if err != nil {
				return err
			}
			found := reported("prove", summary(report), proof.Rules(), proved.Assembly, report, newPlaces(in.assembly))
			err = form.write(c.OutOrStdout(), found, func(p *printer) error { return printReport(p, report) }, func() any { return proveJSON(found, report) })
			if err != nil {
				return err
			}
			return exitCodeOf(report.Verdict())
		},
	}, 0, "none: --assembly names the assembly")
	in.addFlags(c)
	in.addExpectFlag(c)
	form.addFlags(c)
	return c
}

func reportCommand() *cobra.Command {
	var in input
	var file string
	c := withErrors(&cobra.Command{
		Use:   "report [flags]",
		Short: "Write the result of prove as an HTML page",
		Long: `Write the result of prove as one HTML page, which needs no other file and no network: the verdict,
who may do what on which data, a diagram of each grant, what to change, and every request that was
evaluated, step by step.

The file is written completely or not at all.

Exit code: that of prove, 0, 1, 3 or 4, 2 on an error.`,
		Example: `  crossgrant report --assembly cdk.out --output report.html`,
		RunE: func(c *cobra.Command, _ []string) error {
			if file == "" {
				return errors.New("found no --output, expected the file to write, such as report.html")
			}
			proved, report, err := in.prove()
			if err != nil {
				return err
			}
			shown, err := in.shown(c.Context(), proved)
			if err != nil {
				return err
			}
			if err := writeFile(file, func(w io.Writer) error { return page.Write(w, report, shown) }); err != nil {
				return err
			}
			p := newPrinter(c.OutOrStdout())
			verdict := report.Verdict()
			p.Printf("wrote %s: %s, %s\n", file, p.verdict(verdict, string(verdict)), summary(report))
			if err := p.Flush(); err != nil {
				return err
			}
			return exitCodeOf(verdict)
		},
	}, 0, "none: --assembly names the assembly, --output the file")
	in.addFlags(c)
	in.addExpectFlag(c)
	c.Flags().StringVarP(&file, "output", "o", "", "the HTML `file` to write; required")
	return c
}

// shown is what the page shows besides the report on what was proved.
func (i *input) shown(ctx context.Context, proved proof.Subject) (page.Options, error) {
	a, taken := i.take(proved.Assembly)
	e, err := proof.Enumerate(proof.Subject{Assembly: a, Options: proved.Options})
	if err != nil {
		return page.Options{}, err
	}
	last, err := i.written()
	return page.Options{Access: e, Assumed: taken, Commit: commit(ctx), Written: last}, err
}

// addExpectFlag is for the commands that prove.
func (i *input) addExpectFlag(c *cobra.Command) {
	c.Flags().StringVar(&i.expect, "expect", "", "a `file` with requests that have to be allowed, and requests that have to be denied")
}

// prove reads everything that the flags name, and proves it with what is expected. It returns what it read, too.
func (i *input) prove() (proof.Subject, *proof.Report, error) {
	a, options, err := i.load()
	if err != nil {
		return proof.Subject{}, nil, err
	}
	read := proof.Subject{Assembly: a, Options: options}
	if i.expect != "" {
		if options.Expected, err = expect.Read(i.expect); err != nil {
			return proof.Subject{}, nil, fmt.Errorf("--expect: %w", err)
		}
	}
	report, err := proof.Prove(a, options)
	return read, report, err
}

func exitCodeOf(v proof.Verdict) error {
	switch v {
	case proof.Broken:
		return exit{code: exitNegative}
	case proof.Undecided:
		return exit{code: exitUndecided}
	case proof.NothingDeclared:
		return exit{code: exitNothing}
	}
	return nil
}

// printReport prints a table of the checks of each grant, the findings with their remedies, and the verdict.
func printReport(p *printer, r *proof.Report) error {
	for _, g := range r.Grants {
		p.Printf("%s\n", g.Key())
		printTable(p, r, g.Key())
	}
	if slices.ContainsFunc(r.Checks, func(c proof.Check) bool { return c.Grant == "" }) {
		p.Printf("without a grant\n")
		printTable(p, r, "")
	}
	for _, f := range r.Findings() {
		printFinding(p, f)
	}
	printNotes(p, "Assumed", r.Assumed)
	printNotes(p, "Not understood", r.Notes)
	p.Printf("\n%s: %s\n", p.verdict(r.Verdict(), strings.ToUpper(string(r.Verdict()))), summary(r))
	return p.Flush()
}

func printNotes(p *printer, title string, notes []assembly.Note) {
	if len(notes) == 0 {
		return
	}
	p.Printf("\n%s:\n", title)
	for _, n := range notes {
		p.Wrap("  ", policy.Readable(n.String()))
	}
}

func printTable(p *printer, r *proof.Report, grant string) {
	for _, row := range proof.Groups() {
		count := map[proof.Verdict]int{}
		for i := range r.Checks {
			if c := &r.Checks[i]; c.Grant == grant && slices.Contains(row.Rules, c.Rule) {
				count[c.Verdict]++
			}
		}
		if len(count) == 0 {
			continue
		}
		p.Printf("  %-42s", row.Name)
		for _, v := range []proof.Verdict{proof.Proved, proof.Broken, proof.Undecided} {
			if count[v] > 0 {
				p.Printf("  %s", p.verdict(v, fmt.Sprintf("%d %s", count[v], v)))
			}
		}
		p.Printf("\n")
	}
}

// printFinding prints a rule that does not hold, the first requests that show it, the reason, and the remedy.
func printFinding(p *printer, f *proof.Finding) {
	const most = 3
	p.Printf("\n%s %s\n", p.verdict(f.Verdict, string(f.Verdict)), f.Rule)
	for _, c := range f.Checks[:min(most, len(f.Checks))] {
		p.Wrap("  ", policy.Readable(c.Name))
	}
	if more := len(f.Checks) - most; more > 0 {
		p.Printf("  and %d more\n", more)
	}
	for _, sentence := range f.Says {
		p.Wrap("    ", policy.Readable(sentence))
	}
	for _, name := range f.RestsOn() {
		p.Wrap("    rests on: ", policy.Readable(name))
	}
	for _, sentence := range f.Remedy {
		if !slices.Contains(f.Says, sentence) {
			p.Remedy("  fix: ", sentence)
		}
	}
}

func summary(r *proof.Report) string {
	if r.Verdict() == proof.NothingDeclared {
		return "no grant and no connection in the templates, and nothing is expected"
	}
	findings := len(r.Findings())
	if findings == 0 {
		if len(r.Grants) == 0 && !slices.ContainsFunc(r.Checks, func(c proof.Check) bool { return c.Rule != proof.Expected }) {
			return columns.Count(len(r.Checks), "access is", "accesses are") + " as expected"
		}
		return fmt.Sprintf("%s of %s are as declared", columns.Count(len(r.Checks), "access", "accesses"), columns.Count(len(r.Grants), "grant", "grants"))
	}
	unproved := 0
	for i := range r.Checks {
		if r.Checks[i].Verdict != proof.Proved {
			unproved++
		}
	}
	reasons := "reasons"
	if findings == 1 {
		reasons = "reason"
	}
	return fmt.Sprintf("%d of %d accesses, for %d %s", unproved, len(r.Checks), findings, reasons)
}

// reported is a report of a command as the tools of reviews read it: a finding for each thing to change, and a case for each check.
func reported(command, summary string, rules []proof.Rule, a *assembly.Assembly, r *proof.Report, at *places) findings.Report {
	found := findings.Report{Command: command, Verdict: string(r.Verdict()), Passed: r.Verdict() == proof.Proved, Summary: summary, File: at.whole(a),
		Notes: append(noteTexts(r.Assumed), noteTexts(r.Notes)...), Cases: []findings.Case{}, Counts: map[string]int{"grants": len(r.Grants), "checks": len(r.Checks), "proved": 0, "broken": 0, "undecided": 0}}
	for _, rule := range rules {
		found.Rules = append(found.Rules, findings.Rule{ID: string(rule), About: proof.About(rule)})
	}
	for _, f := range r.Findings() {
		one := findings.Finding{ID: f.ID(), Rule: string(f.Rule), Level: findings.Error, Verdict: string(f.Verdict), Says: readable(f.Says), Remedy: readable(f.Remedy), RestsOn: readable(f.RestsOn()), Places: at.of(f.Where())}
		if f.Verdict == proof.Undecided {
			one.Level = findings.Warning
		}
		for _, c := range f.Checks {
			one.Checks = append(one.Checks, policy.Readable(c.Name))
		}
		if one.Title = one.Checks[0]; len(one.Checks) > 1 {
			one.Title += fmt.Sprintf(" and %d more", len(one.Checks)-1)
		}
		found.Findings = append(found.Findings, one)
	}
	found.Sort()
	outcomes := map[proof.Verdict]findings.Outcome{proof.Proved: findings.Passed, proof.Broken: findings.Failed, proof.Undecided: findings.Unknown}
	for i := range r.Checks {
		c := &r.Checks[i]
		found.Counts[string(c.Verdict)]++
		found.Cases = append(found.Cases, findings.Case{Suite: strings.TrimSpace(c.Grant + " " + string(c.Rule)), Name: policy.Readable(c.Name), Outcome: outcomes[c.Verdict], Says: readable(c.Says), Remedy: readable(c.Remedy)})
	}
	return found
}

// proveJSON is what prove writes as JSON: what was found, and then every check.
func proveJSON(found findings.Report, r *proof.Report) any {
	j := r.JSON()
	return struct {
		findings.JSON
		Grants  []string          `json:"grants"`
		Assumed []string          `json:"assumed"`
		Notes   []string          `json:"notes"`
		Checks  []proof.CheckJSON `json:"checks"`
	}{found.JSON(), j.Grants, append([]string{}, j.Assumed...), j.Notes, j.Checks}
}
