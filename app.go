// Command crossgrant is the CDK app: it creates the two stacks from the configuration. `cdk synth` and `cdk deploy` run it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/internal/kernel"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/plugin"
	"github.com/crossgrant/crossgrant/stacks"
)

func main() {
	debug.SetGCPercent(-1) // short-lived
	debug.SetMemoryLimit(512 << 20)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := synthesize(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "crossgrant:", err)
		stop()
		os.Exit(1)
	}
}

func synthesize(ctx context.Context) (err error) {
	// CDK's own schema validation takes seconds; `make test` and CI enable it.
	if os.Getenv("CDK_VALIDATION") == "" {
		os.Setenv("CDK_VALIDATION", "false")
	}
	undo, err := kernel.Direct()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, undo()) }()
	jsii.Close() // the kernel has the environment from before; its next use starts a new one
	defer jsii.Close()
	defer func() {
		// Constructs panic with invalid props, and jsii with CDK's errors: both are for the user. A defect of this program keeps its stack trace.
		switch recovered := recover().(type) {
		case nil:
		case runtime.Error:
			panic(recovered)
		default:
			err = fmt.Errorf("%v", recovered)
		}
	}()

	app := awscdk.NewApp(&awscdk.AppProps{
		// Stack traces have paths of this machine, and would differ between clones.
		Context: &map[string]any{"aws:cdk:disable-creation-stack-traces": true},
	})
	values, _ := app.Node().GetAllContext(nil).(map[string]any)
	config, err := stacks.ReadConfig(values)
	if err != nil {
		return err
	}
	var options proof.Options
	if config.Facts != "" {
		if options.Facts, err = facts.Read(config.Facts); err != nil {
			return err
		}
	}
	var build *workload.Build
	if packages := stacks.Functions(config); len(packages) > 0 {
		// The compiler runs while the constructs before the first function are created.
		ctx, stop := context.WithCancel(ctx)
		build, err = workload.Start(ctx, workload.BuildProps{Packages: packages, Architecture: config.Architecture, Progress: os.Stderr})
		if err != nil {
			stop()
			return err
		}
		defer build.Wait() // after it is stopped, so that it does not outlive this program
		defer stop()
	}
	stacks.NewSourceStack(app, config, build, stacks.NewTargetStack(app, config))
	plugin.Register(app, options)
	app.Synth(nil)
	return nil
}
