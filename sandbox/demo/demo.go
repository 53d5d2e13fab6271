// Package demo is the main job, shown step by step on the sandbox: two accounts are bootstrapped and deployed, data is put into one,
// and the functions of the other read it. It checks what comes back, but not who would be refused.
package demo

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/sandbox"
)

// Order is who deploys what first.
type Order string

const (
	// TargetFirst deploys the target account with its own credentials, then the source account with its own.
	TargetFirst Order = "target-first"
	// SourceFirst is the other way round.
	SourceFirst Order = "source-first"
	// Together deploys both from the source account, which the target account's bootstrapping trusts.
	Together Order = "together"
)

// Orders are all of them, the default first.
func Orders() []Order { return []Order{TargetFirst, SourceFirst, Together} }

// Options configures Run.
type Options struct {
	// Project is the folder of the CDK app. Required.
	Project string
	// Venv is the Python environment that has moto's server. Required.
	Venv string
	// Order is who deploys what first. Default TargetFirst.
	Order Order
	// Workloads are those that are deployed and run, as the app's configuration names them. Default all.
	Workloads []string
	// Remove says that the stacks are destroyed at the end.
	Remove bool
	// Out takes the report. Required.
	Out io.Writer
}

// scenarios are what is shown of each workload, in this order: events come last, since what others put into the buckets would be one.
var scenarios = []struct {
	workload string
	run      func(*demo, context.Context) error
}{
	{"list", (*demo).runList}, {"scan", (*demo).runScan}, {"copy", (*demo).runCopy}, {"trail", (*demo).runTrail},
	{"instance", (*demo).runInstance}, {"events", (*demo).runEvents},
}

// Workloads are all that can be shown.
func Workloads() (all []string) {
	for _, one := range scenarios {
		all = append(all, one.workload)
	}
	return all
}

// Run plays the demo, and stops all that it started. The counts are of the checks; the error is what kept it from going on.
func Run(ctx context.Context, options Options) (passed, failed int, err error) {
	if runtime.GOOS != "linux" {
		return 0, 0, fmt.Errorf("found %s, expected linux: the functions are Linux programs, and run here as they are deployed", runtime.GOOS)
	}
	for _, workload := range options.Workloads {
		if !slices.Contains(Workloads(), workload) {
			return 0, 0, fmt.Errorf("found workload %q, expected some of %q", workload, Workloads())
		}
	}
	r := &report{out: options.Out, began: time.Now()}
	r.step("Starting a local AWS")
	box, err := sandbox.Start(ctx, options.Project, options.Venv)
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		if stopErr := box.Stop(); err == nil {
			err = stopErr
		}
	}()
	r.detail("%s holds the state of both accounts. It enforces no IAM: this shows", box.Endpoint())
	r.detail("that the parts work together, but not who would be refused.")

	d := &demo{report: r, box: box, order: options.Order, settings: box.Settings}
	steps := []func(context.Context) error{d.synthesize, d.bootstrap, d.deploy}
	if n := len(options.Workloads); n > 0 && n < len(scenarios) {
		d.settings = append(d.settings, "-c", "workloads="+strings.Join(options.Workloads, ","))
	}
	for _, one := range scenarios {
		if len(options.Workloads) == 0 || slices.Contains(options.Workloads, one.workload) {
			steps = append(steps, func(ctx context.Context) error { return one.run(d, ctx) })
		}
	}
	if options.Remove {
		steps = append(steps, d.remove)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return r.passed, r.failed, err
		}
	}
	r.step("Done")
	return r.passed, r.failed, nil
}

// demo is one run; each step finds what the one before left in the accounts.
type demo struct {
	*report
	box      *sandbox.Sandbox
	order    Order
	settings []string // flags of the app
}

// cdk prints a command and runs it.
func (d *demo) cdk(ctx context.Context, account *sandbox.Account, args ...string) error {
	args = append(args, "--profile", account.Profile)
	d.detail("$ npx cdk %s", strings.Join(args, " "))
	return d.box.CDK(ctx, account, args...)
}

func (d *demo) bootstrap(ctx context.Context) error {
	source, target := d.box.Source, d.box.Target
	d.step("Bootstrapping target account %s, which trusts the source account to deploy", target.ID)
	if err := d.cdk(ctx, target, "bootstrap", "aws://"+target.ID+"/"+sandbox.Region, "--trust", source.ID,
		"--cloudformation-execution-policies", "arn:aws:iam::aws:policy/AdministratorAccess"); err != nil {
		return err
	}
	d.step("Bootstrapping source account %s", source.ID)
	return d.cdk(ctx, source, "bootstrap", "aws://"+source.ID+"/"+sandbox.Region)
}

// synthesize has the app and the functions compiled, which takes a while the first time, before anything is deployed.
func (d *demo) synthesize(ctx context.Context) error {
	d.step("Synthesizing (the first time compiles the app and the functions: a minute or two)")
	d.settings = append(d.settings, "-c", fmt.Sprint("copyPartMiB=", partMiB)) // so that no object has to be of 256 MiB
	switch runtime.GOARCH {
	case "arm64":
	case "amd64":
		d.settings = append(d.settings, "-c", "architecture=x86_64")
		d.detail("This machine is no arm64: the functions are built for x86_64, from the same source.")
	default:
		return fmt.Errorf("found a machine of %s, expected arm64 or amd64: Lambda has no other processors", runtime.GOARCH)
	}
	return d.cdk(ctx, d.box.Source, append([]string{"synth", "--quiet"}, d.settings...)...)
}

func (d *demo) deploy(ctx context.Context) error {
	deploy := func(account *sandbox.Account, stack string) error {
		d.step("Deploying %s account %s with its own credentials only", account.Profile, account.ID)
		return d.cdk(ctx, account, append([]string{"deploy", stack}, d.settings...)...)
	}
	source := func() error { return deploy(d.box.Source, "CrossGrant-Source") }
	target := func() error { return deploy(d.box.Target, "CrossGrant-Target") }
	steps := []func() error{target, source}
	switch d.order {
	case SourceFirst:
		steps = []func() error{source, target}
	case Together:
		steps = []func() error{func() error {
			d.step("Deploying both accounts from the source account")
			return d.cdk(ctx, d.box.Source, append([]string{"deploy", "--all"}, d.settings...)...)
		}}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// bucket returns the name of a deployed bucket: what is part of it, or nothing for the one of the data.
func (d *demo) bucket(ctx context.Context, account *sandbox.Account, what string) (string, error) {
	if what == "" {
		what = "dev"
	}
	return d.box.Deployed(ctx, account, "AWS::S3::Bucket", "-"+what+"-"+account.ID+"-"+sandbox.Region)
}
