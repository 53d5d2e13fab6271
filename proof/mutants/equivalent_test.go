package main

import "testing"

func TestEquivalents(t *testing.T) {
	s := small(t)
	for line, rule := range map[string]string{
		"ReaderPolicy PolicyDocument.Statement.0: drop the statement":                                     "logs",
		"ReaderPolicy PolicyDocument.Statement.0.Action.0: action to service:*":                           "logs",
		"ReaderPolicy PolicyDocument.Statement.0.Action: Action to NotAction":                             "",
		"ReaderPolicy PolicyDocument.Statement.1: drop the statement":                                     "",
		"ReaderPolicy PolicyDocument.Statement.1.Action.0: action to *":                                   "",
		"Neighbour AssumeRolePolicyDocument.Statement.0.Principal: principal to *":                        "another role of the grantee's account",
		"Reader AssumeRolePolicyDocument.Statement.0.Principal: principal to *":                           "",
		"Reader AssumeRolePolicyDocument.Statement.0.Action: add a higher action (and sts:TagSession)":    "AWS's services only assume",
		"ReaderPolicy Roles: attach it to another role":                                                   "attached to a role of no grant",
		"Cleaner AssumeRolePolicyDocument.Statement.0.Principal.Service: service to another":              "the owner's own roles",
		"Cleaner AssumeRolePolicyDocument.Statement.0.Principal: principal to *":                          "",
		"Cleaner AssumeRolePolicyDocument.Statement.0.Principal.AWS: add another account":                 "",
		"Cleaner ManagedPolicyArns: attach AdministratorAccess":                                           "the owner's own roles",
		"Access ManagedPolicyArns: attach AdministratorAccess":                                            "",
		"Access AssumeRolePolicyDocument.Statement.0.Principal: principal to *":                           "one role by its ARN",
		"Access AssumeRolePolicyDocument.Statement.0.Principal.AWS.0: principal of another account":       "",
		"Access AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals: operator to …IfExists":          "aws:PrincipalArn is always there",
		"Access AssumeRolePolicyDocument.Statement.0.Condition: drop the condition":                       "",
		"Access AssumeRolePolicyDocument.Statement: a statement for others (sts:AssumeRole for *)":        "",
		"DataPolicy PolicyDocument.Statement.0.Resource.1: drop a resource":                               "",
		"DataPolicy PolicyDocument.Statement.0.Action.0: action to *":                                     "more denied without TLS",
		"DataPolicy PolicyDocument.Statement.0.Condition.Bool: operator to …IfExists":                     "aws:SecureTransport is always there",
		"DataPolicy PolicyDocument.Statement.1.Action.0: action to service:*":                             "the owner's own principals",
		"DataPolicy PolicyDocument.Statement.1.Principal.AWS: add another account":                        "",
		"DataPolicy PolicyDocument.Statement.1.Principal.AWS: add the grantee's account":                  "",
		"AccessPolicy Roles: attach it to another role (and Cleaner)":                                     "attached to a role of no grant",
		"AccessPolicy PolicyDocument.Statement.1.Action.0: action to verb*":                               "",
		"Group SecurityGroupEgress.1: drop the group rule":                                                "another rule of the group",
		"Group SecurityGroupEgress.0: drop the group rule":                                                "",
		"Endpoint : drop the endpoint (no more)":                                                          "",
		"Function VpcConfig: out of the VPC":                                                              "no perimeter",
		"Function Role: the function's role (Neighbour)":                                                  "",
		"Endpoint PrivateDnsEnabled: private DNS off":                                                     "",
		"ReaderPolicy PolicyDocument.Statement.0.Resource.0: resource to *":                               "logs",
		"ReaderPolicy PolicyDocument.Statement.0.Action.0: action to *":                                   "logs",
		"AccessPolicy PolicyDocument.Statement.0.Condition.StringLike.s3:prefix: add a condition value":   "",
		"Access AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals.aws:PrincipalArn.0: append * to": "",
	} {
		t.Run(line, func(t *testing.T) {
			m := find(t, s, line)
			classify([]*mutant{m})
			if m.reason != rule {
				t.Errorf("found rule %q, expected %q", m.reason, rule)
			}
		})
	}
}

func TestRulesHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.name] || r.because == "" {
			t.Errorf("rule %q: found twice, or without a reason", r.name)
		}
		seen[r.name] = true
	}
}
