// Command crossgrant-sandbox runs the app in two AWS accounts on this machine. It is a program of its own, so that command crossgrant, which others run
// from their modules, does without the AWS SDK. Package sandbox does the work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// exitInterrupted is 128 + SIGINT, as shells report it.
const exitInterrupted = 130

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// Connections to the servers of the sandbox raise SIGPIPE, too, when their client goes away. So it ends nothing by itself.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(ctx)
	root := command()
	root.SetOut(&output{os.Stdout, cancel})
	err := root.ExecuteContext(ctx)
	cancel()
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
	root.AddCommand(
		curlCommand(),
		demoCommand(),
		deployCommand(),
		downCommand(),
		envCommand(),
		instanceCommand(),
		invokeCommand(),
		logsCommand(),
		resetCommand(),
		serveCommand(),
		statusCommand(),
		traceCommand(),
		unusedCommand(),
		upCommand(),
	)
	return root
}

// output is the output of the program. When its reader goes away, the servers of the sandbox must stop.
type output struct {
	to   io.Writer
	stop func()
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err != nil {
		o.stop()
	}
	return n, err
}
