package escalation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// permissions are those of the grant: role reader of account 111111111111 gets the bucket, the table and the key of account 222222222222 by role reports.
const permissions = `[{sid: Objects, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/reports/*"]},
      {sid: Table, actions: ["dynamodb:GetItem"], resources: ["arn:aws:dynamodb:eu-west-1:222222222222:table/shop"]}]`

// The source has a function that runs as the grantee, the target the data under a key.
const (
	grantee = `
  Reader: {Type: AWS::IAM::Role, Properties: {RoleName: reader, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: [lambda.amazonaws.com, ec2.amazonaws.com]}, Action: "sts:AssumeRole"}]}}}
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: reports, Role: !GetAtt Reader.Arn, LoggingConfig: {LogGroup: /aws/lambda/reports}}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: profile, Roles: [!Ref Reader]}}
  Instance: {Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref Profile, SubnetId: subnet-1}}
`
	owned = `
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:root"}, Action: "kms:*", Resource: "*"}]}}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake,
    BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms", KMSMasterKeyID: !GetAtt Key.Arn}}]}}}
  Shop: {Type: AWS::DynamoDB::Table, Properties: {TableName: shop}}
  Reports: {Type: AWS::IAM::Role, Properties: {RoleName: reports, AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow,
    Principal: {AWS: ["arn:aws:iam::111111111111:role/reader", "arn:aws:iam::222222222222:role/inside"]}, Action: "sts:AssumeRole"}]}}}
`
)

// load reads the grant with more resources in its source and its target.
func load(t *testing.T, moreSource, moreTarget string) *model.Model {
	t.Helper()
	return loadAll(t, grantee+moreSource, owned+moreTarget)
}

// loadAll reads the grant with all resources of its source and its target; "" for one that is deployed elsewhere.
func loadAll(t *testing.T, source, target string) *model.Model {
	t.Helper()
	var stacks []modeltest.Stack
	for _, one := range []modeltest.Stack{{Name: "Source", Account: modeltest.SourceAccount, Template: source}, {Name: "Target", Account: modeltest.TargetAccount, Template: target}} {
		if one.Template != "" {
			one.Template = modeltest.Grant(one.Name, permissions) + "Resources:\n" + one.Template
			stacks = append(stacks, one)
		}
	}
	return modeltest.Read(t, model.Options{}, stacks...)
}

// found are the checks that are not proved, as "verdict: name".
func found(t *testing.T, m *model.Model) []string {
	t.Helper()
	checks := privilegeEscalation(m)
	if len(checks) == 0 {
		t.Fatal("found no checks")
	}
	check.Run(m, checks)
	var all []string
	for _, c := range checks {
		if c.Rule != PrivilegeEscalation || c.Expects != check.MustFail {
			t.Errorf("%s: found rule %s, expecting that it %s", c.Name, c.Rule, c.Expects)
		}
		if c.Verdict == check.Proved {
			continue
		}
		all = append(all, string(c.Verdict)+": "+c.Name)
		if len(c.Remedy) == 0 || len(c.Where) == 0 && c.Access.Action != "" || len(c.Says) == 0 {
			t.Errorf("%s: found remedies %q at %d resources, since %q", c.Name, c.Remedy, len(c.Where), c.Says)
		}
	}
	return all
}

// role is a role of a name with the principals that it trusts, more elements of that statement, and statements of its own that allow.
func role(name, principal, more string, own ...string) string {
	text := "  " + strings.ToUpper(name[:1]) + name[1:] + ":\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: " + name +
		"\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: " + principal + ", " + more + "}]}\n"
	if len(own) > 0 {
		text += "      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + strings.Join(own, ", ") + "]}}]\n"
	}
	return text
}

// may is a statement that allows actions, a text or a list in brackets, on a resource.
func may(actions, resource string) string {
	return fmt.Sprintf(`{Effect: Allow, Action: %s, Resource: %q}`, actions, resource)
}

const (
	other = `{AWS: "333333333333"}`
	adopt = `Action: "sts:AssumeRole"`
)

// by is a role that account 333333333333 may assume.
func by(own ...string) string { return role("one", other, adopt, own...) }
