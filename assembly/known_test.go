package assembly_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// writtenAssembly writes the templates of an assembly with one stack for each, in account 111111111111 and region eu-west-1.
func writtenAssembly(t *testing.T, templates map[string]string) string {
	t.Helper()
	dir, artifacts := t.TempDir(), map[string]any{}
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range templates {
		if write(name+".yaml", []byte(text)); !strings.HasPrefix(name, "nested") {
			artifacts[name] = map[string]any{"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-west-1",
				"properties": map[string]any{"templateFile": name + ".yaml", "stackName": name}}
		}
	}
	manifest, err := json.Marshal(map[string]any{"version": "55.0.0", "artifacts": artifacts})
	if err != nil {
		t.Fatal(err)
	}
	write("manifest.json", manifest)
	return dir
}

const open = `
Parameters:
  Name: {Type: String, Default: lake}
  Protocol: {Type: String, Default: HTTP}
  Region: {Type: String}
  Stage: {Type: String, Default: test}
  Unused: {Type: String, Default: none}
  Stored: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: names}
Conditions: {Prod: !Equals [!Ref Stage, prod]}
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: !Ref Protocol}}
  Use: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Api.ApiEndpoint}}
  Plain: {Type: AWS::S3::Bucket, Properties: {BucketName: plain}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Lake, PolicyDocument: {Statement: [{Resource: !Sub "${Lake.Arn}/${Region}"}]}}}
  More: {Type: AWS::S3::Bucket, Condition: Prod, Properties: {BucketName: more}}
  Read: {Type: AWS::SNS::Topic, Properties: {TopicName: !Select [1, !Ref Stored], DisplayName: "{{resolve:ssm:/names/first:2}}"}}
  Inner: {Type: AWS::CloudFormation::Stack, Metadata: {"aws:asset:path": nested.yaml}, Properties: {TemplateURL: x, Parameters: {Given: !Ref Name}}}
Outputs: {Lake: {Value: !Ref Lake, Export: {Name: lake}}}
`

// Each resource says where the values come from that the templates leave open, also by references to other resources and stacks.
func TestSources(t *testing.T) {
	dir := writtenAssembly(t, map[string]string{"Open": open,
		"Other":  `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::ImportValue": "lake"}}}, "Far": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::ImportValue": "sea"}}}}}`,
		"nested": `{"Parameters": {"Given": {"Type": "String"}, "Left": {"Type": "String", "Default": "left"}}, "Resources": {"In": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Given"}, "DisplayName": {"Ref": "Left"}}}}}`})
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const name, unknownRegion, unstored = `parameter Name of stack Open has its default, "lake"`, "unknown parameter Region", "unknown stored parameter arn:aws:ssm:eu-west-1:111111111111:parameter/"
	compare := func(a *assembly.Assembly, want map[string][]string) {
		t.Helper()
		got := map[string][]string{}
		add := func(key string, sources []assembly.Source) {
			for _, s := range sources {
				text := s.String()
				if !s.Known {
					text = "unknown " + string(s.Kind) + " " + s.Name
				}
				got[key] = append(got[key], text)
			}
		}
		for _, s := range a.Stacks {
			add(s.Label, s.Sources)
			for _, r := range s.Resources {
				add(s.Label+"."+r.LogicalID, r.Sources)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sources (-expected +found):\n%s", diff)
		}
	}
	protocol := `parameter Protocol of stack Open has its default, "HTTP"`
	stored := `parameter Stored of stack Open has its default, "names"`
	compare(a, map[string][]string{
		"Open":      {`parameter Stage of stack Open has its default, "test"`}, // since More is not there
		"Open.Lake": {name}, "Open.Api": {protocol}, "Open.Use": {protocol},
		"Open.Inner": {name}, "Open>Inner.In": {name}, // whose other parameter has its default, whatever happens
		"Open.Policy": {name, unknownRegion},
		"Open.Read":   {stored, unstored + "names", unstored + "names/first:2"},
		"Other.Topic": {name}, "Other.Far": {"unknown export sea"},
	})
	other := filepath.Join(t.TempDir(), "sea.yaml")
	if err := os.WriteFile(other, []byte(`{"Resources": {}, "Outputs": {"Sea": {"Value": "ocean", "Export": {"Name": "sea"}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := a.Knowing(assembly.Known{By: "facts.json", Parameters: map[string]map[string]string{"Open": {"Region": "eu", "Stage": "prod"}},
		Stored:    map[string]string{"arn:aws:ssm:eu-west-1:111111111111:parameter/names": "one, two", "arn:aws:ssm:eu-west-1:111111111111:parameter/names/first:2": "first"},
		Templates: []assembly.TemplateFile{{Path: other, StackName: "Sea", Account: "111111111111", Region: "eu-west-1"}}})
	if err != nil {
		t.Fatal(err)
	}
	const by, ssm = ` (by facts.json)`, "arn:aws:ssm:eu-west-1:111111111111:parameter/"
	stage := `parameter Stage of stack Open is "prod"` + by
	compare(known, map[string][]string{
		"Open.Lake": {name}, "Open.Api": {protocol}, "Open.Use": {protocol}, "Open.Inner": {name}, "Open>Inner.In": {name}, "Open.More": {stage},
		"Open.Policy": {name, `parameter Region of stack Open is "eu"` + by},
		"Open.Read":   {stored, ssm + `names of Systems Manager is "one, two"` + by, ssm + `names/first:2 of Systems Manager is "first"` + by},
		"Other.Topic": {name},
		"Sea":         {"stack Sea is deployed from the template " + other + by},
	})
	names := map[string]string{}
	for _, r := range append(known.OfType("AWS::SNS::Topic"), known.OfType("AWS::S3::Bucket")...) {
		if policy.IsKnown(r.Name) {
			names[r.Stack.Label+"."+r.LogicalID] = r.Name
		}
	}
	if diff := cmp.Diff(map[string]string{"Open.Lake": "lake", "Open.Plain": "plain", "Open.More": "more", "Open.Read": "two", "Open>Inner.In": "lake", "Other.Topic": "lake", "Other.Far": "ocean"}, names); diff != "" {
		t.Errorf("names (-expected +found):\n%s", diff)
	}
	if far := a.ByARN("arn:aws:sns:eu-west-1:111111111111:ocean"); len(far) != 0 {
		t.Error("found that the first assembly has changed")
	}
	if read := a.OfType("AWS::SNS::Topic")[0]; policy.IsKnown(read.Name) {
		t.Errorf("found name %s of what is not known", read.Name)
	}
	if _, err := a.Knowing(assembly.Known{By: "facts.json", Parameters: map[string]map[string]string{"Open>Inner": {"Given": "x"}}}); err == nil || !strings.Contains(err.Error(), `found parameters of stack "Open>Inner", expected one of Open, Other`) {
		t.Errorf("found %v, expected that only what deploys a stack sets its parameters", err)
	}
	if _, err := a.Knowing(assembly.Known{By: "facts.json", Templates: []assembly.TemplateFile{{Path: other, StackName: "Open", Account: "111111111111", Region: "eu-west-1"}}}); err == nil || !strings.Contains(err.Error(), "found two of this name") {
		t.Errorf("found %v, expected that there is one stack of a name", err)
	}
	if _, err := (&assembly.Assembly{}).Knowing(assembly.Known{By: "facts.json", Parameters: map[string]map[string]string{"A": {"B": "c"}}}); err == nil || !strings.Contains(err.Error(), "that is not read from files") {
		t.Errorf("found %v, expected that there are no files", err)
	}
}

// The image that an instance starts from decides no access, so nothing rests on it, and nobody is asked for it.
func TestImagesAreNoSources(t *testing.T) {
	a := mustLoadYAML(t, `Parameters:
  Stored: {Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /aws/service/ami}
  Given: {Type: "AWS::EC2::Image::Id", Default: ami-1}
  Open: {Type: "AWS::EC2::Image::Id"}
  Size: {Type: String, Default: t4g.nano}
Resources:
  One: {Type: AWS::EC2::Instance, Properties: {ImageId: !Ref Stored, InstanceType: !Ref Size}}
  Two: {Type: AWS::EC2::Instance, Properties: {ImageId: !Ref Given, KeyName: !Ref Open}}
`)
	for id, expected := range map[string]int{"One": 1, "Two": 0} {
		for _, r := range a.Stacks[0].Resources {
			if r.LogicalID == id && len(r.Sources) != expected {
				t.Errorf("%s: found sources %v, expected %d", id, r.Sources, expected)
			}
		}
	}
}
