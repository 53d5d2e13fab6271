// Package plugin runs the proof as a CDK validation plugin: synthesis fails unless the app's grants give exactly the access that they declare.
// It proves nothing itself (package proof does).
package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

// Name is what CDK calls the plugin. A finding is acknowledged as "crossgrant::ID".
const Name = "crossgrant"

const (
	// failed is the rule of an app that cannot be proved at all. Nobody can acknowledge it.
	failed = "Failed"
	// wholeRule is the rule of acknowledgements that name no finding but a whole rule. Nobody can acknowledge it.
	wholeRule = "AcknowledgesWholeRule"
	// stale is the rule of acknowledgements of what is not found. It is a warning.
	stale = "AcknowledgesNothing"
)

// Register proves an app, or a stage of one, at each synthesis:
//
//	plugin.Register(app, proof.Options{})
//
// Acknowledge a violation that you accept, as the last resort, by the ID that it is printed with, on the construct that it is about:
//
//	awscdk.Validations_Of(role).Acknowledge(&awscdk.Acknowledgment{Id: jsii.String("crossgrant::OverGrant-Any-5d41402a"), Reason: jsii.String("…")})
//
// The ID names the statement, or the access, as it is: if the statement changes, it is a violation again. A whole rule, such as "crossgrant::OverGrant", cannot be
// acknowledged, and an acknowledgement of what is not found is a warning.
//
// A synthesis that succeeds prints one line on standard error, with how many grants and accesses are proved.
//
// A broken or undecided grant ends the app with exit code 1, whichever of its stacks are selected, and lets app.Synth panic where no CDK
// command line runs the app, such as in a test of yours. Register panics without an app.
func Register(app constructs.IConstruct, o proof.Options) {
	if v := reflect.ValueOf(app); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		panic("plugin.Register: found no app (nil), expected the app whose grants are to be proved, or a stage of it")
	}
	awscdk.Validations_Of(app).AddPlugins(&validation{options: o})
}

// validation implements awscdk.IPolicyValidationPlugin.
type validation struct{ options proof.Options }

func (v *validation) Name() *string    { return jsii.String(Name) }
func (v *validation) Version() *string { return jsii.String("1") }

// RuleIds are the proof's rules, with which the IDs of findings begin, and those of this plugin.
func (v *validation) RuleIds() *[]*string {
	var ids []*string
	for _, rule := range append(rules(), failed, wholeRule, stale) {
		ids = append(ids, jsii.String(rule))
	}
	return &ids
}

// rules are what the IDs of findings begin with.
func rules() []string {
	all := []string{proof.UndecidedKind}
	for _, rule := range proof.Rules() {
		all = append(all, string(rule))
	}
	return all
}

// Validate proves the assembly that the templates belong to.
//
// The CDK's command line counts the violations of selected stacks only, and takes a plugin that fails for one that has nothing to say. Access
// across accounts is a matter of the whole app, so each violation here is one that belongs to no construct: it counts, and is printed once,
// whatever is selected.
func (v *validation) Validate(context awscdk.IPolicyValidationContext) *awscdk.PolicyValidationPluginReport {
	violations, passes := []*awscdk.PolicyViolation{}, true
	dirs, err := directories(*context.TemplatePaths())
	if err != nil {
		violations = append(violations, failure("cannot find the assembly", err))
	}
	for _, dir := range dirs {
		if already, err := v.isReported(dir); err == nil && already {
			continue
		}
		known := acknowledgements{}
		proved, err := v.prove(dir)
		if err == nil {
			err = known.of(dir, context.AppConstruct(), stackPaths(context))
		}
		if err != nil {
			violations = append(violations, failure("cannot prove "+dir, err))
			continue
		}
		findings := proved.Findings()
		for _, f := range findings {
			violations = append(violations, violation(dir, f, known.have))
		}
		if line := success(proved, findings, known.have); line != "" {
			fmt.Fprintln(os.Stderr, Name+": "+line)
		}
		for _, unused := range known.unused() {
			violations = append(violations, unusable(unused, findings))
		}
	}
	for _, one := range violations {
		passes = passes && *one.Severity == warning
	}
	return &awscdk.PolicyValidationPluginReport{Success: &passes, Violations: &violations}
}

// stackPaths are the construct paths of the stacks.
func stackPaths(context awscdk.IPolicyValidationContext) (all []string) {
	for _, stack := range *context.StackTemplates() {
		all = append(all, *stack.StackConstructPath)
	}
	return all
}

func (v *validation) prove(dir string) (*proof.Report, error) {
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		return nil, fmt.Errorf("read the assembly: %w", err)
	}
	report, err := proof.Prove(a, v.options)
	if err != nil {
		return nil, fmt.Errorf("prove it: %w", err)
	}
	return report, nil
}

// report is one synthesis of an assembly, and the options by which it was proved.
type report struct {
	dir     string
	written time.Time
	options proof.Options
}

// reported are the reports of this process. CDK calls one plugin after the other.
var reported []report

// isReported says that a synthesis is reported already, since the app is registered more than once, such as by each of its stages.
func (v *validation) isReported(dir string) (bool, error) {
	manifest, err := os.Stat(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return false, fmt.Errorf("find the manifest: %w", err)
	}
	this := report{dir, manifest.ModTime(), v.options}
	if slices.ContainsFunc(reported, func(r report) bool { return reflect.DeepEqual(r, this) }) {
		return true, nil
	}
	reported = append(reported, this)
	return false, nil
}
