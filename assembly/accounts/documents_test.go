package accounts

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// Each policy is found at its place, with the kind as which AWS validates it.
func TestDocuments(t *testing.T) {
	identity := allow("s3:GetObject", "*")
	a := of(t, nil, map[string]string{"S": `
Resources:
  Bucket: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: data, PolicyDocument: ` + allowService("a") + `}}
  Broken: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Perhaps}]}}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {PolicyDocument: ` + allowService("a") + `}}
  Group: {Type: AWS::IAM::Group, Properties: {GroupName: g, Policies: [{PolicyName: a, PolicyDocument: ` + identity + `}, {PolicyName: b, PolicyDocument: ` + identity + `}]}}
  Inline: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [reader], PolicyDocument: ` + identity + `}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: ` + allowService("a") + `}}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: ` + identity + `}}
  Plain: {Type: AWS::KMS::Key}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: reader, Policies: [{PolicyName: p, PolicyDocument: ` + identity + `}],` + strings.ReplaceAll(trustLambda, "\n", "") + `}}
  Scp: {Type: AWS::Organizations::Policy, Properties: {Name: scp, Type: SERVICE_CONTROL_POLICY, Content: ` + identity + `}}
  Tags: {Type: AWS::Organizations::Policy, Properties: {Name: tags, Type: TAG_POLICY, Content: {tags: {}}}}
`})
	var found []string
	for _, d := range a.Documents() {
		found = append(found, d.Resource.LogicalID+" "+d.Place+" "+string(d.Kind))
		if d.Resource.LogicalID == "Role" && d.Kind == policy.Trust && d.Document.Name != "the policy in AssumeRolePolicyDocument of role reader" {
			t.Errorf("found name %q", d.Document.Name)
		}
	}
	want := []string{
		"Bucket PolicyDocument resource",
		"Endpoint PolicyDocument endpoint",
		"Group Policies[0].PolicyDocument identity",
		"Group Policies[1].PolicyDocument identity",
		"Inline PolicyDocument identity",
		"Key KeyPolicy resource",
		"Managed PolicyDocument boundary",
		"Role AssumeRolePolicyDocument trust",
		"Role Policies[0].PolicyDocument identity",
		"Scp Content serviceControl",
	}
	if !slices.Equal(found, want) {
		t.Errorf("found\n%s\nexpected\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}
