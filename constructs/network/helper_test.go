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

	"github.com/crossgrant/crossgrant/internal/policyview"
)

func TestMain(m *testing.M) {
	os.Setenv("CDK_VALIDATION", "false")
	jsii.Close() // so that the kernel starts with that environment
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// land is a stack of ap-northeast-1 with the network.
type land struct {
	app   awscdk.App
	stack awscdk.Stack
	vpc   *SourceVpc
}

func newLand(t *testing.T, props SourceVpcProps) *land {
	t.Helper()
	l := &land{app: awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(t.TempDir()), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true},
	})}
	l.stack = awscdk.NewStack(l.app, jsii.String("Source"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("ap-northeast-1")},
	})
	props.AvailabilityZones = []string{"ap-northeast-1a", "ap-northeast-1c"}
	DeclareZones(l.stack, props.AvailabilityZones)
	l.vpc = NewSourceVpc(l.stack, "Network", props)
	return l
}

// template synthesizes and returns the stack's template.
func (l *land) template(t *testing.T) policyview.Template {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(*l.app.Synth(nil).Directory(), "Source.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	template, err := policyview.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// subnets are the logical ids of a kind's subnets, sorted, by the name that CDK gives them.
func subnets(template policyview.Template, kind string) (ids []string) {
	for id, r := range template.Resources {
		if r.Type == "AWS::EC2::Subnet" && strings.Contains(asJSON(r.Properties["Tags"]), `{"Key":"aws-cdk:subnet-name","Value":"`+kind+`"}`) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// routeTables are the logical ids of the route tables that subnets have, sorted.
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

// refs are the logical ids that a list refers to, sorted.
func refs(value any) (ids []string) {
	list, _ := value.([]any)
	for _, item := range list {
		ids = append(ids, ref(item))
	}
	slices.Sort(ids)
	return ids
}

// ref is the logical id that Ref, or a Fn::GetAtt, names.
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
