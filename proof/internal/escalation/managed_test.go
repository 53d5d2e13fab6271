package escalation

import (
	"strings"
	"testing"
)

// Whoever writes another version of a managed policy changes what all that have it may do, and what those may do of which it is the boundary.
func TestManagedPolicies(t *testing.T) {
	const way = "broken: 333333333333 -> role one: "
	const boundary = "arn:aws:iam::222222222222:policy/boundary"
	permits := func(name, more, action string) string {
		return "  " + strings.ToUpper(name[:1]) + name[1:] + ": {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: " + name + more +
			", PolicyDocument: {Version: '2012-10-17', Statement: [" + may(action, "*") + "]}}}\n"
	}
	managed := func(name, more string) string { return permits(name, more, `"sqs:ListQueues"`) }
	bounded := func(own ...string) string {
		return strings.Replace(by(own...), "RoleName: one", "RoleName: one\n      PermissionsBoundary: !Ref Boundary", 1) + permits("boundary", "", `"iam:*"`)
	}
	read := may(`"s3:GetObject"`, "*")
	for name, c := range map[string]struct {
		source, target string
		want           []string
	}{
		"a policy of the trusted role":            {"", by(may(`"iam:CreatePolicyVersion"`, "*")) + managed("mine", ", Roles: [!Ref Reports]"), []string{way + "iam:CreatePolicyVersion on arn:aws:iam::222222222222:policy/mine"}},
		"another version of it":                   {"", by(may(`"iam:SetDefaultPolicyVersion"`, "arn:aws:iam::222222222222:policy/*")) + managed("mine", ", Roles: [!Ref Reports]"), []string{way + "iam:SetDefaultPolicyVersion on arn:aws:iam::222222222222:policy/mine"}},
		"a policy of the grantee":                 {by(may(`"iam:CreatePolicyVersion"`, "*")) + managed("mine", ", Roles: [!Ref Reader]"), "", []string{way + "iam:CreatePolicyVersion on arn:aws:iam::111111111111:policy/mine"}},
		"a policy with a generated name":          {by(may(`"iam:CreatePolicyVersion"`, "*")) + strings.Replace(managed("mine", ", Roles: [!Ref Reader]"), "ManagedPolicyName: mine, ", "", 1), "", []string{way + "iam:CreatePolicyVersion on arn:aws:iam::111111111111:policy/"}},
		"a policy of someone else":                {"", by(may(`"iam:CreatePolicyVersion"`, "*")) + managed("mine", ", Roles: [!Ref Two]") + role("two", `{Service: lambda.amazonaws.com}`, adopt), nil},
		"a policy of nobody":                      {"", by(may(`"iam:CreatePolicyVersion"`, "*")) + managed("mine", ""), nil},
		"another policy":                          {"", by(may(`"iam:CreatePolicyVersion"`, "arn:aws:iam::222222222222:policy/other")) + managed("mine", ", Roles: [!Ref Reports]"), nil},
		"a policy of a role that it assumes":      {"", by(may(`"iam:CreatePolicyVersion"`, "*"), may(`"sts:AssumeRole"`, "arn:aws:iam::222222222222:role/two")) + managed("mine", ", Roles: [!Ref Two]") + role("two", `{AWS: "arn:aws:iam::222222222222:role/one"}`, adopt), []string{way + "iam:CreatePolicyVersion on arn:aws:iam::222222222222:policy/mine"}},
		"its own boundary":                        {"", bounded(read, may(`"iam:CreatePolicyVersion"`, boundary)), []string{way + "iam:CreatePolicyVersion on " + boundary}},
		"the removal of its boundary":             {"", bounded(read, may(`"iam:DeleteRolePermissionsBoundary"`, "arn:aws:iam::222222222222:role/one")), []string{way + "iam:DeleteRolePermissionsBoundary on arn:aws:iam::222222222222:role/one"}},
		"another boundary":                        {"", bounded(read, may(`"iam:PutRolePermissionsBoundary"`, "arn:aws:iam::222222222222:role/one")), []string{way + "iam:PutRolePermissionsBoundary on arn:aws:iam::222222222222:role/one"}},
		"the boundary that there is":              {"", bounded(read, `{Effect: Allow, Action: "iam:PutRolePermissionsBoundary", Resource: "arn:aws:iam::222222222222:role/one", Condition: {StringEquals: {"iam:PermissionsBoundary": "`+boundary+`"}}}`), nil},
		"a boundary of what is harmless":          {"", bounded(may(`"sqs:ListQueues"`, "*"), may(`"iam:CreatePolicyVersion"`, boundary)), nil},
		"a boundary that nobody changes":          {"", bounded(read), nil},
		"a boundary of what a condition is about": {"", bounded(`{Effect: Allow, Action: "s3:GetObject", Resource: "*", Condition: {IpAddress: {"aws:SourceIp": "203.0.113.0/24"}}}`, may(`"iam:CreatePolicyVersion"`, boundary)), []string{"undecided: 333333333333 -> role one: iam:CreatePolicyVersion on " + boundary}},
		"a boundary of a role that it may assume": {"", bounded(may(`"sts:AssumeRole"`, "*"), may(`"iam:CreatePolicyVersion"`, boundary)) + role("two", `{AWS: "arn:aws:iam::222222222222:root"}`, adopt, read), []string{way + "iam:CreatePolicyVersion on " + boundary}},
		"a policy of its group": {"", "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Groups: [!Ref All]}}\n  All: {Type: AWS::IAM::Group, Properties: {GroupName: all, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + may(`"iam:CreatePolicyVersion"`, "*") + "]}}]}}\n" +
			managed("mine", ", Groups: [!Ref All]"), []string{"broken: user ann: iam:CreatePolicyVersion on arn:aws:iam::222222222222:policy/mine"}},
		"another group": {"", "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + may(`"iam:AddUserToGroup"`, "arn:aws:iam::222222222222:group/all") + "]}}]}}\n" +
			"  All: {Type: AWS::IAM::Group, Properties: {GroupName: all}}\n", []string{"undecided: user ann: iam:AddUserToGroup on arn:aws:iam::222222222222:group/all"}},
		"any group":              {"", "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + may(`"iam:AddUserToGroup"`, "*") + "]}}]}}\n", []string{"undecided: user ann: iam:AddUserToGroup on arn:aws:iam::222222222222:group/"}},
		"a group without a user": {"", by(may(`"iam:AddUserToGroup"`, "*")), nil},
		"its group": {"", "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + may(`"iam:AttachGroupPolicy"`, "*") + "]}}]}}\n" +
			"  All: {Type: AWS::IAM::Group, Properties: {GroupName: all}}\n  In: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref All, Users: [!Ref Ann]}}\n", []string{"broken: user ann: iam:AttachGroupPolicy on arn:aws:iam::222222222222:group/all"}},
	} {
		t.Run(name, func(t *testing.T) { expect(t, c.source, c.target, c.want) })
	}
}
