package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/policy"
)

func decideCommand() *cobra.Command {
	var explain bool
	c := withErrors(&cobra.Command{
		Use:   "decide [flags]",
		Short: "Decide requests by the policies that come with them",
		Long: `Decide requests by the policies that come with them. Each line of standard input is a request with
its policies, as a JSON object. Each line of standard output is the decision, also as a JSON object,
with the statements that decide.

Exit code: 0 if every line was decided, 1 if a line could not be read or the output could not be
written, 2 on bad arguments.`,
		Example: `  echo '{"id":"1","request":{"principal":"anonymous","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"},
    "resourcePolicy":{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}}' |
    tr -d '\n' | crossgrant decide`,
		RunE: func(c *cobra.Command, _ []string) error {
			unreadable, err := policy.DecideLines(c.InOrStdin(), c.OutOrStdout(), explain)
			if err == nil && unreadable > 0 {
				err = fmt.Errorf("%d lines could not be read; their \"error\" says why", unreadable)
			}
			if err != nil {
				return exit{exitNegative, fmt.Errorf("decide: %w", err)}
			}
			return nil
		},
	}, 0, "none: requests come from standard input")
	c.Flags().BoolVar(&explain, "explain", false, "add sentences that explain each decision")
	return c
}
