package network

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/kernel/kerneltest"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m)
}

var zones = []string{"ap-northeast-1a", "ap-northeast-1c"}

// fixture is an app with a stack in ap-northeast-1.
type fixture struct {
	app   awscdk.App
	stack awscdk.Stack
	vpc   *SourceVpc
}

// newStack returns a fixture without the VPC.
func newStack(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{app: awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(t.TempDir()), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true},
	})}
	f.stack = awscdk.NewStack(f.app, jsii.String("Source"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("ap-northeast-1")},
	})
	return f
}

// newVpcStack returns a fixture with a VPC in both zones.
func newVpcStack(t *testing.T, props SourceVpcProps) *fixture {
	t.Helper()
	f := newStack(t)
	props.AvailabilityZones = zones
	f.vpc = NewSourceVpc(f.stack, "Network", props)
	return f
}

// template synthesizes and returns the stack's template.
func (f *fixture) template(t *testing.T) policyview.Template {
	t.Helper()
	template, err := policyview.Parse(f.document(t))
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// document synthesizes and returns the stack's template as JSON.
func (f *fixture) document(t *testing.T) []byte {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(*f.app.Synth(nil).Directory(), "Source.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// ofType returns the sorted logical ids of a type's resources.
func ofType(template policyview.Template, resourceType string) (ids []string) {
	for id, r := range template.Resources {
		if r.Type == resourceType {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// subnets returns the sorted logical ids of the subnets in a subnet group.
func subnets(template policyview.Template, group string) (ids []string) {
	for id, r := range template.Resources {
		if r.Type == "AWS::EC2::Subnet" && strings.Contains(asJSON(r.Properties["Tags"]), `{"Key":"aws-cdk:subnet-name","Value":"`+group+`"}`) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// routeTables returns the sorted logical ids of the subnets' route tables.
func routeTables(template policyview.Template, subnets []string) (ids []string) {
	for _, r := range template.Resources {
		if r.Type == "AWS::EC2::SubnetRouteTableAssociation" && slices.Contains(subnets, ref(r.Properties["SubnetId"])) {
			ids = append(ids, ref(r.Properties["RouteTableId"]))
		}
	}
	slices.Sort(ids)
	return ids
}

// endpoint returns the one endpoint whose service ends in name.
func endpoint(t *testing.T, template policyview.Template, name string) policyview.Resource {
	t.Helper()
	var found []policyview.Resource
	for _, r := range template.Resources {
		if r.Type == "AWS::EC2::VPCEndpoint" && strings.Contains(asJSON(r.Properties["ServiceName"]), "."+name+`"`) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("found %d endpoints of %s, expected 1", len(found), name)
	}
	return found[0]
}

// refs returns the sorted logical ids that a list refers to.
func refs(value any) (ids []string) {
	list, _ := value.([]any)
	for _, item := range list {
		ids = append(ids, ref(item))
	}
	slices.Sort(ids)
	return ids
}

// ref returns the logical id in a Ref or Fn::GetAtt.
func ref(value any) string {
	object, _ := value.(map[string]any)
	if attribute, ok := object["Fn::GetAtt"].([]any); ok {
		return attribute[0].(string)
	}
	id, _ := object["Ref"].(string)
	return id
}

func asJSON(value any) string {
	encoded, _ := json.Marshal(value)
	return string(encoded)
}
