package stacks

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

func TestMain(m *testing.M) {
	flag.Parse()
	// CDK's own validation takes seconds per app; `make test` runs it on the app's templates.
	os.Setenv("CDK_VALIDATION", "false")
	jsii.Close() // the kernel reads the environment when it starts
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// settings returns the context of cdk.json with the placeholder accounts, and some changes; nil removes a key.
func settings(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	content, err := os.ReadFile("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var app struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(content, &app); err != nil {
		t.Fatal(err)
	}
	// Someone who deploys has their own accounts in cdk.json.
	for key, value := range map[string]any{
		"sourceAccount": "111111111111", "targetAccount": "222222222222", "region": "ap-northeast-1", "stage": "dev",
		"egress": "nat", "prefixes": []any{"inbox/", "reports/"}, "removalPolicy": "retain", "architecture": "arm64",
		"availabilityZones": []any{"ap-northeast-1a", "ap-northeast-1c"},
	} {
		app.Context[key] = value
	}
	for key, value := range changes {
		if app.Context[key] = value; value == nil {
			delete(app.Context, key)
		}
	}
	return app.Context
}

// synthesis is a synthesized app.
type synthesis struct {
	dir            string
	source, target policyview.Template
}

// synthesize synthesizes the app with the settings of cdk.json and some changes.
func synthesize(t *testing.T, changes map[string]any) synthesis {
	t.Helper()
	all := settings(t, changes)
	config, err := ReadConfig(all)
	if err != nil {
		t.Fatal(err)
	}
	var build *workload.Build
	if len(Functions(config)) > 0 {
		build = compiled(t, config.Architecture)
	}
	a := synthesis{dir: t.TempDir()}
	all["aws:cdk:disable-creation-stack-traces"] = true
	all["aws:cdk:enable-path-metadata"] = true // as the command line does
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(a.dir), Context: &all})
	NewSourceStack(app, config, build, NewTargetStack(app, config))
	app.Synth(nil)
	a.source, a.target = a.template(t, SourceID), a.template(t, TargetID)
	return a
}

// builds are all functions, by processor.
var builds = map[workload.Architecture]*workload.Build{}

// compiled returns all functions for a processor, which it compiles once.
func compiled(t *testing.T, architecture workload.Architecture) *workload.Build {
	t.Helper()
	if builds[architecture] == nil {
		build, err := workload.Compile(context.Background(), workload.BuildProps{
			Dir: "..", Packages: []string{listPackage, scanPackage, copyPackage, trailPackage}, Architecture: architecture,
		})
		if err != nil {
			t.Fatal(err)
		}
		builds[architecture] = build
	}
	return builds[architecture]
}

func (a synthesis) template(t *testing.T, id string) policyview.Template {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(a.dir, id+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	template, err := policyview.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// ofType returns the resources of a type, by logical id.
func ofType(template policyview.Template, resourceType string) map[string]policyview.Resource {
	found := map[string]policyview.Resource{}
	for id, r := range template.Resources {
		if r.Type == resourceType {
			found[id] = r
		}
	}
	return found
}

// only returns the one resource of a type.
func only(t *testing.T, template policyview.Template, resourceType string) policyview.Resource {
	t.Helper()
	found := ofType(template, resourceType)
	if len(found) != 1 {
		t.Fatalf("found %d resources %s, expected 1", len(found), resourceType)
	}
	for _, r := range found {
		return r
	}
	panic("unreachable")
}

// asJSON returns part of a template as JSON, with sorted keys.
func asJSON(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(encoded)
}

// outputs returns the outputs of a stack.
func outputs(t *testing.T, a synthesis, id string) map[string]any {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(a.dir, id+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct{ Outputs map[string]any }
	if err := json.Unmarshal(document, &template); err != nil {
		t.Fatal(err)
	}
	return template.Outputs
}
