// Package deploy deploys a CDK app, in any language, into a running sandbox with the real CDK command line: it synthesizes the app once, bootstraps the
// environments that need it, and deploys the stacks in the order of their dependencies, each as the administrator of its own account. It starts no sandbox.
package deploy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/environment"
)

// Options configures Run.
type Options struct {
	// Project is the directory of the app. Required.
	Project string
	// App is the command of the app, or the directory of an assembly that was synthesized. Default what the project's cdk.json says.
	App string
	// Stacks are the stacks to deploy, with those that they depend on: by the name that `cdk list` prints or the name of the stack; * stands for any characters
	// but /. Default all.
	Stacks []string
	// Account is the account of stacks that have none, and Region their region. Required.
	Account, Region string
	// Flags are further flags of the CDK command line: -c and --context for the synthesis, the others for the deployment.
	Flags []string
	// Work is a directory for the assembly and the cache of the CDK command line. Required.
	Work string
	// Access gets the credentials of the administrator of an account. Required.
	Access func(ctx context.Context, account string) (environment.Access, error)
	// Progress is called with each step. Required.
	Progress func(format string, args ...any)
}

// Stack is a stack that was deployed.
type Stack struct {
	// ID is the name that `cdk list` prints, and Name the name of the stack.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Account and Region are where it is.
	Account string `json:"account"`
	Region  string `json:"region"`
	// Resources is how many resources it has.
	Resources int `json:"resources"`
	// Seconds is how long its deployment took, with those that one command deployed together.
	Seconds float64 `json:"seconds"`
}

// Result is what was done.
type Result struct {
	// Bootstrapped are the environments that were bootstrapped, as the CDK writes them: "aws://111111111111/eu-west-1".
	Bootstrapped []string `json:"bootstrapped"`
	// Stacks are those that were deployed, in that order.
	Stacks []Stack `json:"stacks"`
}

// run is one run.
type run struct {
	Options
	cdk      string // the program of the CDK command line
	assembly string // the directory of the assembly
	result   Result
}

// Run deploys an app. An error of the CDK command line has its whole output. The result is what was done until then.
func Run(ctx context.Context, o Options) (Result, error) {
	r := &run{Options: o, result: Result{Bootstrapped: []string{}, Stacks: []Stack{}}}
	err := r.run(ctx)
	return r.result, err
}

func (r *run) run(ctx context.Context) (err error) {
	if r.cdk, err = findCDK(r.Project); err != nil {
		return err
	}
	if err := r.synthesize(ctx); err != nil {
		return err
	}
	app, err := r.load()
	if err != nil {
		return err
	}
	artifacts, err := readArtifacts(r.assembly)
	if err != nil {
		return err
	}
	stacks, err := choose(app, artifacts, r.Stacks)
	if err != nil {
		return err
	}
	if err := r.bootstrap(ctx, app, artifacts, stacks); err != nil {
		return err
	}
	for _, group := range groups(stacks) {
		if err := r.deploy(ctx, artifacts, group); err != nil {
			return err
		}
	}
	return nil
}

// findCDK finds the program of the CDK command line: that of the project or a directory above it, else one on the PATH.
func findCDK(project string) (string, error) {
	absolute, err := filepath.Abs(project)
	if err != nil {
		return "", err
	}
	for dir := absolute; ; dir = filepath.Dir(dir) {
		program := filepath.Join(dir, "node_modules", ".bin", "cdk")
		if info, err := os.Stat(program); err == nil && !info.IsDir() {
			return program, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	program, err := exec.LookPath("cdk")
	if err != nil {
		return "", fmt.Errorf("found no CDK command line in node_modules of %s or above, or on the PATH: install it with `npm install aws-cdk` (https://docs.aws.amazon.com/cdk/v2/guide/cli.html)", absolute)
	}
	return program, nil
}

// synthesize synthesizes the app, unless an assembly is given.
func (r *run) synthesize(ctx context.Context) error {
	if given := cmp.Or(r.App, r.configured()); given != "" {
		if !filepath.IsAbs(given) {
			given = filepath.Join(r.Project, given)
		}
		if _, err := os.Stat(filepath.Join(given, "manifest.json")); err == nil {
			r.assembly = given
			return nil
		}
	}
	r.assembly = filepath.Join(r.Work, "cdk.out")
	r.Progress("Synthesizing %s", r.Project)
	args := []string{"synth", "--quiet", "--output", r.assembly}
	if r.App != "" {
		args = append(args, "--app", r.App)
	}
	context, _ := splitFlags(r.Flags)
	return r.runCDK(ctx, r.Account, append(args, context...)...)
}

// configured is the app that the project's cdk.json names. "" for none.
func (r *run) configured() string {
	var config struct{ App any } // text; what is none, the CDK command line refuses
	if text, err := os.ReadFile(filepath.Join(r.Project, "cdk.json")); err != nil || json.Unmarshal(text, &config) != nil {
		return ""
	}
	app, _ := config.App.(string)
	return app
}

// splitFlags splits flags into those with context, which matter to the synthesis, and the others, which matter to the deployment.
func splitFlags(flags []string) (context, others []string) {
	for i := 0; i < len(flags); i++ {
		switch flag := flags[i]; {
		case (flag == "-c" || flag == "--context") && i+1 < len(flags):
			context = append(context, flag, flags[i+1])
			i++
		case strings.HasPrefix(flag, "--context=") || strings.HasPrefix(flag, "-c="):
			context = append(context, flag)
		default:
			others = append(others, flag)
		}
	}
	return context, others
}

// runCDK runs the CDK command line as the administrator of an account, in an environment without the user's settings of AWS and the CDK.
func (r *run) runCDK(ctx context.Context, account string, args ...string) error {
	access, err := r.Access(ctx, account)
	if err != nil {
		return err
	}
	access.Region = r.Region
	variables := append(access.Apply(os.Environ()),
		"CDK_HOME="+filepath.Join(r.Work, "cdk"),
		"CDK_DISABLE_VERSION_CHECK=1",
		"CI=true",
		"NO_COLOR=1",
	)
	_, err = sandbox.Command(ctx, r.Project, variables, r.cdk, args...)
	return err
}

// load reads the assembly. Its stacks without an account or a region are in those of the options.
func (r *run) load() (*assembly.Assembly, error) {
	var options assembly.Options
	app, err := assembly.Load(r.assembly, options)
	if err != nil {
		return nil, fmt.Errorf("read the assembly: %w", err)
	}
	for _, s := range app.Stacks {
		if !policy.IsKnown(s.Account) {
			options.Account = r.Account
		}
		if !policy.IsKnown(s.Region) {
			options.Region = r.Region
		}
	}
	if options.Account != "" || options.Region != "" {
		if app, err = assembly.Load(r.assembly, options); err != nil {
			return nil, fmt.Errorf("read the assembly: %w", err)
		}
	}
	return app, nil
}

// choose returns the stacks with these names and those that they depend on, each after those that it depends on. Stacks that are one after another are
// of one environment where the dependencies let them.
func choose(app *assembly.Assembly, artifacts map[string]artifact, names []string) ([]*assembly.Stack, error) {
	wanted := map[*assembly.Stack]bool{}
	var want func(s *assembly.Stack)
	want = func(s *assembly.Stack) {
		if !wanted[s] {
			wanted[s] = true
			for _, d := range s.Dependencies {
				want(d)
			}
		}
	}
	var all []string
	matched := map[string]bool{}
	for _, s := range app.Stacks {
		if s.Parent != nil {
			continue
		}
		id := artifacts[s.Template].id
		all = append(all, id)
		if len(names) == 0 {
			want(s)
		}
		for _, name := range names {
			byID, err := path.Match(name, id)
			if err != nil {
				return nil, fmt.Errorf("stack %q: %w, expected a name in which * stands for any characters", name, err)
			}
			if byName, _ := path.Match(name, s.Name); byID || byName {
				matched[name] = true
				want(s)
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("found no stack in the assembly, expected at least one")
	}
	for _, name := range names {
		if !matched[name] {
			return nil, fmt.Errorf("found no stack %s, expected one of: %s", name, strings.Join(all, ", "))
		}
	}
	var sorted []*assembly.Stack
	for len(wanted) > 0 {
		var ready []*assembly.Stack
		for _, s := range app.Stacks {
			if wanted[s] && !slices.ContainsFunc(s.Dependencies, func(d *assembly.Stack) bool { return wanted[d] }) {
				ready = append(ready, s)
			}
		}
		if len(ready) == 0 {
			return nil, errors.New("found stacks that depend on each other in a circle, expected an order of deployment")
		}
		next := ready[0]
		if n := len(sorted); n > 0 {
			if i := slices.IndexFunc(ready, func(s *assembly.Stack) bool {
				return s.Account == sorted[n-1].Account && s.Region == sorted[n-1].Region
			}); i >= 0 {
				next = ready[i]
			}
		}
		sorted = append(sorted, next)
		delete(wanted, next)
	}
	return sorted, nil
}

// groups are the stacks that one command can deploy: those one after another of one account and region.
func groups(stacks []*assembly.Stack) (all [][]*assembly.Stack) {
	for _, s := range stacks {
		if n := len(all); n > 0 && all[n-1][0].Account == s.Account && all[n-1][0].Region == s.Region {
			all[n-1] = append(all[n-1], s)
			continue
		}
		all = append(all, []*assembly.Stack{s})
	}
	return all
}

// deploy deploys stacks of one account and region.
func (r *run) deploy(ctx context.Context, artifacts map[string]artifact, group []*assembly.Stack) error {
	began := time.Now()
	var ids []string
	for _, s := range group {
		ids = append(ids, artifacts[s.Template].id)
	}
	at := group[0]
	r.Progress("Deploying %s into account %s, %s", strings.Join(ids, ", "), at.Account, at.Region)
	_, others := splitFlags(r.Flags)
	args := append([]string{"deploy", "--app", r.assembly, "--exclusively", "--require-approval", "never"}, others...)
	if !slices.ContainsFunc(others, func(flag string) bool { return strings.HasPrefix(flag, "--method") }) {
		// By change sets, the local AWS loses the outputs of stacks, and at an update the defaults of their parameters.
		args = append(args, "--method=direct", "--previous-parameters=false")
	}
	if err := r.runCDK(ctx, at.Account, append(args, ids...)...); err != nil {
		return err
	}
	took := time.Since(began).Round(time.Millisecond).Seconds()
	for i, s := range group {
		n, err := r.resources(ctx, s)
		if err != nil {
			return err
		}
		r.result.Stacks = append(r.result.Stacks, Stack{ID: ids[i], Name: s.Name, Account: s.Account, Region: s.Region, Resources: n, Seconds: took})
	}
	return nil
}
