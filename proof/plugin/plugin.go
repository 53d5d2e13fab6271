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

// Name is what CDK calls the plugin. A rule is acknowledged as "crossgrant::RULE".
const Name = "crossgrant"

const (
	// undecided is the rule of whatever cannot be decided.
	undecided = "Undecided"
	// failed is the rule of an app that cannot be proved at all. Nobody can acknowledge it.
	failed = "Failed"
)

// Register proves an app, or a stage of one, at each synthesis:
//
//	plugin.Register(app, proof.Options{})
//
// Acknowledge a violation that you accept with its rule, such as "crossgrant::PlainHTTP", on the construct that it is about:
//
//	awscdk.Validations_Of(role).Acknowledge(&awscdk.Acknowledgment{Id: jsii.String("crossgrant::OverGrant"), Reason: jsii.String("…")})
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

// RuleIds are the proof's rules.
func (v *validation) RuleIds() *[]*string {
	ids := []*string{jsii.String(undecided), jsii.String(failed)}
	for _, rule := range proof.Rules() {
		ids = append(ids, jsii.String(string(rule)))
	}
	return &ids
}

// Validate proves the assembly that the templates belong to.
//
// The CDK's command line counts the violations of selected stacks only, and takes a plugin that fails for one that has nothing to say. Access
// across accounts is a matter of the whole app, so each violation here is one that belongs to no construct: it counts, and is printed once,
// whatever is selected.
func (v *validation) Validate(context awscdk.IPolicyValidationContext) *awscdk.PolicyValidationPluginReport {
	violations := []*awscdk.PolicyViolation{}
	dirs, err := directories(*context.TemplatePaths())
	if err != nil {
		violations = append(violations, failure("cannot find the assembly", err))
	}
	known := &acknowledgements{context.AppConstruct(), map[string]map[string]bool{}}
	for _, dir := range dirs {
		if already, err := v.isReported(dir); err == nil && already {
			continue
		}
		findings, err := v.prove(dir)
		if err != nil {
			violations = append(violations, failure("cannot prove "+dir, err))
		}
		for _, f := range findings {
			violations = append(violations, violation(dir, f, known.have))
		}
	}
	return &awscdk.PolicyValidationPluginReport{Success: jsii.Bool(len(violations) == 0), Violations: &violations}
}

func (v *validation) prove(dir string) ([]*proof.Finding, error) {
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		return nil, fmt.Errorf("read the assembly: %w", err)
	}
	report, err := proof.Prove(a, v.options)
	if err != nil {
		return nil, fmt.Errorf("prove it: %w", err)
	}
	return report.Findings(), nil
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
