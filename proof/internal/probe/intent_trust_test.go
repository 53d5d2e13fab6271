package probe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
)

// Somebody has to be able to become the grantee, also where nothing here runs as it.
func TestWhoBecomesTheGrantee(t *testing.T) {
	for statement, want := range map[string]check.Verdict{
		`Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"`:                                                                              check.Proved,
		`Principal: {Service: lambda.amazonaws.com}, Action: "sts:TagSession"`:                                                                              check.Broken,
		`Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole", Condition: {IpAddress: {"aws:SourceIp": 203.0.113.0/24}}`:                    check.Broken,
		`Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:PrincipalOrgID": o-1}}`:                      check.Undecided,
		`Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole", Condition: {StringLike: {"aws:UserAgent": other}}`:                           check.Undecided,
		`Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole"`:                                                                                        check.Proved,
		`Principal: {AWS: "arn:aws:iam::111111111111:user/ops"}, Action: "sts:AssumeRole"`:                                                                  check.Proved,
		`Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole", Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/deploy"}}`: check.Proved,
		`Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole", Condition: {StringEquals: {"sts:ExternalId": x-1}}`:                                    check.Proved,
		`Principal: {Federated: "arn:aws:iam::111111111111:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"}, Action: "sts:AssumeRoleWithWebIdentity"`:  check.Proved,
		`Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole"}, {Effect: Deny, Principal: "*", Action: "sts:AssumeRole"`:                              check.Broken,
		`Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole", Condition: {Bool: {"aws:SecureTransport": "true"}}`:                          check.Proved,
		`Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}, {Effect: Deny, Principal: {AWS: "333333333333"}, Action: "sts:AssumeRole"`:  check.Proved,
		`Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:RequestedRegion": eu-south-2}}`:              check.Undecided,
	} {
		source := strings.Replace(declarationOf("Source", readLake, "Reader", "reader"), "AssumeRolePolicyDocument: {Statement: []}",
			fmt.Sprintf("AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, %s}]}", statement), 1)
		var found check.Verdict
		for _, one := range intent(load(t, source, declarationOf("Target", readLake, "Reports", "reports"), "")) {
			if one.Name == "the trust policy of role reader lets someone assume it" {
				found = one.Verdict
			}
		}
		if found != want {
			t.Errorf("%s: found %s, expected %s", statement, found, want)
		}
	}
}
