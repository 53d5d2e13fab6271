package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly/facts"
)

func factsCommand() *cobra.Command {
	var in input
	c := withErrors(&cobra.Command{
		Use:   "facts [flags]",
		Short: "Say which facts an assembly's proof lacks, and how to get them",
		Long: `Write a file of facts about what no template of an assembly has and the proof depends on. In place
of each value it has the command of the AWS CLI that shows the value; the commands only read. With
--facts it is about what is missing beside those.

Exit code: 0 if nothing is missing, 3 if something is, 2 on an error.`,
		Example: `  crossgrant facts > facts.json
  crossgrant facts --assembly cdk.out --facts facts.json`,
		RunE: func(c *cobra.Command, _ []string) error {
			report, err := in.prove()
			if err != nil {
				return err
			}
			missing := report.Missing()
			text, err := facts.Skeleton(missing)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", text); err != nil {
				return err
			}
			if len(missing) > 0 {
				return exit{code: exitUndecided}
			}
			return nil
		},
	}, 0, "none: --assembly names the assembly")
	in.addFlags(c)
	return c
}
