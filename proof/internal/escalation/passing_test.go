package escalation

import (
	"slices"
	"testing"
)

// A role with the data is passed to the service that it trusts.
func TestRolesPassedOn(t *testing.T) {
	const to = "broken: 333333333333 -> role one: iam:PassRole on arn:aws:iam::222222222222:role/two -> role two: s3:GetObject on"
	const perhaps = "undecided: 333333333333 -> role one: iam:PassRole on arn:aws:iam::222222222222:role/two -> role two: s3:GetObject on"
	read := may(`"s3:GetObject"`, "arn:aws:s3:::lake/*")
	for name, c := range map[string]struct {
		service, actions, want string
	}{
		"a spot instance":                 {"ec2.amazonaws.com", `"ec2:RequestSpotInstances"`, to},
		"a spot fleet":                    {"ec2.amazonaws.com", `"ec2:RequestSpotFleet"`, to},
		"a fleet":                         {"ec2.amazonaws.com", `"ec2:CreateFleet"`, to},
		"instances of a cluster":          {"ec2.amazonaws.com", `"elasticmapreduce:RunJobFlow"`, to},
		"instances that start again":      {"ec2.amazonaws.com", `"ec2:StartInstances"`, ""},
		"a job without servers":           {"emr-serverless.amazonaws.com", `["emr-serverless:CreateApplication", "emr-serverless:StartJobRun"]`, to},
		"a container":                     {"tasks.apprunner.amazonaws.com", `"apprunner:CreateService"`, to},
		"a build of a container":          {"build.apprunner.amazonaws.com", `"apprunner:CreateService"`, perhaps},
		"grants of S3":                    {"access-grants.s3.amazonaws.com", `["s3:CreateAccessGrantsInstance", "s3:CreateAccessGrantsLocation", "s3:CreateAccessGrant", "s3:GetDataAccess"]`, to},
		"an agent's code":                 {"bedrock-agentcore.amazonaws.com", `"bedrock-agentcore:*"`, to},
		"an automation":                   {"ssm.amazonaws.com", `"ssm:StartAutomationExecution"`, to},
		"a state machine of a region":     {"states.eu-west-1.amazonaws.com", `"states:CreateStateMachine"`, to},
		"a state machine in China":        {"states.amazonaws.com.cn", `"states:TestState"`, to},
		"a build":                         {"codebuild.amazonaws.com", `"codebuild:StartBuild"`, to},
		"a service that may start it":     {"datasync.amazonaws.com", `"datasync:CreateTask"`, perhaps},
		"its reading":                     {"datasync.amazonaws.com", `["datasync:ListTasks", "datasync:DescribeTask"]`, ""},
		"another service":                 {"datasync.amazonaws.com", `["glue:*", "lambda:*"]`, ""},
		"a part of the names of services": {"datasync.amazonaws.com", `"data*:*"`, perhaps},
		"one that nobody knows":           {"neverheardof.amazonaws.com", `"sqs:SendMessage"`, perhaps},
		"one that nobody knows, reading":  {"neverheardof.amazonaws.com", `["sqs:ListQueues", "iam:ListRoles"]`, ""},
		"a service that nobody knows":     {"neverheardof.amazonaws.com", `"neverheardof:Run"`, perhaps},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			pass := may(`"iam:PassRole"`, "arn:aws:iam::222222222222:role/two")
			expect(t, "", by(pass, may(c.actions, "*"))+role("two", "{Service: "+c.service+"}", adopt, read), want)
		})
	}
	t.Run("all but some services", func(t *testing.T) {
		most := func(but string) string {
			return `{Effect: Allow, NotAction: ["iam:*", "sts:*", "s3:*", "kms:*", "dynamodb:*", "cloudformation:*"` + but + `], Resource: "*"}`
		}
		pass := may(`"iam:PassRole"`, "arn:aws:iam::222222222222:role/two")
		two := func(service string) string { return role("two", "{Service: "+service+"}", adopt, read) }
		expect(t, "", by(pass, most(""))+two("datasync.amazonaws.com"), []string{perhaps})
		expect(t, "", by(pass, most(`, "datasync:*"`))+two("datasync.amazonaws.com"), nil)
		expect(t, "", by(pass, most(""))+two("neverheardof.amazonaws.com"), []string{perhaps})
	})
	t.Run("an unknown role", func(t *testing.T) {
		expect(t, "", by(may(`["iam:PassRole", "sagemaker:CreateNotebookInstance"]`, "*")), []string{"undecided: 333333333333 -> role one: iam:PassRole on arn:aws:iam::222222222222:role/"})
		expect(t, "", by(may(`["iam:PassRole", "sqs:SendMessage"]`, "*")), nil)
	})
}

func TestServicesNamed(t *testing.T) {
	for principal, want := range map[string][]string{
		"access-grants.s3.amazonaws.com":            {"s3"},
		"emr-serverless.amazonaws.com":              {"emr-serverless"},
		"bedrock-agentcore.amazonaws.com":           {"bedrock", "bedrock-agentcore"},
		"logs.eu-west-1.amazonaws.com":              {"logs"},
		"vpc-flow-logs.amazonaws.com":               nil,
		"appsync.amazonaws.com":                     {"appsync"},
		"delivery.logs.us-gov-west-1.amazonaws.com": {"logs"},
	} {
		if got := servicesNamed(principal); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Errorf("%s: found %q, expected %q", principal, got, want)
		}
	}
}
