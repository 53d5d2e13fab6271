package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// Exit codes of prove.
const (
	broken    = 1
	undecided = 3
)

func proveCommand() *cobra.Command {
	var g given
	var asJSON bool
	c := &cobra.Command{
		Use:   "prove",
		Short: "Prove that an assembly gives exactly the access that its grants declare",
		Long: `Prove that a synthesized assembly gives exactly the access that its grants declare: each access is
walked as AWS would, through routes, endpoints and all policies of both accounts; what must not
work is tried, too, and what has to go on working.

Ends with 0 if all is proved, with 1 if something is broken, with 3 if something cannot be decided,
with 2 on an error.`,
		Example: `  crossgrant prove
  crossgrant prove --account source.yaml=111111111111 --account target.yaml=222222222222 --region eu-west-1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return inTrouble(fmt.Errorf("prove: found %q, expected no arguments: the assembly is given by --assembly", args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			a, options, err := g.load()
			if err != nil {
				return inTrouble(fmt.Errorf("prove: %w", err))
			}
			report, err := proof.Prove(a, options)
			if err != nil {
				return inTrouble(fmt.Errorf("prove: %w", err))
			}
			if asJSON {
				err = printJSON(c.OutOrStdout(), report.JSON())
			} else {
				err = printReport(c.OutOrStdout(), report, colours(c.OutOrStdout()))
			}
			if err != nil {
				return inTrouble(fmt.Errorf("prove: print the report: %w", err))
			}
			return exitOf(report.Verdict())
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return inTrouble(fmt.Errorf("prove: %w", err)) })
	g.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print everything that was tried, as JSON")
	return c
}

// exitOf is how a command ends that found a verdict.
func exitOf(v proof.Verdict) error {
	switch v {
	case proof.Broken:
		return exit{code: broken}
	case proof.Undecided:
		return exit{code: undecided}
	}
	return nil
}

func printJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// printReport prints a table of what was tried, and what to change.
func printReport(w io.Writer, r *proof.Report, p palette) error {
	var out strings.Builder
	if len(r.Grants) == 0 {
		out.WriteString("The assembly declares no grants, so there is nothing to prove.\n")
	}
	for _, g := range r.Grants {
		fmt.Fprintf(&out, "%s\n", g.Key())
		table(&out, r, g.Key(), p)
	}
	if slices.ContainsFunc(r.Checks, func(c proof.Check) bool { return c.Grant == "" }) {
		out.WriteString("without a grant\n")
		table(&out, r, "", p)
	}
	findings := r.Findings()
	for _, f := range findings {
		printFinding(&out, f, p)
	}
	if len(r.Notes) > 0 {
		fmt.Fprintf(&out, "\nNot understood in the templates:\n")
		for _, n := range r.Notes {
			wrap(&out, "  ", policy.Readable(n.String()))
		}
	}
	fmt.Fprintf(&out, "\n%s: %s\n", p.verdict(r.Verdict(), strings.ToUpper(string(r.Verdict()))), summary(r, len(findings)))
	if _, err := io.WriteString(w, out.String()); err != nil {
		return errors.Join(errors.New("write the report"), err)
	}
	return nil
}

func table(out *strings.Builder, r *proof.Report, grant string, p palette) {
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
		fmt.Fprintf(out, "  %-42s", row.Name)
		for _, v := range []proof.Verdict{proof.Proved, proof.Broken, proof.Undecided} {
			if count[v] > 0 {
				fmt.Fprintf(out, "  %s", p.verdict(v, fmt.Sprintf("%d %s", count[v], v)))
			}
		}
		out.WriteString("\n")
	}
}

// printFinding prints what is wrong, for whom, and what to change.
func printFinding(out *strings.Builder, f *proof.Finding, p palette) {
	const most = 3
	fmt.Fprintf(out, "\n%s %s\n", p.verdict(f.Verdict, string(f.Verdict)), f.Rule)
	for _, c := range f.Checks[:min(most, len(f.Checks))] {
		wrap(out, "  ", policy.Readable(c.Name))
	}
	if more := len(f.Checks) - most; more > 0 {
		fmt.Fprintf(out, "  and %d more\n", more)
	}
	for _, sentence := range f.Says {
		wrap(out, "    ", policy.Readable(sentence))
	}
	for _, sentence := range f.Remedy {
		if !slices.Contains(f.Says, sentence) {
			remedy(out, "  fix: ", sentence)
		}
	}
}

// remedy prints a sentence, and below it as it is what is to be pasted.
func remedy(out *strings.Builder, label, sentence string) {
	say, paste, _ := strings.Cut(sentence, "\n")
	wrap(out, label, say)
	for line := range strings.Lines(paste) {
		out.WriteString(strings.Repeat(" ", len(label)) + strings.TrimSuffix(line, "\n") + "\n")
	}
}

func summary(r *proof.Report, findings int) string {
	if findings == 0 {
		return fmt.Sprintf("%d accesses of %d grants are as they are declared", len(r.Checks), len(r.Grants))
	}
	return fmt.Sprintf("%d of %d accesses, for %d reasons", unproved(r), len(r.Checks), findings)
}

func unproved(r *proof.Report) (n int) {
	for i := range r.Checks {
		if r.Checks[i].Verdict != proof.Proved {
			n++
		}
	}
	return n
}
