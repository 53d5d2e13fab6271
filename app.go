// Command crossgrant is the CDK app: it turns the configuration into the two stacks. `cdk synth` and `cdk deploy` run it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/plugin"
	"github.com/crossgrant/crossgrant/stacks"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := synthesize(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "crossgrant:", err)
		stop()
		os.Exit(1)
	}
}

func synthesize(ctx context.Context) (err error) {
	// CDK's own schema validation takes seconds; `make test` and CI switch it on.
	if os.Getenv("CDK_VALIDATION") == "" {
		os.Setenv("CDK_VALIDATION", "false")
		jsii.Close() // a kernel that has not started yet has the environment of before; the next use makes a new one
	}
	defer jsii.Close()
	defer func() {
		// Constructs panic on bad input, and jsii on CDK's errors: both are for the user. A defect of the program keeps its trace.
		switch problem := recover().(type) {
		case nil:
		case runtime.Error:
			panic(problem)
		default:
			err = fmt.Errorf("%v", problem)
		}
	}()

	app := awscdk.NewApp(&awscdk.AppProps{
		// Stack traces name folders of this machine and would differ from one clone to the next.
		Context: &map[string]any{"aws:cdk:disable-creation-stack-traces": true},
	})
	settings, _ := app.Node().GetAllContext(nil).(map[string]any)
	config, err := stacks.ReadConfig(settings)
	if err != nil {
		return err
	}
	var build *workload.Build
	if packages := stacks.Functions(config); len(packages) > 0 {
		build, err = workload.Compile(ctx, workload.BuildProps{Packages: packages, Architecture: config.Architecture, Progress: os.Stderr})
		if err != nil {
			return err
		}
	}
	stacks.NewSourceStack(app, config, build, stacks.NewTargetStack(app, config))
	plugin.Register(app, proof.Options{})
	app.Synth(nil)
	return nil
}
