package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What cdk init makes has no account and no region, and a template by itself has neither.
func TestStacksWithoutAnAccount(t *testing.T) {
	const template = `
Resources:
  Lake: {Type: AWS::S3::Bucket}
  Other:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref Lake, PolicyDocument: {Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:role/reader"}, Action: "s3:GetObject", Resource: !Sub "${Lake.Arn}/*"}}}
  Open: {Type: AWS::S3::Bucket, Properties: {PublicAccessBlockConfiguration: {RestrictPublicBuckets: true}}}
  Public:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref Open, PolicyDocument: {Statement: {Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: !Sub "${Open.Arn}/*"}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: alias/aws/sqs}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}, Action: "sts:AssumeRole"}}
      Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: "s3:GetObject", Resource: !Sub "${Lake.Arn}/*"}}}]
`
	dir := t.TempDir()
	file := filepath.Join(dir, "my stack_1.yaml")
	assembly := filepath.Join(dir, "cdk.out")
	for name, text := range map[string]string{
		file: "\ufeff" + template, filepath.Join(dir, "sam.yaml"): "Transform: AWS::Serverless-2016-10-31\n" + template,
		filepath.Join(assembly, "my-stack-1.yaml"): template,
		filepath.Join(assembly, "manifest.json"): `{"version":"55.0.0","artifacts":{"A":{"type":"cdk:asset-manifest","properties":{"file":"gone.json"}},
			"my-stack-1":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/unknown-region","properties":{"templateFile":"my-stack-1.yaml"}}}}`,
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"its role":                    {[]string{"--template", file, "--principal", "Role"}, 0, "as   arn:aws:iam::‹account›:role/‹my-stack-1.Role›"},
		"its role, of an assembly":    {[]string{"--assembly", assembly, "--principal", "Role"}, 0, "as   arn:aws:iam::‹account›:role/‹my-stack-1.Role›"},
		"with an account":             {[]string{"--assembly", assembly, "--account", "222222222222", "--principal", "Role"}, 0, "as   arn:aws:iam::222222222222:role/‹my-stack-1.Role›"},
		"by a name of its own":        {[]string{"--template", "Lake=" + file, "--principal", "Lake/Role"}, 0, "as   arn:aws:iam::‹account›:role/‹Lake.Role›"},
		"a role of a certain account": {[]string{"--template", file, "--principal", "arn:aws:iam::111111111111:role/reader"}, 3, "is undecided"},
		"and of the account":          {[]string{"--template", file, "--account", "222222222222", "--principal", "arn:aws:iam::111111111111:role/other"}, 1, "does not work"},
		"Block Public Access": {[]string{"--template", file, "--resource", "Open/k", "--principal", "arn:aws:iam::111111111111:root"}, 3,
			"is of account\n      ‹account› is not known"},
		"Block Public Access, nobody's": {[]string{"--template", file, "--resource", "Open/k", "--principal", "arn:aws:iam::999999999999:root"}, 1, "denied: the policy of bucket"},
		"an AWS managed key": {[]string{"--template", file, "--action", "sqs:SendMessage", "--resource", "Queue", "--principal", "arn:aws:iam::111111111111:root"}, 3,
			"unknown: only callers of account ‹account› can use alias/aws/sqs"},
		"an AWS managed key, nobody's": {[]string{"--template", file, "--action", "sqs:SendMessage", "--resource", "Queue", "--principal", "arn:aws:iam::999999999999:root"}, 1, "does not work"},
		"a role that a macro may add":  {[]string{"--template", filepath.Join(dir, "sam.yaml"), "--principal", "FunctionRole"}, 2, "it may be one that a macro adds at deployment, which was not run: AWS::Serverless-2016-10-31 of stack sam"},
		"a role that a macro may edit": {[]string{"--template", filepath.Join(dir, "sam.yaml"), "--principal", "Role"}, 3, "AWS::Serverless-2016-10-31 transforms the template of stack sam"},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, code := run(t, ".", append([]string{"explain", "--action", "s3:GetObject", "--resource", "Lake/k"}, c.args...)...)
			if code != c.code || !strings.Contains(out+problems, c.says) || strings.Contains(out+problems, "\x00") || strings.Contains(out+problems, `\u0000`) {
				t.Errorf("found exit %d, expected %d and %q in\n%s%s", code, c.code, c.says, out, problems)
			}
		})
	}
	if out, problems, code := run(t, ".", "list", "--template", filepath.Join(dir, "sam.yaml")); code != 0 || !strings.Contains(out, "AWS::Serverless-2016-10-31 of stack sam was not run, and may add others\n") {
		t.Errorf("found exit %d, %s%s", code, out, problems)
	}
	if out, problems, code := run(t, ".", "exec-policy", "--assembly", assembly, "--account", "222222222222", "--region", "eu-west-1"); code != 0 ||
		!strings.Contains(out, "Account 222222222222, eu-west-1: ") {
		t.Errorf("found exit %d, %s%s", code, out, problems)
	}
	if out, problems, code := run(t, ".", "prove", "--template", filepath.Join(dir, "sam.yaml")); code != 4 || !strings.Contains(out, "found AWS::Serverless-2016-10-31, which was not run") ||
		!strings.Contains(out, "sam: account is not known; taken to be one and the same account") {
		t.Errorf("found exit %d, %s%s", code, out, problems)
	}
}
