// Command crossgrant-sandbox runs the app in two AWS accounts on this machine. It is a program of its own, so that command crossgrant, which others run
// from their modules, does without the AWS SDK. Package sandbox does the work.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// exitInterrupted is 128 + SIGINT, as shells report it.
const exitInterrupted = 130

func main() {
	// SIGPIPE as well: when the reader of the output goes away, the servers of the demo must stop too.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := command().ExecuteContext(ctx)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "crossgrant-sandbox: interrupted; every process that it started is stopped")
		os.Exit(exitInterrupted)
	default:
		fmt.Fprintln(os.Stderr, "crossgrant-sandbox:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "crossgrant-sandbox",
		Short:         "Run the app in two AWS accounts on this machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(demoCommand())
	return root
}
