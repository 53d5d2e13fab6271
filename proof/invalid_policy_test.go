package proof

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

// AWS's answers are those of the pages that package policy names beside its rules.
func TestPoliciesThatAWSRefuses(t *testing.T) {
	const (
		allow     = `{Sid: S, Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`
		anyone    = `{Sid: S, Effect: Allow, Principal: {AWS: "111111111111"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`
		deny      = `{Sid: S, Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`
		trust     = `{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}`
		key       = `{Sid: Account, Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:root"}, Action: "kms:*", Resource: "*"}`
		trustPath = `AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [` + trust + `]}`
		noSubject = "Policy document should not specify a principal."
		noGrantee = "Missing required field Principal"
		noObject  = "Policy statement must contain resources."
	)
	document := func(statement string) string { return `{Version: "2012-10-17", Statement: [` + statement + `]}` }
	// 7,000 characters in one resource: too much for a managed policy (6,144), not for all inline policies of a role (10,240).
	long := strings.Replace(allow, "lake/*", "lake/"+strings.Repeat("x", 7000), 1)
	for name, c := range map[string]struct {
		resource          string // %s is the policy
		accepted, refused string
		place, says       string // without a place, rule Quota finds it
	}{
		"an inline policy of a role": {`{Type: AWS::IAM::Role, Properties: {` + trustPath + `, Policies: [{PolicyName: other, PolicyDocument: ` + document(allow) + `}, {PolicyName: p, PolicyDocument: %s}]}}`,
			document(allow), document(anyone), "Policies[1].PolicyDocument.Statement[0].Principal", noSubject},
		"a long inline policy of a role": {`{Type: AWS::IAM::Role, Properties: {` + trustPath + `, Policies: [{PolicyName: p, PolicyDocument: %s}]}}`,
			document(long), document(strings.Replace(long, "xxx", strings.Repeat("x", 4000), 1)), "", "found 11120 characters, expected 10240 at most"},
		"an inline policy of a user": {`{Type: AWS::IAM::User, Properties: {Policies: [{PolicyName: p, PolicyDocument: %s}]}}`,
			document(allow), document(`{Effect: Allow, Action: "s3:GetObject"}`), "Policies[0].PolicyDocument.Statement[0]", noObject},
		"an inline policy of a group": {`{Type: AWS::IAM::Group, Properties: {Policies: [{PolicyName: p, PolicyDocument: %s}]}}`,
			document(allow), document(anyone), "Policies[0].PolicyDocument.Statement[0].Principal", noSubject},
		"a policy that is attached": {`{Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [r], PolicyDocument: %s}}`,
			document(allow), document(allow + ", " + allow), "PolicyDocument.Statement[1].Sid", "Statement IDs (SID) in a single policy must be unique."},
		"a policy of a role by its name": {`{Type: AWS::IAM::RolePolicy, Properties: {PolicyName: p, RoleName: r, PolicyDocument: %s}}`,
			document(allow), document(anyone), "PolicyDocument.Statement[0].Principal", noSubject},
		"a managed policy, or boundary": {`{Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: %s}}`,
			document(allow), document(long), "", "found 7123 characters, expected 6144 at most"},
		"a trust policy": {`{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: %s}}`,
			document(trust), document(strings.Replace(trust, "sts:AssumeRole", "lambda:InvokeFunction", 1)), "AssumeRolePolicyDocument.Statement[0].Action",
			"AssumeRole policy may only specify STS AssumeRole actions."},
		"a bucket policy": {`{Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: %s}}`,
			document(anyone), document(allow), "PolicyDocument.Statement[0]", noGrantee},
		"a key policy": {`{Type: AWS::KMS::Key, Properties: {KeyPolicy: %s}}`,
			document(key), document(strings.Replace(key, `Principal: {AWS: "arn:aws:iam::111111111111:root"}, `, "", 1)), "KeyPolicy.Statement[0]", noGrantee},
		"a table's policy": {`{Type: AWS::DynamoDB::Table, Properties: {ResourcePolicy: {PolicyDocument: %s}}}`,
			document(anyone), document(allow), "ResourcePolicy.PolicyDocument.Statement[0]", noGrantee},
		"a policy of a global table's replica": {`{Type: AWS::DynamoDB::GlobalTable, Properties: {Replicas: [{Region: eu-west-1, ResourcePolicy: {PolicyDocument: %s}}]}}`,
			document(anyone), document(allow), "Replicas[0].ResourcePolicy.PolicyDocument.Statement[0]", noGrantee},
		"an endpoint policy": {`{Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: vpc-1, ServiceName: com.amazonaws.eu-west-1.s3, PolicyDocument: %s}}`,
			document(anyone), document(allow), "PolicyDocument.Statement[0]", noGrantee},
		"a service control policy": {`{Type: AWS::Organizations::Policy, Properties: {Name: p, Type: SERVICE_CONTROL_POLICY, Content: %s}}`,
			document(allow), document(anyone), "Content.Statement[0].Principal", noSubject},
		"a resource control policy": {`{Type: AWS::Organizations::Policy, Properties: {Name: p, Type: RESOURCE_CONTROL_POLICY, Content: %s}}`,
			document(deny), document(anyone), "Content.Statement[0].Effect", "Allow is only supported for the policy RCPFullAWSAccess"},
	} {
		t.Run(name, func(t *testing.T) {
			load := func(document string) *Report {
				path := filepath.Join(t.TempDir(), "one.yaml")
				if err := os.WriteFile(path, []byte("Resources:\n  One: "+strings.Replace(c.resource, "%s", document, 1)+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: path, Account: "111111111111", Region: "eu-west-1", StackName: "One"})
				if err != nil {
					t.Fatal(err)
				}
				return proved(t, a, Options{})
			}
			if r := load(c.accepted); r.Verdict() != NothingDeclared || len(r.Checks) > 0 || len(r.Notes) > 0 {
				t.Errorf("accepted: found %v %v\n%s", unproved(r), r.Notes, says(r))
			}
			r := load(c.refused)
			rule, remedy := "InvalidPolicy", "correct "+c.place+" of One in stack One"
			if c.place == "" {
				rule, remedy = "Quota", "shorten the "
			}
			if got := unproved(r); !slices.Equal(got, []string{rule + " broken"}) {
				t.Fatalf("refused: found %q\n%s", got, says(r))
			}
			f := r.Findings()[0]
			if said := strings.Join(f.Says, "\n"); !strings.Contains(said, c.says) {
				t.Errorf("found %q, expected %q in it", said, c.says)
			}
			if found := strings.Join(f.Remedy, "\n"); !strings.Contains(found, remedy) {
				t.Errorf("found remedy %q, expected %q in it", found, remedy)
			}
			if where := f.Where(); len(where) != 1 || where[0].LogicalID != "One" {
				t.Errorf("found %v, expected resource One", where)
			}
		})
	}
}

// What is not known before deployment is not called wrong, nor is a policy of which a condition decides whether it exists.
func TestUnknownPoliciesAreNotRefused(t *testing.T) {
	parameter := edit{"target", "Resources:\n", "Parameters: {P: {Type: String}}\nResources:\n"}
	for name, c := range map[string][]edit{
		"an unknown principal": {parameter, {"target", "Principal: {AWS: \"arn:aws:iam::222222222222:root\"}, Action: \"kms:*\"", "Principal: {AWS: [\"arn:aws:iam::222222222222:root\", !Ref P]}, Action: \"kms:*\""}},
		"an unknown action":    {parameter, {"target", "Action: \"s3:PutObject\", Resource: \"arn:aws:s3:::lake/AWSLogs/*\"", "Action: !Ref P, Resource: \"arn:aws:s3:::lake/AWSLogs/*\""}},
		"a policy under a condition": {parameter, {"target", "Resources:\n", "Conditions: {C: !Equals [!Ref P, x]}\nResources:\n  Other: {Type: AWS::S3::Bucket, Properties: {BucketName: other}}\n" +
			"  OtherPolicy: {Type: AWS::S3::BucketPolicy, Condition: C, Properties: {Bucket: other, PolicyDocument: {Statement: [{Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: \"arn:aws:s3:::other\"}]}}}\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			if r := proved(t, grantApp(t, both, c...), Options{}); slices.Contains(unproved(r), "InvalidPolicy broken") {
				t.Errorf("found %v\n%s", unproved(r), says(r))
			}
		})
	}
}
