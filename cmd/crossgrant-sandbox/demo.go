package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/sandbox/demo"
)

func demoCommand() *cobra.Command {
	var options demo.Options
	var order string
	c := &cobra.Command{
		Use:   "demo [flags]",
		Short: "Deploy both accounts into a local AWS and run every workload",
		Long: `Deploy both accounts into a local AWS on this machine, with the real CDK command line, and run every
workload. make demo installs what this needs.

Exit code: 0 if every check passes, 1 if not or on an error, 130 if it is interrupted.`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			options.Order, options.Out = demo.Order(order), c.OutOrStdout()
			if !slices.Contains(demo.Orders(), options.Order) {
				return fmt.Errorf("--order: found %q, expected one of %q", order, demo.Orders())
			}
			passed, failed, err := demo.Run(c.Context(), options)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%d passed, %d failed\n", passed, failed)
			if failed > 0 {
				return fmt.Errorf("%d of %d checks failed", failed, passed+failed)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&order, "order", string(demo.TargetFirst), fmt.Sprintf("the `order` of the deployments: one of %q", demo.Orders()))
	f.StringSliceVar(&options.Workloads, "workloads", demo.Workloads(), "the `workloads` to deploy and run, with commas between them")
	f.BoolVar(&options.Remove, "remove", false, "destroy both stacks at the end")
	f.StringVar(&options.Project, "project", ".", "the `directory` of the CDK app")
	f.StringVar(&options.Venv, "venv", ".build/venv", "the `directory` of the Python environment that has moto_server")
	return c
}
