package crossaccount_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// Only one role or user of the target account can be an administrator.
func TestAdministratorsThatAreRefused(t *testing.T) {
	around := func(administrators ...string) crossaccount.Perimeter {
		return crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: administrators}
	}
	for name, c := range map[string]struct {
		perimeter crossaccount.Perimeter
		expected  string
	}{
		"a group":                          {around("arn:aws:iam::222222222222:group/ops"), "expected the ARN of one role or user"},
		"a name of 65 characters":          {around("arn:aws:iam::222222222222:role/" + strings.Repeat("a", 65)), "expected the ARN of one role or user"},
		"the target account in a name":     {around("arn:aws:iam::111111111111:role/admin-222222222222"), "expected one of the target account 222222222222"},
		"administrators without endpoints": {crossaccount.Perimeter{Administrators: admin}, "Perimeter.Enforcement: found a perimeter without endpoints"},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			if found := refusal(func() { reading(a, "reading", bucket(a.target, nil), c.perimeter) }); !strings.Contains(found, c.expected) {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
		})
	}
}

// A request that AWS itself makes needs no endpoint.
func TestPerimeterDoesNotCoverRequestsOfAWS(t *testing.T) {
	a := twoAccounts(t)
	found := grantOf(a, func(p *crossaccount.GrantProps) {
		p.Perimeter = crossaccount.Perimeter{VpceAccounts: []string{"111111111111"}}
		p.Permissions = permissions{crossaccount.ReadBucket(bucket(a.target, nil)), statementsOf{statements: []contract.Statement{
			{Sid: "Notify", Actions: []string{"sns:Publish"}, Resources: []string{"arn:aws:sns:ap-northeast-1:222222222222:t"}, ViaAWSService: true},
		}}}
	})
	if found != "" {
		t.Errorf("found %q, expected none", found)
	}
}

// Two grants share the perimeter of a bucket if they exempt the same administrators, in any order.
func TestAdministratorsOfTwoPerimeters(t *testing.T) {
	a := twoAccounts(t)
	data := bucket(a.target, nil)
	one, two := "arn:aws:iam::222222222222:role/one", "arn:aws:iam::222222222222:role/two"
	around := func(administrators ...string) crossaccount.Perimeter {
		return crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: administrators}
	}
	reading(a, "first", data, around(one, two))
	reading(a, "second", data, around(two, one))
	found := refusal(func() { reading(a, "third", data, around(one)) })
	if expected := "Perimeter: found another one on bucket Target/Data"; !strings.Contains(found, expected) {
		t.Errorf("found %q, expected %q", found, expected)
	}
}

// The exempt roles are of the region's partition.
func TestPerimeterOnABucketInChina(t *testing.T) {
	a := twoAccounts(t)
	a.source, a.target = stackIn(a.app, "CnSource", "111111111111", "cn-north-1"), stackIn(a.app, "CnTarget", "222222222222", "cn-north-1")
	reading(a, "reading", bucket(a.target, nil), crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: []string{"arn:aws-cn:iam::222222222222:role/admin"}})
	_, target := a.templates(t)
	if expected := "arn:aws-cn:iam::222222222222:role/aws-service-role/*"; !strings.Contains(target.View(), expected) {
		t.Errorf("found no %s in\n%s", expected, target.View())
	}
}

// The function that empties the bucket is in the bucket's stack, which is not the target stack.
func TestPerimeterExemptsTheFunctionThatEmptiesInAnotherStack(t *testing.T) {
	a := twoAccounts(t)
	other := stackIn(a.app, "Other", "222222222222", "ap-northeast-1")
	data := awss3.NewBucket(other, jsii.String("Data"), &awss3.BucketProps{
		BucketName: jsii.String("data-of-222"), AutoDeleteObjects: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	reading(a, "reading", data, crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: admin})
	a.target = other
	_, target := a.templates(t)
	if expected := " or {Custom::S3AutoDeleteObjectsCustomResourceProvider/Role}.Arn\n"; !strings.Contains(target.View(), expected) {
		t.Errorf("found no %q in\n%s", expected, target.View())
	}
}

// A Deny that holds only for requests without TLS does not lock anyone out.
func TestDenyAboutTLS(t *testing.T) {
	for name, c := range map[string]struct {
		conditions map[string]any
		locks      bool
	}{
		"without TLS, in small letters": {map[string]any{"Bool": map[string]any{"aws:securetransport": "false"}}, false},
		"whenever that is known":        {map[string]any{"Null": map[string]any{"aws:SecureTransport": "false"}}, true},
	} {
		a := twoAccounts(t)
		data := bucket(a.target, nil)
		reading(a, "reading", data, crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: admin})
		data.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Mine"), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, Actions: jsii.Strings("s3:*"),
			Resources: jsii.Strings(whole(data)...), Conditions: &c.conditions,
		}))
		if found := refusal(func() { a.app.Synth(nil) }); strings.Contains(found, "found Mine in its policy") != c.locks {
			t.Errorf("%s: found %q, expected that it locks the owner out: %v", name, found, c.locks)
		}
	}
}
