package proof

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/denial"
	"github.com/crossgrant/crossgrant/policy"
)

const lakeOfOneSession = `
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Sid: Lists, Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Condition: {StringLike: {"s3:prefix": "inbox/*"}}}
              - {Sid: Encrypts, Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringEquals: {"s3:x-amz-server-side-encryption": "aws:kms"}}}
              - {Sid: Tagged, Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringEquals: {"s3:ExistingObjectTag/class": open}}}
              - {Sid: Deletes, Effect: Allow, Action: "s3:DeleteObject", Resource: "arn:aws:s3:::lake/*"}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: lake
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: OneSession, Effect: Allow, Principal: {AWS: "arn:aws:sts::222222222222:assumed-role/r/s"}, Action: "s3:GetBucketLocation", Resource: "arn:aws:s3:::lake"}
          - {Sid: Kept, Effect: Deny, Principal: "*", Action: "s3:DeleteObject", Resource: "arn:aws:s3:::lake/kept"}
`

// One request of one session: what comes with it is known, so that nothing of it is left open; what belongs to the resource is.
func TestADeciderDecidesOneRequest(t *testing.T) {
	const role, session = "arn:aws:iam::222222222222:role/r", "arn:aws:sts::222222222222:assumed-role/r/s"
	file := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(file, []byte(lakeOfOneSession), 0o600); err != nil {
		t.Fatal(err)
	}
	app, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, Account: "222222222222", Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecider(app, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		session, action, resource string
		context                   map[string][]string
		passes                    policy.Answer
		says                      []string
	}{
		"a key that the request has":     {"s", "s3:ListBucket", "", map[string][]string{"s3:prefix": {"inbox/1"}}, policy.Yes, nil},
		"another value":                  {"s", "s3:ListBucket", "", map[string][]string{"s3:prefix": {"private/"}}, policy.No, []string{"User: " + session + " is not", "because no identity-based policy allows the s3:ListBucket action (", "statement Lists", "private/"}},
		"a key that it lacks":            {"s", "s3:PutObject", "/x", nil, policy.No, []string{"no identity-based policy", "statement Encrypts"}},
		"a key of the object":            {"s", "s3:GetObject", "/x", nil, policy.Indeterminate, []string{"User: " + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::lake/x" (cannot determine`}},
		"what its session may":           {"s", "s3:GetBucketLocation", "", nil, policy.Yes, nil},
		"what a session of another name": {"t", "s3:GetBucketLocation", "", nil, policy.No, []string{"User: arn:aws:sts::222222222222:assumed-role/r/t is not"}},
		"what is denied":                 {"s", "s3:DeleteObject", "/kept", nil, policy.No, []string{"with an explicit deny in a resource-based policy (statement Kept"}},
	} {
		t.Run(name, func(t *testing.T) {
			chain := d.Decide(Access{Caller: role, Session: c.session, Made: true, Action: c.action, Resource: "arn:aws:s3:::lake" + c.resource, Region: "eu-west-1", Context: c.context})
			message := DenialMessage(chain)
			if chain.Passes != c.passes || c.passes == policy.Yes && message != "" {
				t.Fatalf("found %s, %s, expected %s", chain.Passes, message, c.passes)
			}
			for _, one := range c.says {
				if !strings.Contains(message, one) {
					t.Errorf("found %s, expected %q in it", message, one)
				}
			}
			if c.passes != policy.No {
				return
			}
			read, err := denial.ParseMessage(message)
			if err != nil || read.Action != c.action || read.Resource != "arn:aws:s3:::lake"+c.resource || read.Policy == "" {
				t.Errorf("found %+v, %v, expected that the message can be read", read, err)
			}
		})
	}
	if _, ok := d.From("arn:aws:lambda:eu-west-1:222222222222:function:none"); ok {
		t.Error("found a workload that is none")
	}
	if _, err := NewDecider(nil, Options{}); err == nil {
		t.Error("found no error, expected one about a missing assembly")
	}
}

// Between two deployments the halves of a grant differ: what is deployed decides, and no contract stands for the half that is not there.
func TestADeciderNeedsNoGrant(t *testing.T) {
	differing := grantApp(t, both, edit{"target", "externalId: reports-1", "externalId: other"})
	if _, err := Prove(differing, Options{}); err == nil {
		t.Fatal("found no error about halves that differ, so that nothing is tested")
	}
	if _, err := NewDecider(differing, Options{}); err != nil {
		t.Errorf("halves that differ: found %v", err)
	}
	d, err := NewDecider(grantApp(t, "source"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	assume := Access{Caller: "arn:aws:iam::111111111111:role/reader", Made: true, Assumes: &Assume{Role: "arn:aws:iam::222222222222:role/reports-prod-eu-west-1", ExternalID: "reports-1"}}
	if chain := d.Decide(assume); chain.Passes == policy.Yes {
		t.Errorf("a role that is not deployed: found %s, expected that nobody may assume it", chain.Passes)
	}
}
