package audit

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

const (
	trustOfLambda = `AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}`
	someDocument  = `PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}`
)

func TestNamesThatTwoResourcesHave(t *testing.T) {
	const roles = "  Reader: {Type: AWS::IAM::Role, Properties: {" + trustOfLambda + ", Policies: [{PolicyName: inside, " + someDocument + "}]}}\n" +
		"  Writer: {Type: AWS::IAM::Role, Properties: {RoleName: writer, " + trustOfLambda + "}}\n" +
		"  First: {Type: AWS::IAM::Policy, Properties: {PolicyName: first, Roles: [!Ref Reader], " + someDocument + "}}\n"
	for name, c := range map[string]struct{ resources, want string }{
		"each its own":                          {"", ""},
		"two policies of one role":              {"  Second: {Type: AWS::IAM::Policy, Properties: {PolicyName: first, Roles: [!Ref Reader], " + someDocument + "}}", "broken the name of inline policy first of role ‹Stack.Reader›"},
		"two policies of one role by name":      {"  Second: {Type: AWS::IAM::Policy, Properties: {PolicyName: x, Roles: [writer], " + someDocument + "}}\n  Third: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: x, RoleName: !Ref Writer, " + someDocument + "}}", "broken the name of inline policy x of role writer"},
		"beside one in the role":                {"  Second: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: inside, RoleName: !Ref Reader, " + someDocument + "}}", "broken the name of inline policy inside of role ‹Stack.Reader›"},
		"two in the role":                       {"  Third: {Type: AWS::IAM::Role, Properties: {RoleName: third, " + trustOfLambda + ", Policies: [{PolicyName: a, " + someDocument + "}, {PolicyName: a, " + someDocument + "}]}}", "broken the name of inline policy a of role third"},
		"of another role":                       {"  Second: {Type: AWS::IAM::Policy, Properties: {PolicyName: first, Roles: [!Ref Writer], " + someDocument + "}}", ""},
		"of a role that no template has":        {"  Second: {Type: AWS::IAM::Policy, Properties: {PolicyName: x, Roles: [old], " + someDocument + "}}\n  Third: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: x, RoleName: old, " + someDocument + "}}", "broken the name of inline policy x of role old"},
		"a user and a role":                     {"  Second: {Type: AWS::IAM::Policy, Properties: {PolicyName: first, Users: [!Ref Reader], " + someDocument + "}}", ""},
		"two policies of one user":              {"  U: {Type: AWS::IAM::User, Properties: {Policies: [{PolicyName: p, " + someDocument + "}]}}\n  P: {Type: AWS::IAM::UserPolicy, Properties: {UserName: !Ref U, PolicyName: p, " + someDocument + "}}", "broken the name of inline policy p of user ‹Stack.U›"},
		"two policies of one group":             {"  G: {Type: AWS::IAM::Group}\n  P: {Type: AWS::IAM::GroupPolicy, Properties: {GroupName: !Ref G, PolicyName: p, " + someDocument + "}}\n  Q: {Type: AWS::IAM::Policy, Properties: {Groups: [!Ref G], PolicyName: p, " + someDocument + "}}", "broken the name of inline policy p of group ‹Stack.G›"},
		"perhaps":                               {"  Second: {Type: AWS::IAM::Policy, Condition: C, Properties: {PolicyName: first, Roles: [!Ref Reader], " + someDocument + "}}", "undecided the name of inline policy first of role ‹Stack.Reader›"},
		"two roles":                             {"  Second: {Type: AWS::IAM::Role, Properties: {RoleName: Writer, Path: /a/, " + trustOfLambda + "}}", "broken the name of role Writer"},
		"a role and a user":                     {"  Second: {Type: AWS::IAM::User, Properties: {UserName: writer}}", ""},
		"two managed policies":                  {"  A: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, " + someDocument + "}}\n  B: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, " + someDocument + "}}", "broken the name of managedpolicy m"},
		"managed policies with generated names": {"  A: {Type: AWS::IAM::ManagedPolicy, Properties: {" + someDocument + "}}\n  B: {Type: AWS::IAM::ManagedPolicy, Properties: {" + someDocument + "}}", ""},
		"two queues":                            {"  A: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n  B: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}", "broken the name of queue q"},
		"queues of names that differ in case":   {"  A: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n  B: {Type: AWS::SQS::Queue, Properties: {QueueName: Q}}", ""},
		"queues with generated names":           {"  A: {Type: AWS::SQS::Queue}\n  B: {Type: AWS::SQS::Queue}", ""},
		"a queue and a topic":                   {"  A: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n  B: {Type: AWS::SNS::Topic, Properties: {TopicName: q}}", ""},
		"two secrets":                           {"  A: {Type: AWS::SecretsManager::Secret, Properties: {Name: s}}\n  B: {Type: AWS::SecretsManager::Secret, Properties: {Name: s}}", "broken the name of secret s"},
		"two tables of two types":               {"  A: {Type: AWS::DynamoDB::Table, Properties: {TableName: t}}\n  B: {Type: AWS::DynamoDB::GlobalTable, Properties: {TableName: t}}", "broken the name of globaltable t"},
		"rules of two buses":                    {"  A: {Type: AWS::Events::Rule, Properties: {Name: r}}\n  B: {Type: AWS::Events::Rule, Properties: {Name: r, EventBusName: other}}", ""},
		"revisions of a task":                   {"  A: {Type: AWS::ECS::TaskDefinition, Properties: {Family: f}}\n  B: {Type: AWS::ECS::TaskDefinition, Properties: {Family: f}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			template := "Parameters: {Stage: {Type: String}}\nConditions: {C: !Equals [!Ref Stage, x]}\nResources:\n" + roles + c.resources + "\n"
			m := modeltest.Read(t, model.Options{}, modeltest.Stack{Name: "Stack", Account: modeltest.SourceAccount, Template: template})
			sameName(t, duplicateName(m), c.want)
		})
	}
}

// A bucket's name is taken in all accounts, a queue's in one.
func TestNamesInTwoAccounts(t *testing.T) {
	for resource, want := range map[string]string{
		"{Type: AWS::S3::Bucket, Properties: {BucketName: lake}}":                  "broken the name of bucket lake",
		"{Type: AWS::S3::Bucket}":                                                  "",
		"{Type: AWS::SQS::Queue, Properties: {QueueName: q}}":                      "",
		"{Type: AWS::IAM::Role, Properties: {RoleName: r, " + trustOfLambda + "}}": "",
	} {
		var stacks []modeltest.Stack
		for stack, account := range map[string]string{"One": modeltest.SourceAccount, "Two": modeltest.TargetAccount} {
			stacks = append(stacks, modeltest.Stack{Name: stack, Account: account, Template: "Resources:\n  R: " + resource + "\n"})
		}
		sameName(t, duplicateName(modeltest.Read(t, model.Options{}, stacks...)), want)
	}
}

// Stacks of an unknown account may be in two accounts, and one of them is not.
func TestNamesInUnknownAccounts(t *testing.T) {
	const queue = "  A: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n"
	one := modeltest.Stack{Name: "One", Template: "Resources:\n" + queue}
	two := modeltest.Stack{Name: "Two", Template: "Resources:\n" + queue}
	sameName(t, duplicateName(modeltest.Read(t, model.Options{}, one, two)), "")
	one.Template += "  B: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n"
	sameName(t, duplicateName(modeltest.Read(t, model.Options{}, one)), "broken the name of queue q")
}

func sameName(t *testing.T, found []check.Check, want string) {
	t.Helper()
	says := ""
	for _, c := range found {
		says += string(c.Verdict) + " " + c.Name + ": " + strings.Join(c.Details, "; ") + "\n"
	}
	if len(found) > 1 || want == "" && says != "" || !strings.Contains(strings.ToLower(says), strings.ToLower(want)) {
		t.Errorf("found %q, expected %q", says, want)
	}
}
