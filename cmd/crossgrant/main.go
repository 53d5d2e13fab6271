// Command crossgrant shows and checks cross-account grants without an AWS account.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra" // command line: the field's standard, Apache-2.0
)

func main() {
	// SIGPIPE, too: a reader that goes away must not leave servers behind.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := command().ExecuteContext(ctx)
	stop()
	switch own := (exit{}); {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "crossgrant: interrupted; all that was started is stopped")
		os.Exit(130)
	case errors.As(err, &own):
		if own.err != nil {
			fmt.Fprintln(os.Stderr, "crossgrant:", own.err)
		}
		os.Exit(own.code)
	default:
		fmt.Fprintln(os.Stderr, "crossgrant:", err)
		os.Exit(1)
	}
}

// exit ends the program with a code of its own; without a word if err is nil, because all is said.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string { return fmt.Sprint("exit ", e.code, ": ", e.err) }
func (e exit) Unwrap() error { return e.err }

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "crossgrant",
		Short:         "Cross-account grants for AWS: what they permit, and what their policies mean",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(contractCommand(), decideCommand(), demoCommand(), explainCommand(), proveCommand(), reportCommand())
	return root
}
