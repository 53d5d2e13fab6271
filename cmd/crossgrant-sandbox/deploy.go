package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/sandbox/background"
	"github.com/crossgrant/crossgrant/sandbox/deploy"
	"github.com/crossgrant/crossgrant/sandbox/environment"
)

func deployCommand() *cobra.Command {
	var directory, account string
	var options deploy.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "deploy [flags] [STACKS…] [-- FLAGS…]",
		Short: "Deploy a CDK app in any language into the sandbox",
		Long: `Synthesize a CDK app, bootstrap the accounts that its stacks need, and deploy the stacks in the order
of their dependencies, each as the administrator of its own account. An account that the app names is
there from then on. STACKS are those to deploy, with what they depend on: names that cdk list prints,
in which * stands for any characters. Default: all.

Flags after -- go to the CDK command line: -c and --context to the synthesis, the others to the
deployment. It sees none of your AWS settings.

Exit code: 0, 1 on an error, 130 if it is interrupted.`,
		Example: `  crossgrant sandbox deploy
  crossgrant sandbox deploy --app cdk.out Reports
  crossgrant sandbox deploy -- -c stage=test`,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			options.Stacks = args
			if n := c.ArgsLenAtDash(); n >= 0 {
				options.Stacks, options.Flags = args[:n], args[n:]
			}
			state, err := running(directory)
			if err != nil {
				return err
			}
			of, err := background.GetAccess.Call(c.Context(), state.Control, background.AccessOf{Account: account})
			if err != nil {
				return fmt.Errorf("--account: %w", err)
			}
			if options.Project, err = filepath.Abs(options.Project); err != nil {
				return fmt.Errorf("--project: %w", err)
			}
			if info, err := os.Stat(options.Project); err != nil || !info.IsDir() {
				return fmt.Errorf("--project: found no directory %s, expected that of a CDK app", options.Project)
			}
			if options.Work, err = os.MkdirTemp(state.Temporary(), "deploy-"); err != nil {
				return fmt.Errorf("make a directory for the assembly: %w", err)
			}
			defer os.RemoveAll(options.Work)
			options.Account, options.Region = of.Account, of.Region
			options.Access = func(ctx context.Context, account string) (environment.Access, error) {
				return background.GetAccess.Call(ctx, state.Control, background.AccessOf{Account: account})
			}
			progress := c.OutOrStdout()
			if asJSON {
				progress = c.ErrOrStderr()
			}
			began := time.Now()
			options.Progress = func(format string, args ...any) {
				fmt.Fprintf(progress, "[%6.1f s] %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
			}
			result, err := deploy.Run(c.Context(), options)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), struct {
					deploy.Result
					Seconds float64 `json:"seconds"`
				}{result, time.Since(began).Round(time.Millisecond).Seconds()})
			}
			return printDeployed(c.OutOrStdout(), result, time.Since(began))
		},
	}
	f := c.Flags()
	directoryFlag(c, &directory)
	f.StringVar(&options.Project, "project", ".", "the `directory` of the CDK app")
	f.StringVar(&options.App, "app", "", "the `command` of the app, or the directory of an assembly; default what cdk.json says")
	f.StringVar(&account, "account", "source", "the `account` of stacks that name none: source, target, or any ID of 12 digits")
	f.BoolVar(&asJSON, "json", false, "print JSON, and the progress to standard error")
	return c
}

func printDeployed(out io.Writer, result deploy.Result, took time.Duration) error {
	for _, s := range result.Stacks {
		if _, err := fmt.Fprintf(out, "           %s: %d resources in account %s, %s\n", s.ID, s.Resources, s.Account, s.Region); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "[%6.1f s] Done: %d stacks are deployed, and their policies enforced\n", took.Seconds(), len(result.Stacks))
	return err
}
