package crossaccount_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// statementsOf is a permission of another package with these statements and variables.
type statementsOf struct {
	statements []contract.Statement
	variables  map[string]string
}

func (p statementsOf) Statements() []contract.Statement { return p.statements }
func (p statementsOf) Environment() map[string]string   { return p.variables }
func (p statementsOf) Validate() error                  { return nil }

// grantOf creates a grant to role "reader" with the changed props, and returns the error; empty for none.
func grantOf(a accounts, change func(p *crossaccount.GrantProps)) (refused string) {
	props := crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: a.target, Permissions: permissions{deleteItem{}},
	}
	change(&props)
	if props.Grantees == nil {
		props.Grantees = to(role(a.source, "Reader of "+props.Name, "reader"))
	}
	return refusal(func() { crossaccount.NewCrossAccountGrant(a.source, "Grant "+props.Name, props) })
}

// The trust policy of a new role permits setting the source identity.
func TestTrustWithASourceIdentity(t *testing.T) {
	a, _ := granted(t, func(accounts) crossaccount.Trust {
		return crossaccount.Trust{SourceIdentity: "reader-of-111", ExternalID: "id-1"}
	})
	_, target := a.templates(t)
	_, found, _ := strings.Cut(target.View(), "  trust policy\n")
	found, _, _ = strings.Cut(found, "  policy\n")
	const principal = "    Allow (no Sid)\n      principal  AWS arn:aws:iam::111111111111:root\n"
	const named = "      condition  ArnEquals aws:PrincipalArn: arn:aws:iam::111111111111:role/reader\n"
	const identity = "      condition  StringEquals sts:SourceIdentity: reader-of-111\n"
	expected := principal + "      action     sts:AssumeRole\n" + named + "      condition  StringEquals sts:ExternalId: id-1\n" + identity + principal + "      action     sts:SetSourceIdentity\n" + named + identity
	if found != expected {
		t.Errorf("found\n%sexpected\n%s", found, expected)
	}
}

// Each action of one statement is permitted at the endpoint of its own host.
func TestStreamsAndItemsInOneStatement(t *testing.T) {
	a := twoAccounts(t)
	if found := grantOf(a, func(p *crossaccount.GrantProps) {
		p.Endpoints = everyEndpoint(a)
		p.Permissions = permissions{statementsOf{statements: []contract.Statement{
			{Sid: "Both", Actions: []string{"dynamodb:GetItem", "dynamodb:GetRecords"}, Resources: []string{"arn:aws:dynamodb:ap-northeast-1:222222222222:table/t"}},
		}}}
	}); found != "" {
		t.Fatal(found)
	}
	source, _ := a.templates(t)
	for endpoint, expected := range map[string]string{"\ndynamodb: ": "action     dynamodb:GetItem\n      resource", "\ndynamodb-streams: ": "action     dynamodb:GetRecords\n      resource"} {
		if _, policy, _ := strings.Cut("\n"+source.View(), endpoint); !strings.Contains(policy[:400], expected) {
			t.Errorf("%s: found %s, expected %q", endpoint, policy[:400], expected)
		}
	}
}

// More grants that are refused.
func TestMoreGrantsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(a *accounts, p *crossaccount.GrantProps)
		expected string
	}{
		"an existing role and a boundary": {func(a *accounts, p *crossaccount.GrantProps) {
			p.Role, p.Trust.Boundary = role(a.target, "There", "there"), awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("ReadOnlyAccess"))
		}, "Trust: found a Path or a Boundary, expected none with Role"},
		"a variable with a space": {func(_ *accounts, p *crossaccount.GrantProps) {
			p.Permissions = permissions{statementsOf{deleteItem{}.Statements(), map[string]string{"CROSSGRANT_MY TABLE": "t"}}}
		}, `environment: found variable "CROSSGRANT_MY TABLE", expected letters, digits and _`},
		"a DynamoDB endpoint of another region": {func(a *accounts, p *crossaccount.GrantProps) {
			p.Endpoints.DynamoDB, p.Target = everyEndpoint(*a).DynamoDB, stackIn(a.app, "Far", "222222222222", "eu-west-1")
		}, "Endpoints: found endpoints of ap-northeast-1 for a target in eu-west-1"},
		"endpoints under other names": {func(a *accounts, p *crossaccount.GrantProps) {
			p.Endpoints.Others = map[string]crossaccount.EndpointPolicy{"s3": gateway(*a)}
		}, `Endpoints.Others: found "s3", expected Endpoints.S3 to be set instead`},
		"two roles in one grantee": {func(_ *accounts, p *crossaccount.GrantProps) {
			p.Grantees = to(awsiam.NewCompositePrincipal(awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::111111111111:role/one")), awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::111111111111:role/two"))))
		}, "Grantees[0]: found several principals, of AWS, expected one IAM role: each is a grantee of its own"},
		"a role and a service in one grantee": {func(_ *accounts, p *crossaccount.GrantProps) {
			p.Grantees = to(awsiam.NewCompositePrincipal(awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::111111111111:role/one")), awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil)))
		}, "Grantees[0]: found several principals, of AWS and Service, expected one IAM role: each is a grantee of its own"},
		"one account in two regions": {func(a *accounts, p *crossaccount.GrantProps) {
			p.Target = stackIn(a.app, "Far", "111111111111", "eu-west-1")
		}, "found source and target both in account 111111111111, expected two accounts"},
		"a prefix of variables that begins with a digit": {func(_ *accounts, p *crossaccount.GrantProps) { p.EnvironmentPrefix = "1_" },
			`EnvironmentPrefix: found "1_", expected capital letters`},
		"the role of another grant": {func(a *accounts, p *crossaccount.GrantProps) {
			crossaccount.NewCrossAccountGrant(a.source, "Before", crossaccount.GrantProps{
				Name: "before", Stage: "dev", Target: a.target, Grantees: to(role(a.source, "Before reader", "before")), Permissions: permissions{deleteItem{}},
			})
			p.Role = awsiam.Role_FromRoleName(a.target, jsii.String("There"), jsii.String("before-dev-ap-northeast-1"), nil)
			p.StatementsAddedManually = true
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			found := grantOf(a, func(p *crossaccount.GrantProps) { c.change(&a, p) })
			if (c.expected == "") != (found == "") || !strings.Contains(found, c.expected) {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
		})
	}
}

// A required permission on a resource that the consumer cannot name.
func TestRequiredPermissionWithoutAName(t *testing.T) {
	g, a := readContract(t, owned(t, nothing)), twoAccounts(t)
	found := refusal(func() {
		crossaccount.NewSourceGrant(a.source, "Reading", crossaccount.SourceGrantProps{Contract: g, Grantees: to(role(a.source, "Reader", "reader")),
			RequiredPermissions: permissions{crossaccount.ReadBucket(awss3.NewBucket(a.target, jsii.String("Nameless"), nil))}})
	})
	if expected := "RequiredPermissions[0]: found a resource without a name of its own in ReadBucketList, ReadBucketObjects"; !strings.Contains(found, expected) {
		t.Errorf("found %q, expected %q", found, expected)
	}
}

// Grants that create no role do not collide.
func TestGrantsThatCreateNoRole(t *testing.T) {
	a := twoAccounts(t)
	there := role(a.target, "There", "there")
	for i, access := range []crossaccount.AccessMode{crossaccount.AssumeRole, crossaccount.AssumeRole, crossaccount.Direct, crossaccount.Direct} {
		found := grantOf(a, func(p *crossaccount.GrantProps) {
			p.Name, p.Access = fmt.Sprint("grant", i), access
			p.Grantees = to(role(a.source, p.Name, p.Name))
			if access == crossaccount.AssumeRole {
				p.Role = there
			} else {
				p.Permissions = permissions{crossaccount.ReadBucket(awss3.NewBucket(a.target, jsii.String(p.Name+" data"), &awss3.BucketProps{BucketName: jsii.String(p.Name)}))}
			}
		})
		if found != "" {
			t.Errorf("grant %d, %s: found %q, expected none", i, access, found)
		}
	}
}

// Each stage of an app can have a grant of the same name, in its own account.
func TestOneNameInTwoStages(t *testing.T) {
	a := twoAccounts(t)
	for id, account := range map[string]string{"Beta": "222222222222", "Prod": "333333333333"} {
		stack := awscdk.NewStack(awscdk.NewStage(a.app, jsii.String(id), nil), jsii.String("Target"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")}})
		if found := refusal(func() {
			crossaccount.NewTargetGrant(stack, "Reports", crossaccount.GrantProps{
				Name: "reports", Stage: "x", Grantees: to(crossaccount.RoleByName("111111111111", "reader")), Permissions: permissions{ownPermission{resource: "arn:aws:dynamodb:ap-northeast-1:" + account + ":table/t"}},
			})
		}); found != "" {
			t.Errorf("%s: found %q, expected none", id, found)
		}
	}
}

// Whoever deploys learns the order.
func TestExactRoleSaysWhatItDependsOn(t *testing.T) {
	a, _ := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{Mode: crossaccount.ExactRole} })
	found := assertions.Annotations_FromStack(a.target).FindInfo(jsii.String("*"), assertions.Match_StringLikeRegexp(jsii.String("arn:aws:iam::111111111111:role/reader have to be deployed before this one")))
	if len(*found) != 1 {
		t.Errorf("found %d notes of the order, expected one", len(*found))
	}
}

// The URL of a queue has the domain of its partition.
func TestQueueInChina(t *testing.T) {
	a := twoAccounts(t)
	a.target = stackIn(a.app, "CnTarget", "222222222222", "cn-north-1")
	found := crossaccount.SendToQueue(queue(a, nil)).Environment()["CROSSGRANT_QUEUE_URL"]
	if !strings.HasPrefix(found, "https://sqs.cn-north-1.amazonaws.com.cn/222222222222/") {
		t.Errorf("found %s", found)
	}
}

// A join with a separator is not taken as known text.
func TestVariableThatIsJoined(t *testing.T) {
	a := twoAccounts(t)
	found := grantOf(a, func(p *crossaccount.GrantProps) {
		p.Permissions = permissions{statementsOf{deleteItem{}.Statements(), map[string]string{"BOTH": *awscdk.Fn_Join(jsii.String("-"), jsii.Strings("a", *awscdk.Aws_PARTITION()))}}}
	})
	if expected := "found a resource without a name of its own"; !strings.Contains(found, expected) {
		t.Errorf("found %q, expected %q", found, expected)
	}
}

// The default path is not written.
func TestDefaultPath(t *testing.T) {
	a, _ := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{Path: "/"} })
	_, target := a.templates(t)
	for id, r := range target.Resources {
		if path, found := r.Properties["Path"]; r.Type == "AWS::IAM::Role" && found {
			t.Errorf("%s: found path %v, expected none", id, path)
		}
	}
}

// The size limit of a key's policy.
func TestKeyPolicyThatIsTooLong(t *testing.T) {
	for grantees, expected := range map[int]bool{50: false, 80: true} { // of 450 characters each
		a := twoAccounts(t)
		var all []awsiam.IGrantable
		for i := range grantees {
			all = append(all, crossaccount.RoleByName("111111111111", strings.Repeat("a", 400)+fmt.Sprintf("/reader-%04d", i)))
		}
		crossaccount.NewTargetGrant(a.target, "Using", crossaccount.GrantProps{
			Name: "using", Stage: "dev", Grantees: all, Access: crossaccount.Direct, Permissions: permissions{crossaccount.UseKey(key(a), crossaccount.Decrypt)},
		})
		found := refusal(func() { a.app.Synth(nil) })
		if tooLong := strings.Contains(found, "Target/Key: found a policy of ") && strings.Contains(found, "characters, expected 32768 at most"); tooLong != expected || !expected && found != "" {
			t.Errorf("%d grantees: found %q, expected that it is too long: %v", grantees, found, expected)
		}
	}
}
