package main

import (
	"encoding/json"
	"testing"
)

func TestOperators(t *testing.T) {
	s := small(t)
	for line, expected := range map[string]string{
		"ReaderPolicy PolicyDocument.Statement.1: drop the statement":                                         `{}`,
		"Reader AssumeRolePolicyDocument.Statement.0.Action: drop the statement":                              `"none:Nothing"`,
		"ReaderPolicy PolicyDocument.Statement.1.Effect: flip the effect":                                     `"Deny"`,
		"ReaderPolicy PolicyDocument.Statement.0.Action.0: drop an action":                                    `["logs:PutLogEvents"]`,
		"ReaderPolicy PolicyDocument.Statement.1.Action.0: action to service:*":                               `["sts:*"]`,
		"AccessPolicy PolicyDocument.Statement.1.Action.0: action to verb*":                                   `["s3:Get*","s3:GetObjectTagging"]`,
		"AccessPolicy PolicyDocument.Statement.1.Action: add a higher action (and s3:PutObject)":              `["s3:GetObject","s3:GetObjectTagging","s3:PutObject"]`,
		"AccessPolicy PolicyDocument.Statement.1.Resource.0: resource to *":                                   `["*"]`,
		"AccessPolicy PolicyDocument.Statement.1.Resource.0: widen the last part":                             `["arn:aws:s3:::data/*"]`,
		"AccessPolicy PolicyDocument.Statement.1.Resource.0: append *":                                        `["arn:aws:s3:::data/in*"]`,
		"AccessPolicy PolicyDocument.Statement.1.Resource.0: another prefix":                                  `["arn:aws:s3:::data/in-old/*"]`,
		"ReaderPolicy PolicyDocument.Statement.1.Resource.0: resource in another account":                     `["arn:aws:iam::888888888888:role/access"]`,
		"ReaderPolicy PolicyDocument.Statement.0.Resource.0: resource in another region":                      `["arn:aws:logs:eu-west-1:111111111111:log-group:reader:*"]`,
		"Access AssumeRolePolicyDocument.Statement.0.Principal: principal to *":                               `"*"`,
		"Access AssumeRolePolicyDocument.Statement.0.Principal.AWS: add another account":                      `{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::888888888888:root"]}`,
		"Access AssumeRolePolicyDocument.Statement.0.Principal.AWS.0: principal of another account":           `{"AWS":["arn:aws:iam::888888888888:root"]}`,
		"DataPolicy PolicyDocument.Statement.1.Principal.AWS.0: principal to its account":                     `{"AWS":["arn:aws:iam::222222222222:root"]}`,
		"Cleaner AssumeRolePolicyDocument.Statement.0.Principal.Service: service to another":                  `{"Service":["codebuild.amazonaws.com"]}`,
		"Access AssumeRolePolicyDocument.Statement.0.Condition: drop the condition":                           `null`,
		"Access AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals: flip the operator":                  `{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/reader"}}`,
		"Access AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals: operator to …IfExists":              `{"ArnEqualsIfExists":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/reader"}}`,
		"DataPolicy PolicyDocument.Statement.0.Condition.Bool.aws:SecureTransport.0: change a condition":      `{"Bool":{"aws:SecureTransport":["true"]}}`,
		"Access AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals.aws:PrincipalArn.0: widen a":         `{"ArnEquals":{"aws:PrincipalArn":["arn:aws:iam::111111111111:role/*"]}}`,
		"Access AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals.aws:PrincipalArn: add a":             `{"ArnEquals":{"aws:PrincipalArn":["arn:aws:iam::111111111111:role/reader","arn:aws:iam::111111111111:role/another"]}}`,
		"AccessPolicy PolicyDocument.Statement.0.Condition.StringLike.s3:prefix.0: drop a condition value":    `{"StringLike":{"s3:prefix":["out/*"]}}`,
		"AccessPolicy Roles.0: detach the policy":                                                             `[]`,
		"AccessPolicy Roles: attach it to another role (and Cleaner)":                                         `[{"Ref":"Access"},{"Ref":"Cleaner"}]`,
		"Access RoleName: rename the role (another name)":                                                     `"access-2"`,
		"Access MaxSessionDuration: longer sessions":                                                          `43200`,
		"Endpoint : drop the endpoint":                                                                        `{}`,
		"Endpoint PrivateDnsEnabled: private DNS off":                                                         `false`,
		"Endpoint ServiceName: the endpoint of another service (…ecr)":                                        `"com.amazonaws.eu-central-1.ecr"`,
		"Group SecurityGroupEgress.0: drop the group rule":                                                    `{}`,
		"Group SecurityGroupEgress.1: close the port (444)":                                                   `{"CidrIp":"10.0.0.0/16","FromPort":444,"IpProtocol":"tcp","ToPort":444}`,
		"Group SecurityGroupEgress.1: another peer":                                                           `{"CidrIp":"192.0.2.0/24","FromPort":443,"IpProtocol":"tcp","ToPort":443}`,
		"Function VpcConfig: out of the VPC":                                                                  `{}`,
		"Function Role: the function's role (Neighbour)":                                                      `{"Fn::GetAtt":["Neighbour","Arn"]}`,
		"DataPolicy PolicyDocument.Statement: a statement for others (s3:GetObject for arn:aws:iam::8888":     `{"Action":"s3:GetObject","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::888888888888:root"},"Resource":"arn:aws:s3:::data/*"}`,
		"Access AssumeRolePolicyDocument.Statement: a statement for others (sts:AssumeRole for *)":            `{"Action":"sts:AssumeRole","Effect":"Allow","Principal":"*"}`,
		"ReaderPolicy PolicyDocument.Statement.1.Resource: Resource to NotResource":                           `null`,
		"AccessPolicy PolicyDocument.Statement.1.Resource: add a resource (and arn:aws:s3:::data/another)":    "[{\"Fn::Join\":[\"\",[{\"Fn::GetAtt\":[\"Data\",\"Arn\"]},\"/in/*\"]]},\"arn:aws:s3:::data/another\"]",
		"AccessPolicy PolicyDocument.Statement.0.Condition.StringLike.s3:prefix.0: append * to a condition v": `{"StringLike":{"s3:prefix":["in*","out/*"]}}`,
	} {
		t.Run(line, func(t *testing.T) {
			m := find(t, s, line)
			found := m.change.value
			if m.statement != nil { // of statements, the element that changes
				if element := m.change.shown[len(m.statement.in):]; len(element) > 0 {
					found = object(found)[element[0].(string)]
				}
			}
			if m.operator.name == "a statement for others" {
				statements := list(object(found)["Statement"])
				found = statements[len(statements)-1]
			}
			if text, err := json.Marshal(found); err != nil || string(text) != expected {
				t.Errorf("found %s (%v), expected %s", text, err, expected)
			}
		})
	}
}

func TestMutantsComeInTheSameOrder(t *testing.T) {
	first, second := small(t).mutants(), small(t).mutants()
	for i := range first {
		if first[i].String() != second[i].String() {
			t.Fatalf("mutant %d: found %s, then %s", i, first[i], second[i])
		}
	}
}
