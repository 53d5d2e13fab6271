package proof

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// templateApp is one template of account 111111111111 in eu-west-1, as stack "app".
func templateApp(t *testing.T, text string) *assembly.Assembly {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: path, Account: "111111111111", Region: "eu-west-1", StackName: "app"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// An app without grants: a function whose role may assume a second role, which may read a bucket, and that a third one.
const rolesApp = `
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Runs.Arn}}
  Runs: {Type: AWS::IAM::Role, Properties: {RoleName: runs, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}}}
  Assume: {Type: AWS::IAM::Policy, Properties: {PolicyName: assume, Roles: [!Ref Runs], PolicyDocument: {Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: "*"},
    {Effect: Allow, Action: "sts:AssumeRole", Resource: [!GetAtt Reads.Arn, !GetAtt Nothing.Arn]}]}}}
  Reads: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: !GetAtt Runs.Arn}, Action: "sts:AssumeRole",
      Condition: {StringEquals: {"sts:ExternalId": shared}}}]},
    Policies: [{PolicyName: read, PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: !Sub "${Lake.Arn}/*"}]}}]}}
  Nothing: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: !GetAtt Reads.Arn}, Action: "sts:AssumeRole"}]}}}
  Lake: {Type: AWS::S3::Bucket}
  Idle: {Type: AWS::EC2::Instance, Properties: {ImageId: ami-1}}
  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Groups: [!Ref Readers]}}
  Readers: {Type: AWS::IAM::Group, Properties: {GroupName: readers, Policies: [{PolicyName: read, PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}]}}
`

// Without a grant, too, each role counts that policies let someone assume; what may work is not said to fail, and of what fails the plainest way comes first.
func TestWaysOfAnyApp(t *testing.T) {
	app := templateApp(t, rolesApp)
	for name, c := range map[string]struct {
		access Access
		passes policy.Answer
		roles  int // of the first way
	}{
		"by a role":                              {Access{Caller: "Function", Action: "s3:GetObject", Resource: "Lake/k"}, policy.Yes, 1},
		"in no way":                              {Access{Caller: "Function", Action: "s3:DeleteObject", Resource: "Lake/k"}, policy.No, 0},
		"perhaps":                                {Access{Caller: "Function", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:111111111111:jobs"}, policy.Indeterminate, 0},
		"by the role it names":                   {Access{Caller: "Function", Action: "s3:GetObject", Resource: "Lake/k", Assumes: &Assume{Role: "Reads", Presents: true}}, policy.Yes, 1},
		"by a role, with nothing to present":     {Access{Caller: "Function", Action: "s3:GetObject", Resource: "Lake/k", Assumes: &Assume{Role: "Reads"}}, policy.No, 1},
		"by a role that lets another one in":     {Access{Caller: "Function", Action: "s3:GetObject", Resource: "Lake/k", Assumes: &Assume{Role: "Nothing"}}, policy.No, 1},
		"by two, of which the second may not":    {Access{Caller: "Function", Action: "s3:GetObject", Resource: "Lake/k", Assumes: &Assume{Role: "Reads", Presents: true, Then: &Assume{Role: "Nothing"}}}, policy.No, 2},
		"a user's group":                         {Access{Caller: "ann", Action: "s3:GetObject", Resource: "Lake/k"}, policy.Yes, 0},
		"a session policy keeps it from a role":  {Access{Caller: "Function", Action: "s3:GetObject", Resource: "Lake/k", SessionPolicies: []*policy.Document{document(t, "s3:GetObject")}}, policy.No, 0},
		"a session policy that lets it assume":   {Access{Caller: "Function", Action: "s3:GetObject", Resource: "Lake/k", SessionPolicies: []*policy.Document{document(t, "sts:AssumeRole")}}, policy.Yes, 1},
		"a session that assumes one more":        {Access{Caller: "arn:aws:sts::111111111111:assumed-role/app-Reads-1A2B3C/x", Action: "s3:GetObject", Resource: "Lake/k", Assumes: &Assume{Role: "Nothing"}}, policy.No, 2},
		"a bucket by the name that AWS gave it":  {Access{Caller: "ann", Action: "s3:GetObject", Resource: "arn:aws:s3:::app-lake-1a2b3c4d5e6f/k"}, policy.Yes, 0},
		"a bucket as the command line writes it": {Access{Caller: "ann", Action: "s3:GetObject", Resource: "s3://app-lake-1a2b3c4d5e6f/k"}, policy.Yes, 0},
		"names as reports have them":             {Access{Caller: "arn:aws:iam::111111111111:role/‹app.Reads›", Action: "s3:GetObject", Resource: "arn:aws:s3:::‹app.Lake›/k"}, policy.Yes, 0},
		"the kind and the name":                  {Access{Caller: "role ‹app.Reads›", Action: "s3:getobject", Resource: "bucket ‹app.Lake›/k"}, policy.Yes, 0},
	} {
		t.Run(name, func(t *testing.T) {
			chains, err := Explain(app, Options{}, c.access)
			if err != nil {
				t.Fatal(err)
			}
			if found := chains[0]; found.Passes != c.passes || len(found.Assumes.Roles()) != c.roles || found.Action == "s3:getobject" {
				t.Errorf("found %s of %s by %q, expected %s by %d roles", found.Passes, found.Action, found.Assumes.Roles(), c.passes, c.roles)
			}
		})
	}
	// The function's own session is walked from the function, and a secret is found by its name, as Secrets Manager writes it, and by the ARN that it got.
	app = templateApp(t, rolesApp+`  Other: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Runs.Arn}}
  Named: {Type: AWS::SecretsManager::Secret, Properties: {Name: token}}
  Password: {Type: AWS::SecretsManager::Secret}
`)
	for _, resource := range []string{"token", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:token-AbCdEf", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:Password-1A2b3C4d5E6f-AbCdEf"} {
		chains, err := Explain(app, Options{}, Access{Caller: "arn:aws:sts::111111111111:assumed-role/runs/app-Other-AbCdEf123456", Action: "secretsmanager:GetSecretValue", Resource: resource})
		if err != nil {
			t.Fatal(err)
		}
		if found := chains[0]; found.Passes != policy.No || found.From == nil || found.From.Resource.LogicalID != "Other" {
			t.Errorf("%s: found %s from %v, expected no from the function Other", resource, found.Passes, found.From)
		}
	}
	for caller, says := range map[string]string{
		"Idle":    "found app/Idle (AWS::EC2::Instance), which runs as no role",
		"readers": "found the group app/Readers, which makes no requests: expected one of its users, such as app/Ann",
		"arn:aws:sts::111111111111:assumed-role/app-Writes-1A2B3C/x": "which no template has",
	} {
		if _, err := Explain(app, Options{}, Access{Caller: caller, Action: "s3:GetObject", Resource: "Lake/k"}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: found %v, expected %q", caller, err, says)
		}
	}
	if _, err := Explain(app, Options{}, Access{Caller: "ann", Action: "s3:GetObject", Resource: "Idle/k"}); err == nil || !strings.HasSuffix(err.Error(), "; app/Idle is of type AWS::EC2::Instance, which s3:GetObject is not on") {
		t.Errorf("found %v, expected that it says what Idle is", err)
	}
}
