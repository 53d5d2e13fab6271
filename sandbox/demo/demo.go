// Package demo deploys the app into both accounts of the sandbox, puts data into one, runs the workloads of the other, and checks their
// results, and that IAM denies what is not granted. It does not try every request: the proof does.
package demo

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/sandbox"
)

// Order is the order in which the two accounts are deployed, and with which credentials.
type Order string

const (
	// TargetFirst deploys the target account with its own credentials, then the source account with its own.
	TargetFirst Order = "target-first"
	// SourceFirst deploys the source account first, each account with its own credentials.
	SourceFirst Order = "source-first"
	// Together deploys both with the credentials of the source account, which the bootstrapped target account trusts.
	Together Order = "together"
)

// Orders returns all orders, the default first.
func Orders() []Order { return []Order{TargetFirst, SourceFirst, Together} }

// Options configures Run.
type Options struct {
	// Project is the directory of the CDK app. Required.
	Project string
	// Venv is the directory of the Python environment that contains moto_server and the AWS CLI. Required.
	Venv string
	// Order is the order of the deployments. Default TargetFirst.
	Order Order
	// Workloads are the workloads to deploy and run, by their names in the app's configuration. Default all.
	Workloads []string
	// Remove destroys the stacks at the end. Default false.
	Remove bool
	// Out receives the report. Required.
	Out io.Writer

	// then runs at the end, with the -c flags of every cdk command. Nil for nothing: tests run other clients there.
	then func(ctx context.Context, s *sandbox.Sandbox, contextFlags []string) error
}

// scenarios are the workloads in the order in which they run. Events come last: an object that another scenario puts into the bucket would
// be an event as well.
var scenarios = []struct {
	workload string
	run      func(*demo, context.Context) error
}{
	{"list", (*demo).runList}, {"scan", (*demo).runScan}, {"copy", (*demo).runCopy}, {"trail", (*demo).runTrail},
	{"instance", (*demo).runInstance}, {"events", (*demo).runEvents},
}

// Workloads returns the names of all workloads that the demo can run.
func Workloads() (all []string) {
	for _, s := range scenarios {
		all = append(all, s.workload)
	}
	return all
}

// Run runs the demo and stops every process that it started. It returns how many checks passed and failed, and an error if it could not
// continue. It needs Linux.
func Run(ctx context.Context, options Options) (passed, failed int, err error) {
	if runtime.GOOS != "linux" {
		return 0, 0, fmt.Errorf("found %s, expected linux: the functions are Linux programs, and the demo runs the deployed binaries", runtime.GOOS)
	}
	for _, workload := range options.Workloads {
		if !slices.Contains(Workloads(), workload) {
			return 0, 0, fmt.Errorf("found workload %q, expected names from %q", workload, Workloads())
		}
	}
	r := &report{out: options.Out, began: time.Now()}
	r.step("Starting a local AWS")
	s, err := sandbox.Start(ctx, sandbox.Options{Project: options.Project, Venv: options.Venv})
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		if stopErr := s.Stop(); err == nil {
			err = stopErr
		}
	}()
	r.detail("%s holds the state of both accounts. A gateway before it decides", s.Endpoint())
	r.detail("each request by the policies of the deployed stacks, as the proof does. PASS is a check that")
	r.detail("holds: also that IAM denies what it has to.")

	d := &demo{report: r, sandbox: s, order: options.Order, workloads: options.Workloads, contextFlags: s.ContextFlags}
	steps := []func(context.Context) error{d.synthesize, d.bootstrap, d.deploy}
	if n := len(options.Workloads); n > 0 && n < len(scenarios) {
		d.contextFlags = append(d.contextFlags, "-c", "workloads="+strings.Join(options.Workloads, ","))
	}
	for _, s := range scenarios {
		if d.has(s.workload) {
			steps = append(steps, func(ctx context.Context) error { return s.run(d, ctx) })
		}
	}
	if n := len(options.Workloads); n == 0 || n == len(scenarios) { // once is enough, for the whole app
		steps = append(steps, d.compare, d.closeEndpoint, d.update)
	}
	if options.Remove {
		steps = append(steps, d.remove)
	}
	if options.then != nil {
		steps = append(steps, func(ctx context.Context) error { return options.then(ctx, s, d.contextFlags) })
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return r.passed, r.failed, err
		}
	}
	r.step("Done")
	return r.passed, r.failed, nil
}

// demo is one run. Each step works with what the steps before it deployed.
type demo struct {
	*report
	sandbox      *sandbox.Sandbox
	order        Order
	workloads    []string // none for all
	contextFlags []string // -c flags of every cdk command
}

// cdk prints and runs a command of the CDK command line, with the credentials of one account.
func (d *demo) cdk(ctx context.Context, account *sandbox.Account, args ...string) error {
	args = append(args, "--profile", account.Profile)
	d.detail("$ npx cdk %s", strings.Join(args, " "))
	return d.sandbox.CDK(ctx, account, args...)
}

// bootstrap bootstraps both accounts. CloudFormation deploys with what the stacks of the account need, and nothing else.
func (d *demo) bootstrap(ctx context.Context) error {
	app, err := assembly.Load(d.sandbox.Assembly(), assembly.Options{})
	if err != nil {
		return err
	}
	for _, account := range []*sandbox.Account{d.sandbox.Target, d.sandbox.Source} {
		d.step("Bootstrapping %s account %s with the permissions that its stack needs", account.Profile, account.ID)
		policies, err := d.createPolicies(ctx, account, app)
		if err != nil {
			return err
		}
		args := []string{"bootstrap", "aws://" + account.ID + "/" + sandbox.Region, "--cloudformation-execution-policies", strings.Join(policies, ",")}
		if d.order == Together && account == d.sandbox.Target {
			args = append(args, "--trust", d.sandbox.Source.ID)
		}
		if err := d.cdk(ctx, account, args...); err != nil {
			return err
		}
	}
	return nil
}

// createPolicies creates the execution policies of an account and returns their ARNs.
func (d *demo) createPolicies(ctx context.Context, account *sandbox.Account, app *assembly.Assembly) (arns []string, err error) {
	permissions, err := deployment.Derive(app, account.ID)
	if err != nil {
		return nil, err
	}
	for _, one := range permissions.Policies {
		d.detail("$ aws iam create-policy --policy-name %s: %d characters, statements: %d", one.Name, one.Size(), len(one.Statements))
		if _, err := d.sandbox.AWS(ctx, account, "iam", "create-policy", "--policy-name", one.Name, "--policy-document", string(one.JSON())); err != nil {
			return nil, err
		}
		arns = append(arns, "arn:"+permissions.Partition+":iam::"+account.ID+":policy/"+one.Name)
	}
	return arns, nil
}

// has reports whether any of the workloads is deployed.
func (d *demo) has(any ...string) bool {
	return len(d.workloads) == 0 || slices.ContainsFunc(any, func(w string) bool { return slices.Contains(d.workloads, w) })
}

// synthesize compiles the app and the functions before anything is deployed.
func (d *demo) synthesize(ctx context.Context) error {
	d.step("Synthesizing (the first run compiles the app and the functions: a minute or two)")
	if d.has("copy", "events") {
		d.contextFlags = append(d.contextFlags, "-c", fmt.Sprint("copyPartMiB=", partMiB)) // so that an object of a few MiB is copied in parts
	}
	switch runtime.GOARCH {
	case "arm64":
	case "amd64":
		if !d.has("list", "scan", "copy", "trail", "events") {
			break // no functions
		}
		d.contextFlags = append(d.contextFlags, "-c", "architecture=x86_64")
		d.detail("This machine is not arm64, so the functions are built for x86_64, from the same source.")
	default:
		return fmt.Errorf("found architecture %s, expected arm64 or amd64: Lambda has no others", runtime.GOARCH)
	}
	return d.cdk(ctx, d.sandbox.Source, append([]string{"synth", "--quiet"}, d.contextFlags...)...)
}

func (d *demo) deploy(ctx context.Context) error {
	deploy := func(account *sandbox.Account, stack string) error {
		d.step("Deploying %s account %s with its own credentials only", account.Profile, account.ID)
		return d.cdk(ctx, account, append([]string{"deploy", stack}, d.contextFlags...)...)
	}
	source := func() error { return deploy(d.sandbox.Source, "CrossGrant-Source") }
	target := func() error { return deploy(d.sandbox.Target, "CrossGrant-Target") }
	steps := []func() error{target, source}
	switch d.order {
	case SourceFirst:
		steps = []func() error{source, target}
	case Together:
		steps = []func() error{func() error {
			d.step("Deploying both accounts with the credentials of the source account")
			return d.cdk(ctx, d.sandbox.Source, append([]string{"deploy", "--all"}, d.contextFlags...)...)
		}}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// cannotDeleteVpc is the error of the local AWS when a stack with route tables is deleted. It never deletes route tables, so the VPC and the
// stack remain. Everything else in the stack is deleted.
const cannotDeleteVpc = "has dependencies and cannot be deleted"

// remove destroys both stacks, the trust before the roles that it names, each with its own account's credentials, and checks that the functions and the target stack are gone. It
// does not check what a deletion policy retains: the local AWS does not support RetainExceptOnCreate.
func (d *demo) remove(ctx context.Context) error {
	d.step("Destroying both stacks")
	destroy := func(account string) []string {
		return append([]string{"destroy", account, "--force"}, d.contextFlags...)
	}
	if err := d.cdk(ctx, d.sandbox.Target, destroy("CrossGrant-Target")...); err != nil {
		return err
	}
	if err := d.cdk(ctx, d.sandbox.Source, destroy("CrossGrant-Source")...); err != nil {
		if !strings.Contains(err.Error(), cannotDeleteVpc) {
			return err
		}
		d.detail("The local AWS cannot delete route tables, so the source account keeps its VPC.")
	}
	functions, err := lambda.NewFromConfig(d.sandbox.Config(d.sandbox.Source)).ListFunctions(ctx, nil)
	if err != nil {
		return fmt.Errorf("list functions: %w", err)
	}
	d.check(len(functions.Functions) == 0, "the functions are gone", functions.Functions)
	stacks, err := d.sandbox.Stacks(ctx, d.sandbox.Target)
	if err != nil {
		return err
	}
	d.check(len(stacks) == 0, "the target stack is gone", stacks)
	return nil
}

// report prints steps and checks as they happen, in lines of at most 100 columns except for commands, and counts the checks.
type report struct {
	out            io.Writer
	began          time.Time
	passed, failed int
}

// step prints that a step begins.
func (r *report) step(format string, args ...any) {
	fmt.Fprintf(r.out, "[%6.1f s] %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
}

// detail prints a line about the current step.
func (r *report) detail(format string, args ...any) {
	fmt.Fprintf(r.out, "           %s\n", fmt.Sprintf(format, args...))
}

// nearest is, in what the sandbox adds to AWS's message, the statement of the first policy that comes nearest to permitting the request.
var nearest = regexp.MustCompile(`^no statement of (.+?) allows \S+ on \S+; nearest: statement (\S+), (fails on .+?)(?:; (?:no statement of|there is no) .*)?$`)

// quote prints AWS's message about a request that it denied, and the statement behind it, which AWS does not say.
func (r *report) quote(message string) {
	said, behind, _ := strings.Cut(message, " (")
	if behind = strings.TrimSuffix(behind, ")"); nearest.MatchString(behind) {
		behind = nearest.ReplaceAllString(behind, "nearest: statement $2 of $1, which $3")
	}
	for i, text := range []string{said, behind} {
		for _, line := range columns.Wrap(text, 100-len("           ")-2*i) {
			r.detail("%s%s", strings.Repeat("  ", i), line)
		}
	}
}

// check counts and prints one expectation, and what was found instead if it does not hold.
func (r *report) check(ok bool, expected string, found any) {
	if ok {
		r.passed++
		fmt.Fprintf(r.out, "      PASS %s\n", expected)
		return
	}
	r.failed++
	fmt.Fprintf(r.out, "      FAIL %s\n           found %s\n", expected, shorten(fmt.Sprint(found), 600))
}

// shorten returns the beginning of text as one line.
func shorten(text string, limit int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > limit {
		return text[:limit] + " …"
	}
	return text
}
