package audit

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// permissions are those of the grant: role reader of account 111111111111 reads bucket lake of account 222222222222 by role reports.
const permissions = `[{sid: Read, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]},
      {sid: List, actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::lake"], conditions: {StringLike: {"s3:prefix": ["in/*"]}}}]`

// app are the resources of both accounts, as YAML.
type app struct{ source, target string }

// role is a role with a statement in its trust policy and statements of its own.
func role(id, trust, own string) string {
	return "  " + id + ":\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: " + strings.ToLower(id) +
		"\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [" + trust + "]}\n" +
		"      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + own + "]}}]\n"
}

// right is the app as the grant declares it.
func right() app {
	return app{
		role("Reader", `{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}`,
			`{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/reports"}`),
		role("Reports", `{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole", Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}}`,
			`{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}, {Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Condition: {StringLike: {"s3:prefix": "in/*"}}}`) +
			"  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n" +
			"  LakePolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [STATEMENTS]}}}\n",
	}
}

// load reads an app. statements are those of the bucket's policy.
func (a app) load(t *testing.T, statements string) *model.Model {
	t.Helper()
	if statements == "" {
		a.target = a.target[:strings.Index(a.target, "  LakePolicy")]
	}
	return modeltest.Read(t, model.Options{},
		modeltest.Stack{Name: "Source", Account: modeltest.SourceAccount,
			Template: modeltest.Grant("Source", permissions) + "  CrossGrant::Endpoints::222222222222::reports-prod-eu-west-1: [s3]\nResources:\n" + a.source},
		modeltest.Stack{Name: "Target", Account: modeltest.TargetAccount,
			Template: modeltest.Grant("Target", permissions) + "Resources:\n" + strings.Replace(a.target, "STATEMENTS", statements, 1)})
}

// excess is what OverGrant says, and whether it is sure of all of it.
func excess(m *model.Model) (says []string, sure bool) {
	sure = true
	for _, c := range overGrant(m) {
		if c.Verdict != check.Proved {
			says = append(says, c.Details...)
			sure = sure && c.Verdict == check.Broken
		}
	}
	slices.Sort(says)
	return slices.Compact(says), sure
}
