package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/policy"
)

// deployable asks for each permission of the handlers of each resource of an assembly, as CloudFormation's execution role, on the ARNs that the
// resource will have: the derived policies allow it, and without any one of their statements, actions or resources they do not.
func deployable(t *testing.T, dir string) {
	t.Helper()
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range deployment.Accounts(a) {
		p, err := deployment.Derive(a, account)
		if err != nil {
			t.Errorf("account %s: %v", account, err)
			continue
		}
		if len(p.Policies) > deployment.MaxAttached {
			t.Errorf("account %s: found %d policies, expected at most %d", account, len(p.Policies), deployment.MaxAttached)
		}
		documents := make([]*policy.Document, len(p.Policies))
		for i, one := range p.Policies {
			if documents[i], err = policy.Parse(one.JSON()); err != nil {
				t.Fatalf("%s: %v", one.Name, err)
			}
			if one.Size() > 6144 {
				t.Errorf("%s: found %d characters, expected at most 6,144", one.Name, one.Size())
			}
			if problems := policy.Validate(documents[i], policy.Identity); len(problems) > 0 {
				t.Errorf("%s: AWS would refuse it: %v", one.Name, problems)
			}
		}
		asked := allowed(t, requestsOf(t, a, account), documents)
		allNeeded(t, p.Policies, documents, asked)
		foreign(t, account, documents)
	}
}

// asked is a request, and the documents whose statements allow it.
type asked struct {
	policy.Request
	by []policy.StatementMatch
}

// attached are the policies of a request: those of the role, and of a key the default policy.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func attached(r policy.Request, documents []*policy.Document) policy.Policies {
	p := policy.Policies{Identity: documents}
	if strings.Contains(r.Resource, ":key/") {
		p.Resource = defaultKeyPolicy[strings.Split(r.Resource, ":")[4]]
	}
	return p
}

var defaultKeyPolicy = func() map[string]*policy.Document {
	all := map[string]*policy.Document{}
	for _, account := range []string{"111111111111", "222222222222"} {
		document, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::` + account + `:root"}, "Action": "kms:*", "Resource": "*"}}`))
		if err != nil {
			panic(err)
		}
		all[account] = document
	}
	return all
}()

func allowed(t *testing.T, requests []policy.Request, documents []*policy.Document) (all []asked) {
	t.Helper()
	for _, r := range requests {
		decision, trace := policy.Evaluate(r, attached(r, documents))
		if decision != policy.Allowed {
			t.Errorf("%s on %s: found %s, expected Allowed", r.Action, r.Resource, decision)
			continue
		}
		all = append(all, asked{r, trace.Decisive()})
	}
	return all
}

// allNeeded breaks each policy in each way that takes something away, which a request has to notice.
func allNeeded(t *testing.T, policies []deployment.Policy, documents []*policy.Document, requests []asked) {
	t.Helper()
	for i, one := range policies {
		for k, statement := range one.Statements {
			var touched []policy.Request
			for _, r := range requests {
				if slices.ContainsFunc(r.by, func(m policy.StatementMatch) bool { return m.Index == i && m.Statement == fmt.Sprint(k) }) {
					touched = append(touched, r.Request)
				}
			}
			noticed := func(what string, statements []deployment.Statement) {
				t.Helper()
				broken := slices.Clone(documents)
				document, err := policy.Parse(deployment.Policy{Statements: statements}.JSON())
				if err != nil {
					t.Fatal(err)
				}
				broken[i] = document
				if !slices.ContainsFunc(touched, func(r policy.Request) bool {
					return policy.Decide(r, attached(r, broken)) != policy.Allowed
				}) {
					t.Errorf("%s, statement %d (%s): no request needs %s", one.Name, k, statement.Action[0], what)
				}
			}
			without := func(change func(*deployment.Statement)) []deployment.Statement {
				all := slices.Clone(one.Statements)
				change(&all[k])
				return all
			}
			if len(one.Statements) > 1 {
				noticed("it", slices.Delete(slices.Clone(one.Statements), k, k+1))
			}
			if len(statement.Action) > 1 {
				for j, action := range statement.Action {
					noticed(action, without(func(s *deployment.Statement) { s.Action = slices.Delete(slices.Clone(s.Action), j, j+1) }))
				}
			}
			if len(statement.Resource) > 1 {
				for j, resource := range statement.Resource {
					noticed(resource, without(func(s *deployment.Statement) { s.Resource = slices.Delete(slices.Clone(s.Resource), j, j+1) }))
				}
			}
		}
	}
}

// foreign asks for what is of other apps and other accounts, which the policies must not allow.
func foreign(t *testing.T, account string, documents []*policy.Document) {
	t.Helper()
	const region = "ap-northeast-1"
	other := func(service, resource string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + resource
	}
	role := "arn:aws:iam::" + account + ":role/"
	for _, r := range []policy.Request{
		{Action: "iam:DeleteRolePermissionsBoundary", Resource: role + "billing"}, {Action: "iam:PutRolePolicy", Resource: role + "billing"}, {Action: "iam:CreateRole", Resource: role + "Admin"},
		{Action: "iam:AttachRolePolicy", Resource: role + "cdk-hnb659fds-cfn-exec-role-" + account + "-" + region},
		{Action: "iam:PassRole", Resource: role + "Admin", Context: map[string][]string{"iam:PassedToService": {"lambda.amazonaws.com"}}},
		{Action: "iam:PassRole", Resource: role + "crossgrant-list-dev-ap-northeast-1", Context: map[string][]string{"iam:PassedToService": {"glue.amazonaws.com"}}},
		{Action: "iam:CreateUser", Resource: "arn:aws:iam::" + account + ":user/eve"}, {Action: "iam:CreatePolicyVersion", Resource: "arn:aws:iam::" + account + ":policy/p"},
		{Action: "iam:CreateServiceLinkedRole", Resource: role + "aws-service-role/elasticbeanstalk.amazonaws.com/r", Context: map[string][]string{"iam:AWSServiceName": {"elasticbeanstalk.amazonaws.com"}}},
		{Action: "s3:PutBucketPolicy", Resource: "arn:aws:s3:::payroll"}, {Action: "s3:GetObject", Resource: "arn:aws:s3:::payroll/2026.csv"},
		{Action: "s3:PutObject", Resource: "arn:aws:s3:::cdk-hnb659fds-assets-" + account + "-" + region + "/a"},
		{Action: "s3:GetObject", Resource: "arn:aws:s3:::crossgrant-dev-222222222222-ap-northeast-1/inbox/1.json"},
		{Action: "lambda:UpdateFunctionCode", Resource: other("lambda", "function:payroll")}, {Action: "lambda:InvokeFunction", Resource: other("lambda", "function:payroll")},
		{Action: "lambda:DeleteEventSourceMapping", Resource: other("lambda", "event-source-mapping:1"), Context: map[string][]string{"lambda:FunctionArn": {other("lambda", "function:payroll")}}},
		{Action: "dynamodb:DeleteTable", Resource: other("dynamodb", "table/payroll")}, {Action: "dynamodb:Scan", Resource: other("dynamodb", "table/payroll")},
		{Action: "sqs:DeleteQueue", Resource: other("sqs", "payroll")}, {Action: "sns:SetTopicAttributes", Resource: other("sns", "payroll")},
		{Action: "logs:DeleteLogGroup", Resource: other("logs", "log-group:/aws/lambda/payroll")}, {Action: "events:PutRule", Resource: other("events", "rule/payroll")},
		{Action: "cloudwatch:DeleteAlarms", Resource: other("cloudwatch", "alarm:payroll")}, {Action: "ssm:GetParameters", Resource: other("ssm", "parameter/payroll")},
		{Action: "secretsmanager:GetSecretValue", Resource: other("secretsmanager", "secret:payroll-AbCdEf")},
		{Action: "ec2:TerminateInstances", Resource: other("ec2", "instance/i-0123456789abcdef0"), Context: map[string][]string{"ec2:ResourceTag/aws:cloudformation:stack-name": {"Payroll"}}},
		{Action: "ec2:DeleteVpc", Resource: other("ec2", "vpc/vpc-0123456789abcdef0")},
		{Action: "ec2:DescribeInstances", Resource: "*", Context: map[string][]string{"aws:RequestedRegion": {"eu-west-1"}}},
		{Action: "kms:Decrypt", Resource: other("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab"), Context: map[string][]string{
			"kms:ViaService": {"s3." + region + ".amazonaws.com"}, "kms:EncryptionContext:aws:s3:arn": {"arn:aws:s3:::payroll"}}},
		{Action: "kms:Decrypt", Resource: other("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")},
		{Action: "sts:AssumeRole", Resource: role + "crossgrant-list-access-dev-ap-northeast-1"}, {Action: "organizations:LeaveOrganization", Resource: "*"},
		{Action: "cloudformation:DeleteStack", Resource: other("cloudformation", "stack/CDKToolkit/1")},
	} {
		r.Principal = execution(account)
		if decision := policy.Decide(r, attached(r, documents)); decision != policy.ImplicitlyDenied {
			t.Errorf("account %s: %s on %s: found %s, expected ImplicitlyDenied", account, r.Action, r.Resource, decision)
		}
	}
	for _, d := range documents {
		for i := range d.Statements {
			s := &d.Statements[i]
			if e := s.Elements(); s.Effect != policy.Allow || slices.ContainsFunc(e.Actions, func(action string) bool { return strings.Contains(action, "*") }) {
				t.Errorf("account %s: found %s of %v, expected Allow of actions without wildcards", account, s.Effect, e.Actions)
			}
		}
	}
}

func execution(account string) string {
	return "arn:aws:sts::" + account + ":assumed-role/cdk-hnb659fds-cfn-exec-role-" + account + "-ap-northeast-1/AWSCloudFormation"
}

// What CloudFormation needs to deploy everything that the app has, in both ways of each setting. With a permissions boundary it may create roles, and give
// them policies, with the boundary only.
func TestExecutionPolicies(t *testing.T) {
	for name, args := range map[string][]string{
		"every workload": {"-c", "createTrail=true"},
		"set otherwise": {"-c", "egress=natInstance", "-c", "removalPolicy=destroy", "-c", "eventsTo=list", "-c", "eventSuffixes=.csv", "-c", "sessionManager=false",
			"-c", "apiAuthorization=none", "-c", "alarmEmails=ops@example.com", "-c", "permissionsBoundary=company-boundary", "-c", "facts=" + factsOfDocument(t, "docs/bootstrapping.md")},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "cdk.out")
			synth(t, ".", nil, slices.Concat([]string{"--quiet", "--output", out}, placeholders, args)...)
			deployable(t, out)
			if name == "every workload" {
				documented(t, out)
			} else {
				staysBounded(t, out)
			}
		})
	}
}

// staysBounded asks for roles without the permissions boundary, which the policies must not allow.
func staysBounded(t *testing.T, dir string) {
	t.Helper()
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const account, role = "222222222222", "arn:aws:iam::222222222222:role/crossgrant-list-access-dev-ap-northeast-1"
	p, err := deployment.Derive(a, account)
	if err != nil {
		t.Fatal(err)
	}
	var documents []*policy.Document
	for _, one := range p.Policies {
		d, err := policy.Parse(one.JSON())
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	for _, action := range []string{"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"} {
		for boundary, want := range map[string]policy.Decision{"": policy.ImplicitlyDenied, "AdministratorAccess": policy.ImplicitlyDenied, "company-boundary": policy.Allowed} {
			r := policy.Request{Principal: execution(account), Action: action, Resource: role}
			if boundary != "" {
				r.Context = map[string][]string{"iam:PermissionsBoundary": {"arn:aws:iam::" + account + ":policy/" + boundary}}
			}
			if action == "iam:DeleteRolePermissionsBoundary" {
				want = policy.ImplicitlyDenied
			}
			if found := policy.Decide(r, policy.Policies{Identity: documents}); found != want {
				t.Errorf("%s with the boundary %q: found %s, expected %s", action, boundary, found, want)
			}
		}
	}
}

// documented compares the numbers of policies that docs/bootstrapping.md has, and their sizes, which may differ by 2,000 characters.
func documented(t *testing.T, dir string) {
	t.Helper()
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, account := range map[string]string{"source": "111111111111", "target": "222222222222"} {
		p, err := deployment.Derive(a, account)
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, one := range p.Policies {
			size += one.Size()
		}
		_, row, _ := strings.Cut(file(t, "docs/bootstrapping.md"), "\n| "+name+" | ")
		var policies, thousands int
		if _, err := fmt.Sscanf(row, "%d | %d,000 |", &policies, &thousands); err != nil || policies != len(p.Policies) || max(size-1000*thousands, 1000*thousands-size) > 2000 {
			t.Errorf("docs/bootstrapping.md: found %d policies with %d,000 characters for the %s account (%v), expected %d with %d", policies, thousands, name, err, len(p.Policies), size)
		}
	}
}
