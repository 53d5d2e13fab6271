package workload

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/kernel/kerneltest"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m, func() { os.RemoveAll(compiledIn) })
}

// compiled is the function of all fixtures, whose module is in the folder compiledIn; nil and "" before the first of them.
var (
	compiled   *Build
	compiledIn string
)

// fixture is an app with a stack in each of two accounts, a VPC and a compiled function.
type fixture struct {
	app            awscdk.App
	source, target awscdk.Stack
	vpc            awsec2.IVpc
	build          *Build
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	if compiled == nil {
		var err error
		if compiledIn, err = os.MkdirTemp("", "functions-"); err != nil {
			t.Fatal(err)
		}
		moduleIn(t, compiledIn, "", "one")
		if compiled, err = Compile(context.Background(), BuildProps{Dir: compiledIn, Packages: []string{"./one"}, Architecture: X86_64}); err != nil {
			t.Fatal(err)
		}
	}
	f := &fixture{build: compiled, app: awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(t.TempDir()), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true, "@aws-cdk/aws-iam:minimizePolicies": true},
	})}
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(f.app, jsii.String(id), &awscdk.StackProps{
			Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")},
		})
	}
	f.source, f.target = stack("Source", "111111111111"), stack("Target", "222222222222")
	f.vpc = awsec2.Vpc_FromVpcAttributes(f.source, jsii.String("Vpc"), &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("ap-northeast-1a"), PrivateSubnetIds: jsii.Strings("subnet-1"),
	})
	return f
}

func (f *fixture) function(name string, props GoFunctionProps) *GoFunction {
	props.Build, props.Package, props.FunctionName, props.RoleName, props.Vpc = f.build, "./one", name, name, f.vpc
	return NewGoFunction(f.source, name, props)
}

// template synthesizes and returns a stack's template.
func (f *fixture) template(t *testing.T, stack awscdk.Stack) policyview.Template {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(*f.app.Synth(nil).Directory(), *stack.ArtifactId()+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	template, err := policyview.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// byName returns the resources of a type by a text property, such as their name.
func byName(template policyview.Template, resourceType, property string) map[string]policyview.Resource {
	found := map[string]policyview.Resource{}
	for _, r := range template.Resources {
		if name, ok := r.Properties[property].(string); ok && r.Type == resourceType {
			found[name] = r
		}
	}
	return found
}

// only returns the one resource of a type.
func only(t *testing.T, template policyview.Template, resourceType string) policyview.Resource {
	t.Helper()
	var found []policyview.Resource
	for _, r := range template.Resources {
		if r.Type == resourceType {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("found %d resources %s, expected 1", len(found), resourceType)
	}
	return found[0]
}

func asJSON(value any) string {
	encoded, _ := json.Marshal(value)
	return string(encoded)
}

// hash is what CDK adds to logical IDs.
var hash = regexp.MustCompile(`([A-Za-z])[0-9A-F]{8}"`)

// checkIntents fails unless a template records exactly these intents of a kind, by name: the path of their construct in the stack and their own.
// Logical IDs are without CDK's hashes.
func checkIntents(t *testing.T, template policyview.Template, kind string, expected map[string]string) {
	t.Helper()
	found := map[string]string{}
	for key, value := range template.Metadata {
		name, ok := strings.CutPrefix(key, contract.IntentPrefix)
		if one, is := value.(map[string]any)[kind]; ok && is {
			_, name, _ = strings.Cut(name, "/")
			found[name] = hash.ReplaceAllString(asJSON(one), `$1"`)
		}
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("intents (-expected +found):\n%s", diff)
	}
}

// sorted returns JSON with the names of objects in order.
func sorted(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return asJSON(value)
}
