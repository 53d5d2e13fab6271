package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/policy"
)

func decideCommand() *cobra.Command {
	var explain bool
	c := &cobra.Command{
		Use:   "decide",
		Short: "Decide requests by their policies, one JSON object a line from standard input",
		Example: `  echo '{"id":"1","request":{"principal":"anonymous","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"},
    "resourcePolicy":{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}}' |
    tr -d '\n' | crossgrant decide`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit{2, fmt.Errorf("decide: found %q, expected no arguments: requests come from standard input", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			unreadable, err := policy.DecideLines(c.InOrStdin(), c.OutOrStdout(), explain)
			if err != nil {
				return fmt.Errorf("decide: %w", err)
			}
			if unreadable > 0 {
				return exit{1, fmt.Errorf("decide: %d lines could not be read; their \"error\" says why", unreadable)}
			}
			return nil
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit{2, fmt.Errorf("decide: %w", err)} })
	c.Flags().BoolVar(&explain, "explain", false, "add sentences that explain each decision")
	return c
}
