package main

import (
	"strings"
	"testing"
)

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

// Connections, and the source account's own resources.
func TestEquivalentsOfConnections(t *testing.T) {
	s := subjectIn(t, "testdata/connections")
	for line, rule := range map[string]string{
		"TopicPolicy PolicyDocument.Statement.0.Principal: principal to *":                                           "aws:SourceAccount is of services",
		"TopicPolicy PolicyDocument.Statement.0.Principal.Service: service to another":                               "",
		"QueuePolicy PolicyDocument.Statement.0.Principal: principal to *":                                           "a source that only services have",
		"TopicPolicy PolicyDocument.Statement.0.Condition.ArnLike: operator to …IfExists":                            "sources of the account",
		"TopicPolicy PolicyDocument.Statement.0.Condition: drop the condition":                                       "",
		"QueuePolicy PolicyDocument.Statement.0.Condition.ArnEquals: operator to …IfExists":                          "",
		"QueuePolicy PolicyDocument.Statement.0.Condition.ArnEquals.aws:SourceArn.0: condition value's account":      "",
		"TopicPolicy PolicyDocument.Statement.0.Resource.0: resource to *":                                           "a service acts for its source",
		"TopicPolicy PolicyDocument.Statement.0.Action.0: action to service:*":                                       "",
		"TopicPolicy PolicyDocument.Statement: a statement for others (sns:Subscribe for arn:aws:iam::111111111111:": "the source account's own",
		"TopicPolicy PolicyDocument.Statement: a statement for others (sns:Subscribe for *)":                         "",
		"QueuePolicy PolicyDocument.Statement.0.Action.1: drop an action":                                            "actions that are not needed",
		"QueuePolicy PolicyDocument.Statement.0.Action.0: drop an action":                                            "",
		"Taking PolicyDocument.Statement.0.Action.0: action to service:*":                                            "queues of its own account",
		"Taking PolicyDocument.Statement.0.Action.0: drop an action":                                                 "",
		"OwnUse PolicyDocument.Statement.0.Action: drop the statement":                                               "",
		"TableEndpoint : drop the endpoint (no more)":                                                                "an endpoint of no grant",
		"ObjectEndpoint : drop the endpoint (no more)":                                                               "",
		"ObjectEndpoint PolicyDocument.Statement.0.Action.0: action to service:*":                                    "resources of no grant behind an endpoint",
		"ObjectEndpoint PolicyDocument.Statement.0.Resource.0: resource to *":                                        "",
		"ObjectEndpoint PolicyDocument.Statement.1.Condition: drop the condition":                                    "resources of no grant behind an endpoint",
		"ObjectEndpoint PolicyDocument.Statement.1: drop the statement":                                              "",
		"ObjectEndpoint PolicyDocument.Statement.2.Condition: drop the condition":                                    "",
		"Function Environment.Variables.CROSSGRANT_COPY_PART_MIB: the function's environment":                        "a variable of the function's own",
		"Function Environment.Variables.CROSSGRANT_ROLE_ARN: the function's environment":                             "",
		"Own BucketName: rename the bucket":                                                                          "the source account's own bucket",
	} {
		t.Run(line, func(t *testing.T) {
			for _, m := range s.mutants() {
				if !strings.Contains(m.String(), line) {
					continue
				}
				classify([]*mutant{m})
				if m.reason != rule {
					t.Errorf("%s: found rule %q, expected %q", m, m.reason, rule)
				}
				return
			}
			t.Error("found no such mutant")
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
