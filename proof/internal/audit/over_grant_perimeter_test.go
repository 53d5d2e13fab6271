package audit

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// A perimeter on a bucket exempts its administrators, service-linked roles, the role that deploys and the one that empties, and nobody else.
func TestWhomAPerimeterExempts(t *testing.T) {
	const role = "arn:aws:iam::222222222222:role/"
	for principals, says := range map[string]string{
		role + "admin, " + role + "aws-service-role/*, " + role + "cdk-hnb659fds-cfn-exec-role-222222222222-eu-west-1": "",
		role + "cdk-own-cfn-exec-role-222222222222-eu-west-1":                                                          "",
		"!GetAtt CustomS3AutoDeleteObjectsCustomResourceProviderRole3B1BD092.Arn":                                      "",
		role + "admin*": "it exempts " + role + "admin* from the perimeter, and no grant does",
		role + "*":      "it exempts " + role + "* from the perimeter, and no grant does",
		role + "cdk-hnb659fds-cfn-exec-role-222222222222-*": "it exempts " + role + "cdk-hnb659fds-cfn-exec-role-222222222222-* from the perimeter, and no grant does",
		"arn:aws:iam::333333333333:role/aws-service-role/*": "it exempts arn:aws:iam::333333333333:role/aws-service-role/* from the perimeter, and no grant does",
		"arn:aws:s3:::x":    "it exempts arn:aws:s3:::x from the perimeter, and no grant does",
		"!GetAtt Other.Arn": "it exempts " + role + "other from the perimeter, and no grant does",
	} {
		with := func(half string) string {
			return strings.Replace(modeltest.Grant(half, permissions), "    permissions: ", `    perimeter: {enforcement: OnBucket, key: "aws:VpceAccount", values: ["111111111111"], administrators: ["`+role+`admin"]}
    permissions: `, 1) + "Resources:\n"
		}
		target := with("Target") + `  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  CustomS3AutoDeleteObjectsCustomResourceProviderRole3B1BD092: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
  Other: {Type: AWS::IAM::Role, Properties: {RoleName: other, AssumeRolePolicyDocument: {Statement: []}}}
  LakePolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: lake
      PolicyDocument:
        Statement:
          - {Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {Bool: {"aws:SecureTransport": "false"}, ArnNotLike: {"aws:PrincipalArn": "` + role + `tls"}}}
          - Effect: Deny
            Principal: "*"
            Action: "s3:GetObject"
            Resource: "arn:aws:s3:::lake/*"
            Condition: {StringNotEqualsIfExists: {"aws:VpceAccount": "111111111111"}, ArnNotLikeIfExists: {"aws:PrincipalArn": [` + principals + `]}}
`
		m := modeltest.Read(t, model.Options{},
			modeltest.Stack{Name: "Source", Account: modeltest.SourceAccount, Template: with("Source") + "  Nothing: {Type: AWS::CloudFormation::WaitConditionHandle}\n"},
			modeltest.Stack{Name: "Target", Account: modeltest.TargetAccount, Template: target})
		a := &checks{Model: m}
		a.perimeters()
		var found []string
		for _, c := range a.all {
			if c.Verdict != check.Proved {
				found = append(found, c.Details...)
			}
		}
		var want []string
		if says != "" {
			want = []string{says}
		}
		if len(a.all) != 1 || !slices.Equal(found, want) {
			t.Errorf("%s: found %d checks, %q, expected one, %q", principals, len(a.all), found, want)
		}
	}
}
