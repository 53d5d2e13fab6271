package crossaccount_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

func TestGrantsThatAreRefused(t *testing.T) {
	read := func(a accounts, prefixes ...string) []crossaccount.Permission {
		return []crossaccount.Permission{crossaccount.ReadBucket(bucket(a.target, nil), prefixes...)}
	}
	for name, c := range map[string]struct {
		change   func(a *accounts, props *crossaccount.CrossAccountGrantProps)
		expected []string
	}{
		"nothing set": {
			func(_ *accounts, p *crossaccount.CrossAccountGrantProps) { *p = crossaccount.CrossAccountGrantProps{} },
			[]string{
				`Name: found "", expected letters`, `Stage: found "", expected letters`, "Grantee: found nil, expected a construct with a role",
				"Target: found nil, expected the stack", "Permissions: found none, expected at least one",
			},
		},
		"a grantee whose role has no name of its own": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) { p.Grantee = role(a.source, "Nameless", "") },
			[]string{"Grantee: found a role without a name of its own, expected RoleName to be set on it"},
		},
		"a grantee that is a service": {
			func(_ *accounts, p *crossaccount.CrossAccountGrantProps) {
				p.Grantee = awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil)
			},
			[]string{"Grantee: found principal [Service], expected one IAM role"},
		},
		"a grantee that is everyone": {
			func(_ *accounts, p *crossaccount.CrossAccountGrantProps) { p.Grantee = awsiam.NewAnyPrincipal() },
			[]string{`Grantee: found principal "*", expected the ARN of one IAM role`},
		},
		"a grantee that is a whole account": {
			func(_ *accounts, p *crossaccount.CrossAccountGrantProps) {
				p.Grantee = awsiam.NewAccountPrincipal("333333333333")
			},
			[]string{`Grantee: found principal "arn:aws:iam::333333333333:root", expected the ARN of one IAM role`},
		},
		"a role of a third account": {
			func(_ *accounts, p *crossaccount.CrossAccountGrantProps) {
				p.Grantee = awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::333333333333:role/other"))
			},
			[]string{"Grantee: found a role of account 333333333333, expected one of the source account 111111111111"},
		},
		"a source stack without an account": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) {
				a.source = stackIn(a.app, "Anywhere", "", "ap-northeast-1")
				p.Grantee = role(a.source, "Reader", "reader")
			},
			[]string{"stack Anywhere: found no account, expected an explicit one in its Env"},
		},
		"a target stack without account and region": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) {
				p.Target = stackIn(a.app, "Anywhere", "", "")
			},
			[]string{"stack Anywhere: found no account", "stack Anywhere: found no region"},
		},
		"one account": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) {
				p.Target = stackIn(a.app, "Same", "111111111111", "ap-northeast-1")
			},
			[]string{"found source and target both in account 111111111111, expected two accounts"},
		},
		"a prefix that begins with /": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) { p.Permissions = read(*a, "/in/") },
			[]string{`Permissions[0]: prefixes: found "/in/", expected it without the leading /`},
		},
		"a prefix with a wildcard": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) { p.Permissions = read(*a, "in*/") },
			[]string{`Permissions[0]: prefixes: found "in*/", expected it literally`},
		},
		"a prefix with a policy variable": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) {
				p.Permissions = read(*a, "${aws:username}/")
			},
			[]string{`prefixes: found "${aws:username}/", expected it literally`},
		},
		"an empty prefix must not become every prefix": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) { p.Permissions = read(*a, "") },
			[]string{"prefixes: found an empty one, expected text"},
		},
		"an index with a wildcard": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.ReadTable(importedTable(a.target), "*")}
			},
			[]string{`indexes: found "*", expected it literally`},
		},
		"one permission twice": {
			func(a *accounts, p *crossaccount.CrossAccountGrantProps) {
				p.Permissions = append(p.Permissions, p.Permissions...)
			},
			[]string{"Permissions: found ReadTableItems twice, expected each permission once"},
		},
		"a role name with a space": {
			func(_ *accounts, p *crossaccount.CrossAccountGrantProps) { p.Name = "my grant" },
			[]string{`Name: found "my grant", expected letters, digits and -_.+=,@`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			props := crossaccount.CrossAccountGrantProps{
				Name: "reading", Stage: "dev", Grantee: role(a.source, "Reader", "reader"), Target: a.target,
				Permissions: []crossaccount.Permission{crossaccount.ReadTable(table(a.target, nil))},
			}
			c.change(&a, &props)
			message := refusal(func() { crossaccount.NewCrossAccountGrant(a.source, "Reading", props) })
			for _, expected := range append(c.expected, "cross-account grant ", "/Reading:") {
				if !strings.Contains(message, expected) {
					t.Errorf("found %q, expected %q in it", message, expected)
				}
			}
		})
	}
}

func importedTable(stack awscdk.Stack) awsdynamodb.ITable {
	return awsdynamodb.Table_FromTableName(stack, jsii.String("Imported"), jsii.String("devices"))
}

// refusal returns what the call panics with, or nothing.
func refusal(call func()) (message string) {
	defer func() {
		if problem := recover(); problem != nil {
			message = fmt.Sprint(problem)
		}
	}()
	call()
	return ""
}
