package stacks

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/internal/kernel/kerneltest"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

func TestMain(m *testing.M) {
	flag.Parse()
	kerneltest.Main(m, func() { os.RemoveAll(functions) }, func() { os.RemoveAll(assemblies) })
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

// synthesized are assemblies by their configuration, all in the folder assemblies; "" for none.
var (
	synthesized = map[string]synthesis{}
	assemblies  string
)

// synthesize synthesizes the app with the settings of cdk.json and some changes, or takes what another test has synthesized with the same.
func synthesize(t *testing.T, changes map[string]any) synthesis {
	t.Helper()
	all := settings(t, changes)
	config, err := ReadConfig(all)
	if err != nil {
		t.Fatal(err)
	}
	cdks := maps.Clone(all)
	maps.DeleteFunc(cdks, func(key string, _ any) bool { return !strings.Contains(key, ":") })
	key := asJSON(config) + asJSON(cdks)
	a, ok := synthesized[key]
	if !ok {
		a.dir = synthesizeAnew(t, config, all)
		a.source, a.target = a.template(t, SourceID), a.template(t, TargetID)
		synthesized[key] = a
	}
	return a
}

func synthesizeAnew(t *testing.T, config Config, all map[string]any) (dir string) {
	t.Helper()
	var build *workload.Build
	if len(Functions(config)) > 0 {
		build = compiled(t, config.Architecture)
	}
	if assemblies == "" {
		var err error
		if assemblies, err = os.MkdirTemp("", "assemblies-"); err != nil {
			t.Fatal(err)
		}
	}
	dir = filepath.Join(assemblies, strconv.Itoa(len(synthesized)))
	all["aws:cdk:disable-creation-stack-traces"] = true
	all["aws:cdk:enable-path-metadata"] = true // as the command line does
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(dir), Context: &all})
	NewSourceStack(app, config, build, NewTargetStack(app, config))
	app.Synth(nil)
	return dir
}

// builds are all functions, by processor, and functions is the folder of the module that they are compiled from; "" for none.
var (
	builds    = map[workload.Architecture]*workload.Build{}
	functions string
)

// compiled returns all functions for a processor, which it compiles once. They are programs that do nothing, since each synthesis copies them, and no
// test here runs them: the tests of the whole app, and the demo, have the real ones.
func compiled(t *testing.T, architecture workload.Architecture) *workload.Build {
	t.Helper()
	packages := []string{listPackage, scanPackage, copyPackage, trailPackage}
	if functions == "" {
		var err error
		if functions, err = os.MkdirTemp("", "functions-"); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{"go.mod": "module example.com/functions\n\ngo 1.26\n"}
		for _, p := range packages {
			files[filepath.Join(p, "main.go")] = "package main\n\nfunc main() {}\n"
		}
		for name, content := range files {
			file := filepath.Join(functions, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if builds[architecture] == nil {
		build, err := workload.Compile(context.Background(), workload.BuildProps{Dir: functions, Packages: packages, Architecture: architecture})
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
