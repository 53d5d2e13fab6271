package simulate

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html, fgac.html and vpc.html there,
// and https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
func TestDomainsAndFileSystems(t *testing.T) {
	const reader, domain, files = `Action: ["es:ESHttpGet", "es:DescribeDomain"], Resource: "*"`, "arn:aws:es:eu-west-1:222222222222:domain/search", "arn:aws:elasticfilesystem:eu-west-1:222222222222:file-system/"
	search := func(more string) string {
		return "  Domain: {Type: AWS::OpenSearchService::Domain, Properties: {DomainName: search" + more + "}}\n"
	}
	for name, c := range map[string]struct {
		template, action, resource string
		want                       policy.Answer
		says                       string
	}{
		"a domain":                         {search(""), "es:ESHttpGet", domain + "/i/_search", policy.Yes, ""},
		"an action that nothing allows":    {search(""), "es:ESHttpPut", domain + "/i/1", policy.No, ""},
		"in a VPC":                         {search(", VPCOptions: {SubnetIds: [s-1]}"), "es:ESHttpGet", domain + "/i", policy.Indeterminate, "route to domain search"},
		"in a VPC, its configuration":      {search(", VPCOptions: {SubnetIds: [s-1]}"), "es:DescribeDomain", domain, policy.Yes, ""},
		"with users of its own":            {search(", AdvancedSecurityOptions: {Enabled: true}"), "es:ESHttpGet", domain + "/i", policy.Indeterminate, "fine-grained access control of domain search"},
		"with users of its own, denied":    {search(", AdvancedSecurityOptions: {Enabled: true}"), "es:ESHttpPut", domain + "/i", policy.No, ""},
		"its master user":                  {search(", AdvancedSecurityOptions: {Enabled: true, MasterUserOptions: {MasterUserARN: !GetAtt Own.Arn}}"), "es:ESHttpGet", domain + "/i", policy.Yes, ""},
		"a file system without a policy":   {"  Files: {Type: AWS::EFS::FileSystem}\n", "elasticfilesystem:ClientMount", files + policy.Unresolved("B.Files"), policy.Indeterminate, "route to filesystem ‹B.Files›"},
		"a file system that denies it":     {"  Files: {Type: AWS::EFS::FileSystem, Properties: {FileSystemPolicy: {Statement: [{Effect: Deny, Principal: '*', Action: '*'}]}}}\n", "elasticfilesystem:ClientMount", files + policy.Unresolved("B.Files"), policy.No, ""},
		"a file system that does not know": {"  Files: {Type: AWS::EFS::FileSystem, Properties: {FileSystemPolicy: {Statement: [{Effect: Allow, Principal: {AWS: '333333333333'}, Action: '*'}]}}}\n", "elasticfilesystem:ClientMount", files + policy.Unresolved("B.Files"), policy.No, ""},
	} {
		m := load(t, model.Options{}, map[string]string{"B": role("Own", byLambda, reader) + c.template})
		a := model.Access{Caller: arnOf("222222222222", "own"), Action: c.action, Resource: c.resource}
		got, says := passes(m, a)
		if got != c.want || !strings.HasPrefix(says, c.says) {
			t.Errorf("%s: found %s (%s), expected %s: %s", name, got, says, c.want, c.says)
		}
	}
}

// What has no policy of its own is decided by those of the principals, also if no template has it; what another account may share is not.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
func TestResourcesWithoutPolicies(t *testing.T) {
	m := load(t, model.Options{}, map[string]string{"B": role("Own", byLambda, `Action: ["ec2:StartInstances", "iam:CreateAccessKey", "states:StartExecution", "sqs:SendMessage"], Resource: "*"`)})
	for _, c := range []struct {
		action, resource string
		want             policy.Answer
	}{
		{"ec2:StartInstances", "arn:aws:ec2:eu-west-1:222222222222:instance/i-1", policy.Yes},
		{"ec2:StopInstances", "arn:aws:ec2:eu-west-1:222222222222:instance/i-1", policy.No},
		{"ec2:StartInstances", "arn:aws:ec2:eu-west-1:333333333333:instance/i-1", policy.Indeterminate},
		{"iam:CreateAccessKey", "arn:aws:iam::222222222222:user/ann", policy.Yes},
		{"iam:CreateAccessKey", "arn:aws:iam::333333333333:user/ann", policy.No},
		{"states:StartExecution", "arn:aws:states:eu-west-1:222222222222:stateMachine:s", policy.Yes},
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:222222222222:q", policy.Indeterminate},
		{"sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:222222222222:q", policy.Indeterminate}, // its policy may let the role do it
	} {
		if got, says := passes(m, model.Access{Caller: arnOf("222222222222", "own"), Action: c.action, Resource: c.resource}); got != c.want {
			t.Errorf("%s on %s: found %s (%s), expected %s", c.action, c.resource, got, says, c.want)
		}
	}
}
