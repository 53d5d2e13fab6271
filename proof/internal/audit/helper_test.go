package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// declaration is a half of a grant by which role reader of account 111111111111 reads bucket lake of account 222222222222 by role reports.
const declaration = `
Metadata:
  CrossGrant::%s::222222222222::reports-prod-eu-west-1:
    name: reports
    stage: prod
    target: {account: "222222222222", region: eu-west-1}
    access: AssumeRole
    roleArn: arn:aws:iam::222222222222:role/reports
    grantees: ["arn:aws:iam::111111111111:role/reader"]
    trust: {mode: NamedRole, sessionSeconds: 3600}
    permissions: [{sid: Read, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]},
      {sid: List, actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::lake"], conditions: {StringLike: {"s3:prefix": ["in/*"]}}}]
%s
Resources:
`

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
	var files []assembly.TemplateFile
	for _, one := range []struct{ name, account, closed, text string }{
		{"Source", "111111111111", "  CrossGrant::Endpoints::222222222222::reports-prod-eu-west-1: [s3]", a.source},
		{"Target", "222222222222", "", strings.Replace(a.target, "STATEMENTS", statements, 1)},
	} {
		path := filepath.Join(t.TempDir(), one.name+".yaml")
		if err := os.WriteFile(path, []byte(fmt.Sprintf(declaration, one.name, one.closed)+one.text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: path, Account: one.account, Region: "eu-west-1", StackName: one.name})
	}
	loaded, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(loaded, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
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
