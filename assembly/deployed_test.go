package assembly_test

import (
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Of a deployed stack it is known what AWS has called its resources. A physical ID is what Ref returns: a name, an ARN or a URL.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html#resources-section-physical-id
func TestResourcesOfADeployedStack(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "t.yaml", `
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {Path: /team/, AssumeRolePolicyDocument: {}}}
  Named: {Type: AWS::IAM::Role, Properties: {RoleName: reader, AssumeRolePolicyDocument: {}}}
  Key: {Type: AWS::KMS::Key}
  Topic: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue}
  Secret: {Type: AWS::SecretsManager::Secret}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc}}
  Vpc: {Type: AWS::EC2::VPC}
  Other: {Type: AWS::Example::Thing}
  Bucket: {Type: AWS::S3::Bucket}
`)
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/t.yaml", Account: "111122223333", Region: "us-west-2", StackName: "S", Deployed: map[string]string{
		"Role": "S-Role-1A2B", "Named": "reader", "Key": "1234abcd", "Topic": "arn:aws:sns:us-west-2:111122223333:S-Topic-1", "Queue": "https://sqs.us-west-2.amazonaws.com/111122223333/S-Queue-1",
		"Secret": "arn:aws:secretsmanager:us-west-2:111122223333:secret:Secret-1-aBcDeF", "Endpoint": "vpce-1", "Vpc": "vpc-1", "Other": "thing-1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for id, expected := range map[string][3]string{ // name, Ref, ARN
		"Role":     {"S-Role-1A2B", "S-Role-1A2B", "arn:aws:iam::111122223333:role/team/S-Role-1A2B"},
		"Named":    {"reader", "reader", "arn:aws:iam::111122223333:role/reader"},
		"Key":      {"1234abcd", "1234abcd", "arn:aws:kms:us-west-2:111122223333:key/1234abcd"},
		"Topic":    {"S-Topic-1", "arn:aws:sns:us-west-2:111122223333:S-Topic-1", "arn:aws:sns:us-west-2:111122223333:S-Topic-1"},
		"Queue":    {"S-Queue-1", "https://sqs.us-west-2.amazonaws.com/111122223333/S-Queue-1", "arn:aws:sqs:us-west-2:111122223333:S-Queue-1"},
		"Secret":   {"Secret-1", "arn:aws:secretsmanager:us-west-2:111122223333:secret:Secret-1-aBcDeF", "arn:aws:secretsmanager:us-west-2:111122223333:secret:Secret-1-aBcDeF"},
		"Endpoint": {"vpce-1", "vpce-1", "arn:aws:ec2:us-west-2:111122223333:vpc-endpoint/vpce-1"},
		"Other":    {"thing-1", "thing-1", ""},
		"Bucket":   {"‹S.Bucket›", "‹S.Bucket›", "arn:aws:s3:::‹S.Bucket›"}, // of which nothing is said
	} {
		r := resource(t, a, id)
		if found := [3]string{policy.Readable(r.Name), policy.Readable(r.Ref), policy.Readable(r.ARN)}; found != expected {
			t.Errorf("%s: found %q, expected %q", id, found, expected)
		}
	}
	if found := resource(t, a, "Endpoint").Properties["VpcId"]; found != "vpc-1" {
		t.Errorf("VpcId: found %q, expected vpc-1", found)
	}
}

// What someone changed beside CloudFormation counts in place of the template, whatever functions it has, and in no other stack of the template.
func TestDriftOfADeployedStack(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "t.yaml", `
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "lake-${AWS::StackName}", VersioningConfiguration: {Status: Enabled}}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: {Statement: []}}}
  Gone: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: {Statement: []}}}
`)
	file := assembly.TemplateFile{Path: dir + "/t.yaml", Account: "111122223333", Region: "us-west-2", StackName: "a"}
	other := file
	other.StackName = "b"
	file.Drift = map[string]map[string]any{
		"Policy": {"PolicyDocument": map[string]any{"Ref": "Bucket"}}, "Bucket": {"VersioningConfiguration": nil, "Tags": []any{"x"}}, "Gone": nil, "Another": {"A": "b"},
	}
	a, err := assembly.LoadTemplates(file, other)
	if err != nil {
		t.Fatal(err)
	}
	for _, stack := range a.Stacks {
		found := map[string]map[string]any{}
		for _, r := range stack.Resources {
			found[r.LogicalID] = r.Properties
		}
		changed := stack.Name == "a"
		document, _ := found["Policy"]["PolicyDocument"].(map[string]any)
		if (document["Ref"] == "Bucket") != changed || found["Policy"]["Bucket"] != "lake-"+stack.Name || (found["Gone"] == nil) != changed || (found["Bucket"]["VersioningConfiguration"] == nil) != changed ||
			(found["Bucket"]["Tags"] != nil) != changed || found["Another"] != nil {
			t.Errorf("stack %s: found %v", stack.Name, found)
		}
	}
}
