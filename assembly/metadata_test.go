package assembly_test

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

// Metadata is as the template has it: functions in it are not resolved.
func TestMetadataOfAResource(t *testing.T) {
	const yaml = `
Parameters: {P: {Type: String, Default: abc}}
Resources:
  X:
    Type: AWS::S3::Bucket
    Metadata: {Plain: [1, yes, text], "App::Mark": true, Ref: !Ref P, Sub: !Sub "a-${P}", Nested: {Fn::GetAtt: [Y, Arn]}}
    Properties: {BucketName: !Ref P}
  Y: {Type: AWS::SQS::Queue}
`
	const json = `{"Parameters": {"P": {"Type": "String", "Default": "abc"}}, "Resources": {
		"X": {
			"Type": "AWS::S3::Bucket",
			"Metadata": {"Plain": [1, true, "text"], "App::Mark": true, "Ref": {"Ref": "P"}, "Sub": {"Fn::Sub": "a-${P}"}, "Nested": {"Fn::GetAtt": ["Y", "Arn"]}},
			"Properties": {"BucketName": {"Ref": "P"}}
		},
		"Y": {"Type": "AWS::SQS::Queue"}
	}}`
	const expected = `{"App::Mark":true,"Nested":{"Fn::GetAtt":["Y","Arn"]},"Plain":[1,true,"text"],"Ref":{"Ref":"P"},"Sub":{"Fn::Sub":"a-${P}"}}`
	for name, load := range map[string]func() *assembly.Assembly{
		"YAML": func() *assembly.Assembly { return mustLoadYAML(t, yaml) },
		"JSON": func() *assembly.Assembly {
			dir := t.TempDir()
			write(t, dir, "t.json", json)
			a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/t.json", Account: "111122223333", Region: "us-west-2", StackName: "S"})
			if err != nil {
				t.Fatal(err)
			}
			return a
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := load()
			x := resource(t, a, "X")
			if found := show(x.Metadata); found != expected {
				t.Errorf("found %s, expected %s", found, expected)
			}
			if x.Name != "abc" || notes(a) != "" {
				t.Errorf("found name %q and notes %s, expected the properties to be resolved", x.Name, notes(a))
			}
			if y := resource(t, a, "Y"); y.Metadata != nil {
				t.Errorf("found metadata %s of a resource without any", show(y.Metadata))
			}
		})
	}
}

// What this program reads may refer to resources and parameters, as the CDK writes it.
func TestMetadataForThisProgram(t *testing.T) {
	a := mustLoadYAML(t, `
Parameters: {P: {Type: String, Default: abc}}
Resources:
  X:
    Type: AWS::S3::Bucket
    Metadata: {"App::Mark": !Ref P, "CrossGrant::Expect": [{resource: {"Fn::Join": ["", [!GetAtt X.Arn, "/reports/", !Ref P]]}, assuming: !Ref AWS::NoValue, allowed: true}]}
    Properties: {BucketName: lake}
`)
	const expected = `{"App::Mark":{"Ref":"P"},"CrossGrant::Expect":[{"allowed":true,"resource":"arn:aws:s3:::lake/reports/abc"}]}`
	if found := show(resource(t, a, "X").Metadata); found != expected || notes(a) != "" {
		t.Errorf("found %s and notes %s, expected %s", found, notes(a), expected)
	}
}

// What an app writes into the Metadata of the template may refer to its resources. CloudFormation's own keys are as the template has them.
func TestMetadataOfATemplate(t *testing.T) {
	a := mustLoadYAML(t, `
Parameters: {P: {Type: String, Default: abc}}
Metadata:
  App::Sends: {From: !GetAtt Y.Arn, To: !Sub "a-${P}", List: [!Ref P, {Ref: Missing}], Plain: [1, true]}
  App::Nothing: !Ref AWS::NoValue
  AWS::CloudFormation::Interface: {ParameterGroups: [{Parameters: [!Ref P]}]}
Resources:
  Y: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
`)
	const expected = `{"AWS::CloudFormation::Interface":{"ParameterGroups":[{"Parameters":[{"Ref":"P"}]}]},` +
		`"App::Sends":{"From":"arn:aws:sqs:us-west-2:111122223333:jobs","List":["abc","‹S.Missing›"],"Plain":[1,true],"To":"a-abc"}}`
	if found := show(a.Stacks[0].Metadata); found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
	if found := notes(a); !strings.Contains(found, "Metadata.App::Sends.List.1") || !strings.Contains(found, "Missing") {
		t.Errorf("found notes %s, expected one of the missing resource", found)
	}
}
