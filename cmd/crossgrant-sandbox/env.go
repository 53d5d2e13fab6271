package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/sandbox/background"
	"github.com/crossgrant/crossgrant/sandbox/environment"
)

func envCommand() *cobra.Command {
	var directory, shell string
	var of background.AccessOf
	var asJSON bool
	c := &cobra.Command{
		Use:   "env [flags] [-- COMMAND ARGS…]",
		Short: "Print the environment of programs that use the sandbox, or run one in it",
		Long: `Print the environment in which the AWS and CDK command lines and every AWS SDK use the sandbox, as the
administrator of an account or as a role. With a command, run it in that environment, without any AWS
setting of your own.

Credentials of an administrator last 12 hours, those of a role one.

Exit code: 0, 1 on an error; that of the command if there is one.`,
		Example: `  eval "$(crossgrant sandbox env --account target)"
  crossgrant sandbox env -- aws s3 ls
  crossgrant sandbox env --shell fish | source`,
		DisableFlagsInUseLine: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && c.ArgsLenAtDash() != 0 {
				return fmt.Errorf("env: found argument %q, expected flags, and a command only after --", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			state, err := running(directory)
			if err != nil {
				return err
			}
			access, err := background.GetAccess.Call(c.Context(), state.Control, of)
			if err != nil {
				return err
			}
			switch {
			case len(args) > 0:
				return runCommand(c, args, access.Apply(os.Environ()))
			case asJSON:
				variables := map[string]string{}
				for _, v := range access.Variables(os.Environ()) {
					variables[v.Name] = v.Value
				}
				return printJSON(c.OutOrStdout(), struct {
					environment.Access
					Environment map[string]string `json:"environment"`
					Unset       []string          `json:"unset"`
				}{access, variables, access.Unset(os.Environ())})
			}
			script, err := access.Script(shell, os.Environ())
			if err != nil {
				return fmt.Errorf("--shell: %w", err)
			}
			_, err = fmt.Fprint(c.OutOrStdout(), script)
			return err
		},
	}
	f := c.Flags()
	directoryFlag(c, &directory)
	f.StringVar(&of.Account, "account", "source", "the `account` whose administrator it is: source, target, or any ID of 12 digits")
	f.StringVar(&of.Role, "role", "", "the `ARN` of a role that this administrator assumes; default none")
	f.StringVar(&shell, "shell", "sh", fmt.Sprintf("the `shell` that reads it: one of %q", environment.Shells()))
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func resetCommand() *cobra.Command {
	var directory string
	var asJSON bool
	c := &cobra.Command{
		Use:   "reset [flags]",
		Short: "Empty the accounts of the sandbox",
		Long: `Remove all that the accounts of the sandbox have: resources, stacks, sessions of roles, and the record
of decisions. The endpoint stays, and credentials of administrators stay valid.

Exit code: 0, 1 on an error.`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			state, err := running(directory)
			if err != nil {
				return err
			}
			if _, err := background.Reset.Call(c.Context(), state.Control, struct{}{}); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), struct {
					Reset bool `json:"reset"`
				}{true})
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "The accounts of the sandbox are empty.")
			return err
		},
	}
	directoryFlag(c, &directory)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
