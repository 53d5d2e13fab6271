package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Whatever does not exist is denied to everyone, so that a question about it would always find what it expects of Denied.
func TestQuestionsAboutWhatDoesNotExist(t *testing.T) {
	const lake, role = "arn:aws:s3:::lake", "arn:aws:iam::111111111111:role/reader"
	app := &App{assembly: grantApp(t, both)}
	for _, c := range []struct{ action, resource, says string }{
		{"", lake, "found no action, expected one such as s3:GetObject"},
		{"GetObject", lake + "/1", "found action \"GetObject\", expected one with its service, such as s3:GetObject"},
		{"s3:Get*", lake + "/1", "found action \"s3:Get*\", expected one without a wildcard, such as s3:GetObject"},
		{"s4:GetObject", lake + "/1", "found action \"s4:GetObject\", but AWS has no service \"s4\""},
		{"dynamo:GetItem", lake + "/1", "): did you mean dynamodb?"},
		{"sqss:SendMessage", lake + "/1", "): did you mean sqs?"},
		{"s3:GetObjects", lake + "/1", "did you mean s3:GetObject?"},
		{"s3:ListObjects", lake, "did you mean s3:List"},
		{"s3:GetObject", lake, "found resource \"arn:aws:s3:::lake\", but s3:GetObject is on arn:*:s3:"},
		{"s3:ListBucket", lake + "/1", "found resource \"arn:aws:s3:::lake/1\", but s3:ListBucket is on arn:*:s3:*:*:accesspoint/* or arn:*:s3:::*"},
		{"s3:GetObject", "*", "found resource \"*\", but s3:GetObject is on "},
		{"s3:GetObject", "", "found resource \"\", but s3:GetObject is on "},
		{"s3:GetObject", "Target/Nothing/1", "found no resource \"Target/Nothing/1\" in the assembly"},
		{"s3:ListAllMyBuckets", lake, "found resource arn:aws:s3:::lake, expected \"*\": s3:ListAllMyBuckets is not on a single resource"},
		{"s3:GetObject", "arn:aws:s3:::lakes/1", "found resource arn:aws:s3:::lakes/1, which no template and no contract has"},
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:222222222222:jobs", "which no template and no contract has"},
		{"sts:AssumeRole", "arn:aws:iam::222222222222:role/nobody", "which no template and no contract has"},
	} {
		for name, ask := range map[string]func(T, *App, Access){"allowed": Allowed, "denied": Denied} {
			var f fake
			if ask(&f, app, Access{Caller: role, Action: c.action, Resource: c.resource}); len(f.problems) != 1 || !strings.Contains(f.problems[0], c.says) {
				t.Errorf("%s %s on %s: found %q, expected %q", name, c.action, c.resource, f.problems, c.says)
			}
		}
	}
}

// Denied is right about each of these, since they exist.
func TestQuestionsAboutWhatExists(t *testing.T) {
	const role = "arn:aws:iam::111111111111:role/reader"
	source := &App{assembly: grantApp(t, "source")} // the target is known by its contract only
	other := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(other, []byte("Resources: {Pool: {Type: AWS::Cognito::UserPool}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: other, Account: "222222222222", Region: "eu-west-1", StackName: "Pools"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		app              *App
		action, resource string
	}{
		{source, "s3:PutObject", "arn:aws:s3:::lake/reports/1"},
		{source, "s3:GetObject", "arn:aws:s3:::lake/another/1"},
		{source, "S3:deletebucket", "arn:aws:s3:::lake"},
		{&App{assembly: grantApp(t, both)}, "s3:PutObject", "Target/Lake/reports/1"},
		{&App{assembly: a}, "cognito-idp:AdminGetUser", "arn:aws:cognito-idp:eu-west-1:222222222222:userpool/eu-west-1_1"},
		{source, "s3:ListAllMyBuckets", "*"},
	} {
		var f fake
		Denied(&f, c.app, Access{Caller: role, Action: c.action, Resource: c.resource})
		for _, problem := range f.problems {
			if strings.HasPrefix(problem, "found ") {
				t.Errorf("%s on %s: %s", c.action, c.resource, problem)
			}
		}
	}
	if _, err := Explain(source.assembly, Options{}, Access{Caller: role, Action: "s3:Getobjekt", Resource: "arn:aws:s3:::lake/1"}); err == nil || !strings.Contains(err.Error(), "did you mean s3:GetObject") {
		t.Errorf("found %v, expected an error", err)
	}
}

func TestNothingIsAnErrorAndNoCrash(t *testing.T) {
	for name, app := range map[string]*App{"nil": nil, "the zero value": {}} {
		for _, ask := range []func(T, *App, Access){Allowed, Denied} {
			var f fake
			if ask(&f, app, Access{Caller: "x", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/1"}); len(f.problems) != 1 || f.problems[0] != "found no app (nil), expected one that proof.Load returns" {
				t.Errorf("%s: found %q", name, f.problems)
			}
		}
	}
	if _, err := Explain(nil, Options{}, Access{}); err == nil || !strings.HasPrefix(err.Error(), "found no assembly (nil)") {
		t.Errorf("found %v", err)
	}
	if _, err := Prove(nil, Options{}); err == nil || !strings.HasPrefix(err.Error(), "found no assembly (nil)") {
		t.Errorf("found %v", err)
	}
	for name, test := range map[string]T{"nil": nil, "a nil *testing.T": (*testing.T)(nil)} {
		func() {
			defer func() {
				if message := fmt.Sprint(recover()); !strings.HasPrefix(message, "package proof: found no test (nil)") {
					t.Errorf("%s: found %q", name, message)
				}
			}()
			Allowed(test, nil, Access{})
		}()
	}
}

// The root user may always change the policies of its account's buckets, and whose a bucket is that no template has is not known.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func TestRootUserAndABucketOfNobodyKnown(t *testing.T) {
	for resource, passes := range map[string]policy.Answer{"arn:aws:s3:::lake": policy.Yes, "arn:aws:s3:::elsewhere": policy.Indeterminate} {
		chains, err := Explain(grantApp(t, both), Options{}, Access{Caller: "arn:aws:iam::222222222222:root", Action: "s3:PutBucketPolicy", Resource: resource})
		if err != nil || len(chains) != 1 || chains[0].Passes != passes {
			t.Errorf("%s: found %+v and error %v, expected one way with %v", resource, chains, err, passes)
		}
	}
}
