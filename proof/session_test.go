package proof

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// A session makes its requests itself, whatever else its role could assume; one of a role that nothing runs as is its grantees'.
func TestSessionsMakeTheirRequestsThemselves(t *testing.T) {
	const report = "arn:aws:s3:::lake/reports/1"
	app := grantApp(t, both)
	for name, c := range map[string]struct {
		access        Access
		passes        policy.Answer
		caller, actor string
		others        policy.Answer // of the next chain; "" for none
	}{
		"of the grantee": {Access{Caller: "arn:aws:sts::111111111111:assumed-role/reader/f", Action: "s3:GetObject", Resource: report},
			policy.No, "arn:aws:iam::111111111111:role/reader", "arn:aws:iam::111111111111:role/reader", policy.Yes},
		"of the trusted role": {Access{Caller: "arn:aws:sts::222222222222:assumed-role/reports-prod-eu-west-1/crossgrant", Action: "s3:GetObject", Resource: report},
			policy.Yes, "arn:aws:iam::111111111111:role/reader", "arn:aws:iam::222222222222:role/reports-prod-eu-west-1", ""},
		"of the trusted role, elsewhere": {Access{Caller: "arn:aws:sts::222222222222:assumed-role/reports-prod-eu-west-1/crossgrant", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/other/1"},
			policy.No, "arn:aws:iam::111111111111:role/reader", "arn:aws:iam::222222222222:role/reports-prod-eu-west-1", ""},
		"with a policy that permits less": {Access{Caller: "arn:aws:sts::222222222222:assumed-role/reports-prod-eu-west-1/crossgrant", Action: "s3:GetObject", Resource: report,
			SessionPolicies: []*policy.Document{document(t, "s3:ListBucket")}}, policy.No, "arn:aws:iam::111111111111:role/reader", "arn:aws:iam::222222222222:role/reports-prod-eu-west-1", ""},
		"with a policy that permits it": {Access{Caller: "arn:aws:sts::222222222222:assumed-role/reports-prod-eu-west-1/crossgrant", Action: "s3:GetObject", Resource: report,
			SessionPolicies: []*policy.Document{document(t, "*")}}, policy.Yes, "arn:aws:iam::111111111111:role/reader", "arn:aws:iam::222222222222:role/reports-prod-eu-west-1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			chains, err := Explain(app, Options{}, c.access)
			if err != nil {
				t.Fatal(err)
			}
			if found := chains[0]; found.Passes != c.passes || found.Caller != c.caller || found.Actor() != c.actor || found.From == nil {
				t.Errorf("found %v as %s then %s from %v, expected %v as %s then %s from the function", found.Passes, found.Caller, found.Actor(), found.From, c.passes, c.caller, c.actor)
			}
			if c.others == policy.Yes && (len(chains) < 2 || chains[1].Passes != policy.Yes) {
				t.Errorf("found %d chains, expected that the next one works", len(chains))
			}
		})
	}
	_, err := Explain(app, Options{}, Access{Caller: "arn:aws:sts::111111111111:assumed-role/nobody/f", Action: "s3:GetObject", Resource: report})
	if err == nil || !strings.Contains(err.Error(), "found a session of role nobody of account 111111111111, which no template has") {
		t.Errorf("found %v, expected that no template has the role", err)
	}
}

func document(t *testing.T, action string) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "` + action + `", "Resource": "*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A role without a name of its own is found by the name that CloudFormation gives it, cut or not.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
func TestSessionsOfGeneratedNames(t *testing.T) {
	const template = `
Resources:
  ReaderRoleOfAVeryLongConstructPath12AB34CD: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]},
    Policies: [{PolicyName: read, PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}]}}]}}
  Writer: {Type: AWS::IAM::Role, Properties: {RoleName: writer, AssumeRolePolicyDocument: {Statement: []}}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
`
	path := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(path, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	app, err := assembly.LoadTemplates(assembly.TemplateFile{Path: path, Account: "111111111111", Region: "eu-west-1", StackName: "Reports-of-the-whole-company"})
	if err != nil {
		t.Fatal(err)
	}
	for name, known := range map[string]bool{
		"Reports-of-the-whole-company-ReaderRoleOfAVeryLongConstructPath12AB34CD-1A2B3C4D5E6F": true,
		"Reports-of-the-whole-co-ReaderRoleOfAVeryLongCon-1A2B3C4D5E6F":                        true,
		"writer": true,
		"Reports-of-the-whole-company-Writer-1A2B3C4D5E6F":          false, // it has a name
		"Reports-of-the-whole-company-SomethingElse-1A2B3C4D5E6F":   false,
		"Other-ReaderRoleOfAVeryLongConstructPath12AB34CD-1A2B3C4D": false,
	} {
		chains, err := Explain(app, Options{}, Access{Caller: "arn:aws:sts::111111111111:assumed-role/" + name + "/i-1", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/1"})
		if (err == nil) != known {
			t.Errorf("%s: found %v, expected known %t", name, err, known)
		} else if known && name != "writer" && chains[0].Passes != policy.Yes {
			t.Errorf("%s: found %v, expected that the role's policy permits it", name, chains[0].Passes)
		}
	}
}
