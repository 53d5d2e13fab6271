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
	command := &cobra.Command{
		Use:   "demo",
		Short: "Deploy both accounts into a local AWS and run every workload",
		Args:  cobra.NoArgs,
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
	flags := command.Flags()
	flags.StringVar(&order, "order", string(demo.TargetFirst), fmt.Sprintf("who deploys what first, one of %q", demo.Orders()))
	flags.StringSliceVar(&options.Workloads, "workloads", demo.Workloads(), "what is deployed and run")
	flags.BoolVar(&options.Remove, "remove", false, "destroy both stacks at the end")
	flags.StringVar(&options.Project, "project", ".", "folder of the CDK app")
	flags.StringVar(&options.Venv, "venv", ".build/venv", "Python environment that has moto's server")
	return command
}
