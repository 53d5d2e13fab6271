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
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "crossgrant: interrupted; all that was started is stopped")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "crossgrant:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "crossgrant",
		Short:         "Cross-account grants for AWS, shown on this machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(demoCommand())
	return root
}
