package assembly_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

// BenchmarkLoad loads an app of 200 stacks with 500 resources each, the most that CloudFormation takes in one.
func BenchmarkLoad(b *testing.B) {
	const stacks, groups = 200, 100 // of five resources
	dir := b.TempDir()
	var artifacts strings.Builder
	size := 0
	for i := range stacks {
		document := largeTemplate(i, groups)
		size += len(document)
		write(b, dir, fmt.Sprintf("S%d.template.json", i), document)
		fmt.Fprintf(&artifacts, `,"S%d":{"type":"aws:cloudformation:stack","environment":"aws://%012d/eu-west-1","properties":{"templateFile":"S%[1]d.template.json"}}`, i, i%2+1)
	}
	write(b, dir, "manifest.json", `{"version":"55.0.0","artifacts":{`+artifacts.String()[1:]+`}}`)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var live runtime.MemStats
	for b.Loop() {
		a, err := assembly.Load(dir, assembly.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if n := len(a.OfType("AWS::IAM::Role")); n != stacks*groups || len(a.Notes) > 0 {
			b.Fatalf("found %d roles and %v", n, a.Notes)
		}
		runtime.ReadMemStats(&live)
		runtime.KeepAlive(a)
	}
	b.ReportMetric(float64(live.Sys)/(1<<20), "MiB-process")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(stacks*groups*5), "ns/resource")
}

func largeTemplate(stack, groups int) string {
	var out strings.Builder
	out.WriteString(`{"Resources":{`)
	for i := range groups {
		if i > 0 {
			out.WriteString(",")
		}
		fmt.Fprintf(&out, `
 "Role%[1]d": {"Type": "AWS::IAM::Role", "Properties": {
  "AssumeRolePolicyDocument": {"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}], "Version": "2012-10-17"},
  "ManagedPolicyArns": [{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]]}]},
  "Metadata": {"aws:cdk:path": "S%[2]d/Role%[1]d/Resource"}},
 "Policy%[1]d": {"Type": "AWS::IAM::Policy", "Properties": {
  "PolicyDocument": {"Statement": [
   {"Action": ["s3:GetObject*", "s3:GetBucket*", "s3:List*"], "Effect": "Allow",
    "Resource": [{"Fn::GetAtt": ["Bucket%[1]d", "Arn"]}, {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket%[1]d", "Arn"]}, "/*"]]}]},
   {"Action": ["sqs:SendMessage"], "Effect": "Allow", "Resource": {"Fn::GetAtt": ["Queue%[1]d", "Arn"]}}], "Version": "2012-10-17"},
  "PolicyName": "Policy%[1]d", "Roles": [{"Ref": "Role%[1]d"}]},
  "Metadata": {"aws:cdk:path": "S%[2]d/Policy%[1]d/Resource"}},
 "Bucket%[1]d": {"Type": "AWS::S3::Bucket", "Properties": {
  "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
  "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}},
  "UpdateReplacePolicy": "Retain", "DeletionPolicy": "Retain", "Metadata": {"aws:cdk:path": "S%[2]d/Bucket%[1]d/Resource"}},
 "Queue%[1]d": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "${AWS::StackName}-queue-%[1]d"}},
  "Metadata": {"aws:cdk:path": "S%[2]d/Queue%[1]d/Resource"}},
 "Function%[1]d": {"Type": "AWS::Lambda::Function", "Properties": {
  "Code": {"S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "2477234db269b1fc90132b71be2b6cbe1c282f7e.zip"},
  "Environment": {"Variables": {"BUCKET": {"Ref": "Bucket%[1]d"}, "QUEUE": {"Ref": "Queue%[1]d"}}},
  "Handler": "bootstrap", "MemorySize": 256, "Role": {"Fn::GetAtt": ["Role%[1]d", "Arn"]}, "Runtime": "provided.al2023", "Timeout": 30},
  "DependsOn": ["Policy%[1]d", "Role%[1]d"], "Metadata": {"aws:cdk:path": "S%[2]d/Function%[1]d/Resource"}}`, i, stack)
	}
	out.WriteString(`},"Outputs":{"Bucket":{"Value":{"Fn::GetAtt":["Bucket0","Arn"]},"Export":{"Name":{"Fn::Sub":"${AWS::StackName}:Bucket"}}}}}`)
	return out.String()
}

// write writes a file of an assembly.
func write(t testing.TB, dir, name, document string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(document), 0o666); err != nil {
		t.Fatal(err)
	}
}
