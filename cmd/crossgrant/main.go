// Command crossgrant checks cross-account grants without an AWS account: it proves cloud assemblies, explains single accesses, compares
// contracts, decides requests and derives the permissions of deployments. It reads input and prints results; the packages policy, proof,
// contract and deployment do the work.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra" // command line: the field's standard, Apache-2.0

	"github.com/crossgrant/crossgrant/internal/terminal"
)

// Exit codes. The help of each command lists the ones that it uses.
const (
	exitNegative  = 1 // the result is negative: broken, denied, different
	exitError     = 2 // no result: bad arguments or unreadable input
	exitUndecided = 3 // the result is unknown
	exitNothing   = 4 // there is nothing to have a result
)

func main() {
	err := command().Execute()
	switch e := (exit{}); {
	case err == nil:
	case errors.As(err, &e):
		if e.err != nil {
			fmt.Fprintln(os.Stderr, "crossgrant:", e.err)
		}
		os.Exit(e.code)
	default:
		fmt.Fprintln(os.Stderr, "crossgrant:", err)
		os.Exit(exitError)
	}
}

// exit is an error that ends the program with its own exit code. If err is nil, no message is printed.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string { return fmt.Sprint("exit ", e.code, ": ", e.err) }
func (e exit) Unwrap() error { return e.err }

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "crossgrant",
		Short: "Check cross-account access in AWS before you deploy it",
		Long: `crossgrant checks that CloudFormation templates give exactly the cross-account access that their
grants declare. It needs no AWS account and no credentials.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true // which ends with exit code 0 for a shell that there is not
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", terminal.MaxColumns)))
	root.AddCommand(accessCommand(), checkCommand(), changesetCommand(), completionCommand(), contractCommand(), decideCommand(), diffCommand(), execPolicyCommand(), explainCommand(), factsCommand(), listCommand(), manCommand(), proveCommand(), reportCommand(), sandboxCommand(), versionCommand())
	return root
}

// withErrors makes every error of a command, of its flags and of its arguments name the command and end the program with exitError, unless
// the error has an exit code of its own. wantArgs is the number of arguments, and usage what the message expects of them.
func withErrors(c *cobra.Command, wantArgs int, usage string) *cobra.Command {
	run := c.RunE
	fail := func(c *cobra.Command, err error) error {
		if err == nil || errors.As(err, new(exit)) {
			return err
		}
		return exit{exitError, fmt.Errorf("%s: %w", strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" "), err)}
	}
	c.DisableFlagsInUseLine = true
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fail(c, fmt.Errorf("%w, expected a flag that %s --help lists", err, c.CommandPath()))
	})
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) != wantArgs {
			return fail(c, fmt.Errorf("found arguments %q, expected %s", args, usage))
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error { return fail(c, run(c, args)) }
	return c
}
