package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

func factsCommand() *cobra.Command {
	var in input
	c := withErrors(&cobra.Command{
		Use:   "facts [flags]",
		Short: "Say which facts an assembly's proof lacks, and how to get them",
		Long: `Write a file of facts about what no template of an assembly has and the proof depends on. In place
of each value it has the command of the AWS CLI that shows the value; the commands only read. With
--facts it is about what is missing beside those, and with --expect also about what decides the
requests of that file. On standard error it says which checks need each
fact, and what is undecided for another reason.

Exit code: 0 if nothing is missing, 3 if something is, 2 on an error.`,
		Example: `  crossgrant facts > facts.json
  crossgrant facts --assembly cdk.out --facts facts.json`,
		RunE: func(c *cobra.Command, _ []string) error {
			_, report, err := in.prove()
			if err != nil {
				return err
			}
			missing := report.Missing()
			var wanted []facts.Want
			for _, m := range missing {
				wanted = append(wanted, m.Want)
			}
			text, err := facts.Skeleton(wanted)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", text); err != nil {
				return err
			}
			if err := printMissing(newPrinter(c.ErrOrStderr()), report, missing); err != nil {
				return err
			}
			if len(missing) > 0 {
				return exit{code: exitUndecided}
			}
			return nil
		},
	}, 0, "none: --assembly names the assembly")
	in.addFlags(c)
	in.addExpectFlag(c)
	return c
}

// printMissing says for people what is missing, and which checks need it.
func printMissing(p *printer, r *proof.Report, missing []proof.Missing) error {
	if len(missing) > 0 {
		p.Printf("Missing for a decision:\n")
	}
	for _, m := range missing {
		p.Wrap("  ", policy.Readable(m.ID()))
		first := m.Checks[0]
		p.Wrap("    for ", fmt.Sprintf("%s: %s", first.Rule, policy.Readable(first.Name)))
		if more := len(m.Checks) - 1; more > 0 {
			p.Printf("    and %s\n", columns.Count(more, "more check", "more checks"))
		}
	}
	if len(missing) > 0 {
		p.Wrap("", "Put the answers of the commands in place of the commands, and run prove --facts FILE. What then is missing, facts --facts FILE says.")
	}
	others := 0
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Verdict == proof.Undecided && len(c.Missing) == 0 {
			others++
		}
	}
	if others > 0 {
		p.Wrap("", columns.Count(others, "check", "checks")+" undecided for reasons that no facts settle: prove says what to do.")
	}
	return p.Flush()
}
