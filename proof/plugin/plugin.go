// Package plugin runs the proof as a CDK validation plugin: synthesis fails unless the app's grants give exactly the access that they declare.
// It proves nothing itself (package proof does).
package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// Name is what CDK calls the plugin. A rule is acknowledged as "crossgrant::RULE".
const Name = "crossgrant"

// undecided is the rule of whatever cannot be decided.
const undecided = "Undecided"

// Register proves an app, or a stage of one, at each synthesis:
//
//	plugin.Register(app, proof.Options{})
//
// Acknowledge a violation that you accept with its rule, such as "crossgrant::PlainHTTP", on the construct that it is about:
//
//	awscdk.Validations_Of(role).Acknowledge(&awscdk.Acknowledgment{Id: jsii.String("crossgrant::OverGrant"), Reason: jsii.String("…")})
func Register(app constructs.IConstruct, o proof.Options) {
	awscdk.Validations_Of(app).AddPlugins(&validation{options: o})
}

// validation implements awscdk.IPolicyValidationPlugin.
type validation struct{ options proof.Options }

func (v *validation) Name() *string    { return jsii.String(Name) }
func (v *validation) Version() *string { return jsii.String("1") }

// RuleIds are the proof's rules.
func (v *validation) RuleIds() *[]*string {
	ids := []*string{jsii.String(undecided)}
	for _, rule := range proof.Rules() {
		ids = append(ids, jsii.String(string(rule)))
	}
	return &ids
}

// Validate proves the assembly that the templates belong to.
func (v *validation) Validate(context awscdk.IPolicyValidationContext) *awscdk.PolicyValidationPluginReport {
	violations := []*awscdk.PolicyViolation{}
	dirs, err := directories(*context.TemplatePaths())
	if err != nil {
		panic(fmt.Sprintf("crossgrant: find the assembly: %v", err))
	}
	for _, dir := range dirs {
		found, err := v.prove(dir)
		if err != nil {
			panic(fmt.Sprintf("crossgrant: prove %s: %v", dir, err))
		}
		violations = append(violations, found...)
	}
	return &awscdk.PolicyValidationPluginReport{Success: jsii.Bool(len(violations) == 0), Violations: &violations}
}

// directories are those of the assemblies that the templates belong to: of nested assemblies, such as those of an app's stages, the outermost.
func directories(templates []*string) ([]string, error) {
	var all []string
	for _, path := range templates {
		dir := filepath.Dir(*path)
		for {
			parent := filepath.Dir(dir)
			nested, err := contains(parent, filepath.Base(dir))
			if err != nil {
				return nil, err
			}
			if !nested {
				break
			}
			dir = parent
		}
		if !slices.Contains(all, dir) {
			all = append(all, dir)
		}
	}
	return all, nil
}

// contains says that the manifest of a directory names another one within it as a nested assembly. A directory without a manifest is no
// assembly and contains none.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.NestedCloudAssemblyProperties.html
func contains(dir, name string) (bool, error) {
	file := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the manifest of an assembly: %w", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ DirectoryName string }
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return false, fmt.Errorf("read %s: %w", file, err)
	}
	for _, artifact := range manifest.Artifacts {
		if artifact.Type == "cdk:cloud-assembly" && artifact.Properties.DirectoryName == name {
			return true, nil
		}
	}
	return false, nil
}

func (v *validation) prove(dir string) ([]*awscdk.PolicyViolation, error) {
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		return nil, fmt.Errorf("read the assembly: %w", err)
	}
	report, err := proof.Prove(a, v.options)
	if err != nil {
		return nil, fmt.Errorf("prove it: %w", err)
	}
	var all []*awscdk.PolicyViolation
	for _, f := range report.Findings() {
		all = append(all, violation(dir, f))
	}
	return all, nil
}

// violation is a finding as CDK reports it.
func violation(dir string, f *proof.Finding) *awscdk.PolicyViolation {
	rule := string(f.Rule)
	if f.Verdict == proof.Undecided {
		rule = undecided
	}
	var names []string
	for _, c := range f.Checks {
		names = append(names, policy.Readable(c.Name))
	}
	const most = 3
	said := strings.Join(names[:min(most, len(names))], "; ")
	if more := len(names) - most; more > 0 {
		said += fmt.Sprintf(" and %d more", more)
	}
	about := "grant " + f.Checks[0].Grant
	if f.Checks[0].Grant == "" {
		about = "no grant"
	}
	description := fmt.Sprintf("%s, %s: %s", f.Verdict, about, said)
	for _, sentence := range f.Says {
		description += "\n   " + policy.Readable(sentence)
	}
	one := &awscdk.PolicyViolation{
		RuleName: jsii.String(rule), Description: jsii.String(description), Severity: jsii.String("error"),
		ViolatingResources: resources(dir, f),
	}
	if len(f.Remedy) > 0 {
		one.Fix = jsii.String(strings.ReplaceAll(strings.Join(f.Remedy, "\n"), "\n", "\n      "))
	}
	return one
}

// resources are those to change, or else the stack that declares the grant.
func resources(dir string, f *proof.Finding) *[]*awscdk.PolicyViolatingResource {
	all := []*awscdk.PolicyViolatingResource{}
	for _, r := range f.Where() {
		all = append(all, &awscdk.PolicyViolatingResource{
			ResourceLogicalId: jsii.String(r.LogicalID), TemplatePath: jsii.String(filepath.Join(dir, r.Stack.Template)), Locations: &[]*string{jsii.String("Properties")},
		})
	}
	return &all
}
