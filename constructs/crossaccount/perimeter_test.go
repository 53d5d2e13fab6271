package crossaccount_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

func TestPerimetersThatAreRefused(t *testing.T) {
	endpoint := []string{"vpce-0a1b2c3d4e5f67890"}
	for name, c := range map[string]struct {
		perimeter crossaccount.Perimeter
		expected  string // empty: none
	}{
		"none":                             {crossaccount.Perimeter{}, ""},
		"of an endpoint":                   {crossaccount.Perimeter{VpcEndpoints: endpoint}, ""},
		"of an old short id":               {crossaccount.Perimeter{Vpcs: []string{"vpc-1a2b3c4d"}}, ""},
		"of two kinds":                     {crossaccount.Perimeter{VpcEndpoints: endpoint, Vpcs: []string{"vpc-0a1b2c3d4e5f67890"}}, "Perimeter.Vpcs and VpcEndpoints: found 2 lists, expected one of them"},
		"of no kind":                       {crossaccount.Perimeter{Enforcement: crossaccount.OnRole}, "Perimeter.Enforcement: found a perimeter without endpoints, expected one of VpceAccounts"},
		"in an unknown enforcement":        {crossaccount.Perimeter{Enforcement: "OnTable", VpcEndpoints: endpoint}, `Perimeter.Enforcement: found "OnTable", expected one of ["OnRole" "OnBucket"]`},
		"of an endpoint by a wildcard":     {crossaccount.Perimeter{VpcEndpoints: []string{"vpce-*"}}, `Perimeter.VpcEndpoints: found "vpce-*", expected endpoints such as`},
		"of a VPC among the endpoints":     {crossaccount.Perimeter{VpcEndpoints: []string{"vpc-0a1b2c3d4e5f67890"}}, `Perimeter.VpcEndpoints: found "vpc-0a1b2c3d4e5f67890"`},
		"of an endpoint among the VPCs":    {crossaccount.Perimeter{Vpcs: endpoint}, `Perimeter.Vpcs: found "vpce-0a1b2c3d4e5f67890", expected VPCs such as`},
		"of an account of 11 digits":       {crossaccount.Perimeter{VpceAccounts: []string{"11111111111"}}, `Perimeter.VpceAccounts: found "11111111111", expected accounts of 12 digits`},
		"of an organizational unit":        {crossaccount.Perimeter{VpceOrgIDs: []string{"ou-ab12-11111111"}}, `Perimeter.VpceOrgIDs: found "ou-ab12-11111111", expected organizations such as`},
		"on the bucket, nobody exempt":     {crossaccount.Perimeter{VpcEndpoints: endpoint, Enforcement: crossaccount.OnBucket}, "Perimeter.Administrators: found none with OnBucket, expected the ARN of at least one role or user of the target account"},
		"on the role, with administrators": {crossaccount.Perimeter{VpcEndpoints: endpoint, Administrators: admin}, "Perimeter.Administrators: found some with OnRole, expected none"},
		"on the bucket, an admin":          {crossaccount.Perimeter{VpcEndpoints: endpoint, Enforcement: crossaccount.OnBucket, Administrators: admin}, ""},
		"on the bucket, a user as admin":   {crossaccount.Perimeter{VpcEndpoints: endpoint, Enforcement: crossaccount.OnBucket, Administrators: []string{"arn:aws:iam::222222222222:user/ops/ann"}}, ""},
		"on the bucket, every role as admin": {crossaccount.Perimeter{VpcEndpoints: endpoint, Enforcement: crossaccount.OnBucket, Administrators: []string{"arn:aws:iam::222222222222:role/*"}},
			`Perimeter.Administrators: found "arn:aws:iam::222222222222:role/*", expected the ARN of one role or user`},
		"on the bucket, another account's admin": {crossaccount.Perimeter{VpcEndpoints: endpoint, Enforcement: crossaccount.OnBucket, Administrators: []string{"arn:aws:iam::111111111111:role/admin"}},
			"Perimeter.Administrators: found arn:aws:iam::111111111111:role/admin, expected one of the target account 222222222222"},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			found := refusal(func() { reading(a, "reading", bucket(a.target, nil), c.perimeter) })
			if (c.expected == "") != (found == "") || !strings.Contains(found, c.expected) {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
		})
	}
}

// reading creates a grant with a perimeter.
func reading(a accounts, name string, data awss3.IBucket, perimeter crossaccount.Perimeter) {
	crossaccount.NewCrossAccountGrant(a.source, name, crossaccount.GrantProps{
		Name: name, Stage: "dev", Target: a.target, Grantees: to(role(a.source, "Reader of "+name, "reader-of-"+name)), Perimeter: perimeter,
		Permissions: permissions{crossaccount.ReadBucket(data)},
	})
}

// Two grants share the perimeter of their bucket, which is written once; of two different ones, no request would pass both.
func TestTwoPerimetersOnOneBucket(t *testing.T) {
	a := twoAccounts(t)
	data := bucket(a.target, nil)
	around := crossaccount.Perimeter{VpceAccounts: []string{"111111111111", "333333333333"}, Enforcement: crossaccount.OnBucket, Administrators: admin}
	reading(a, "first", data, around)
	around.VpceAccounts = []string{"333333333333", "111111111111"} // in another order, the same
	reading(a, "second", data, around)
	_, target := a.templates(t)
	if found := strings.Count(target.View(), "Deny CrossGrantPerimeter\n"); found != 1 {
		t.Errorf("found the perimeter %d times, expected once in\n%s", found, target.View())
	}
	around.VpceAccounts = []string{"111111111111"}
	found := refusal(func() { reading(a, "third", data, around) })
	if expected := "Perimeter: found another one on bucket Target/Data, expected the same in all grants"; !strings.Contains(found, expected) {
		t.Errorf("found %q, expected %q", found, expected)
	}
}

// CDK's function that empties the bucket before it is deleted is exempt, or the stack could not be deleted.
func TestPerimeterExemptsTheFunctionThatEmptiesTheBucket(t *testing.T) {
	a := twoAccounts(t)
	data := awss3.NewBucket(a.target, jsii.String("Data"), &awss3.BucketProps{
		BucketName: jsii.String("data-of-222"), AutoDeleteObjects: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	reading(a, "reading", data, crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: admin})
	_, target := a.templates(t)
	_, deny, _ := strings.Cut(target.View(), "Deny CrossGrantPerimeter\n")
	const emptier = "{Custom::S3AutoDeleteObjectsCustomResourceProvider/Role}.Arn"
	if line, _, _ := strings.Cut(deny[strings.Index(deny, "ArnNotLikeIfExists"):], "\n"); !strings.Contains(line, emptier) {
		t.Errorf("found %q, expected %s in it", line, emptier)
	}
}

// A custom bootstrap qualifier in the context changes CloudFormation's role. A synthesizer created in Go does not say which it is.
func TestPerimeterExemptsTheRoleThatDeploys(t *testing.T) {
	for name, c := range map[string]struct {
		context  string
		props    awscdk.StackProps
		expected string
		warnings int
	}{
		"by the context": {"team1", awscdk.StackProps{}, " or arn:aws:iam::222222222222:role/cdk-team1-cfn-exec-role-222222222222-ap-northeast-1\n", 0},
		"by a synthesizer": {"", awscdk.StackProps{Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{Qualifier: jsii.String("team1")})},
			" or arn:aws:iam::222222222222:role/aws-service-role/*\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			scope := constructs.NewConstruct(a.app, jsii.String("Scope"))
			if c.context != "" {
				scope.Node().SetContext(jsii.String("@aws-cdk/core:bootstrapQualifier"), c.context)
			}
			c.props.Env = &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("ap-northeast-1")}
			a.target = awscdk.NewStack(scope, jsii.String("Own"), &c.props)
			reading(a, "reading", bucket(a.target, nil), crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: admin})
			_, target := a.templates(t)
			if !strings.Contains(target.View(), c.expected) {
				t.Errorf("found no %q in\n%s", c.expected, target.View())
			}
			found := assertions.Annotations_FromStack(a.target).FindWarning(jsii.String("*"), assertions.Match_StringLikeRegexp(jsii.String("name it among the Administrators")))
			if len(*found) != c.warnings {
				t.Errorf("found %d warnings, expected %d", len(*found), c.warnings)
			}
		})
	}
}

// A Deny in the policy of a bucket with a perimeter must leave its owner able to remove it.
func TestDenyThatLocksOutTheOwner(t *testing.T) {
	for name, c := range map[string]struct {
		actions    []string
		resources  func(awss3.IBucket) []string
		conditions map[string]any
		locks      bool
	}{
		"everything, from outside":       {[]string{"s3:*"}, whole, map[string]any{"StringNotEquals": map[string]any{"aws:SourceVpce": "vpce-1"}}, true},
		"changes of policies":            {[]string{"s3:PutBucketP*"}, whole, nil, true},
		"reading the policy":             {[]string{"s3:GetObject", "S3:getbucketpolicy"}, whole, nil, true},
		"deleting the policy":            {[]string{"s3:DeleteBucketPolicy"}, whole, nil, true},
		"everything with every service":  {[]string{"*"}, whole, nil, true},
		"data":                           {[]string{"s3:GetObject", "s3:PutObject"}, whole, nil, false},
		"everything, of objects":         {[]string{"s3:*"}, objects, nil, false},
		"everything without TLS":         {[]string{"s3:*"}, whole, map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}, false},
		"everything with TLS":            {[]string{"s3:*"}, whole, map[string]any{"Bool": map[string]any{"aws:SecureTransport": "true"}}, true},
		"everything with an old TLS":     {[]string{"s3:*"}, whole, map[string]any{"NumericLessThan": map[string]any{"s3:TlsVersion": "1.2"}}, false},
		"everything with any TLS at all": {[]string{"s3:*"}, whole, map[string]any{"NumericGreaterThan": map[string]any{"s3:TlsVersion": "1"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			data := bucket(a.target, nil)
			reading(a, "reading", data, crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: admin})
			statement := &awsiam.PolicyStatementProps{
				Sid: jsii.String("Mine"), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
				Actions: jsii.Strings(c.actions...), Resources: jsii.Strings(c.resources(data)...),
			}
			if c.conditions != nil {
				statement.Conditions = &c.conditions
			}
			data.AddToResourcePolicy(awsiam.NewPolicyStatement(statement))
			found := refusal(func() { a.app.Synth(nil) })
			expected := "bucket Target/Data: found Mine in its policy, which denies changing that policy; expected a Deny of data actions only"
			if strings.Contains(found, expected) != c.locks || !c.locks && found != "" {
				t.Errorf("found %q, expected that it locks the owner out: %v", found, c.locks)
			}
		})
	}
}

func whole(b awss3.IBucket) []string { return []string{*b.BucketArn(), *b.BucketArn() + "/*"} }

func objects(b awss3.IBucket) []string {
	return []string{*b.BucketArn() + "/*", "arn:aws:s3:::data-of-222/*"}
}

// A Deny with NotAction covers every other action.
func TestDenyOfEverythingElseLocksOutTheOwner(t *testing.T) {
	for spared, locks := range map[string]bool{"s3:PutBucketPolicy": true, "s3:*BucketPolicy": false} {
		a := twoAccounts(t)
		data := bucket(a.target, nil)
		reading(a, "reading", data, crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: admin})
		data.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, NotActions: jsii.Strings(spared), Resources: jsii.Strings(whole(data)...),
		}))
		found := refusal(func() { a.app.Synth(nil) })
		if expected := "found Statement[2] in its policy"; strings.Contains(found, expected) != locks {
			t.Errorf("sparing %s: found %q, expected that it locks the owner out: %v", spared, found, locks)
		}
	}
}

// Policies above AWS's size limits are errors, whether the statements are ours or the user's.
func TestPoliciesThatAreTooLong(t *testing.T) {
	prefixes := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("%0100d/", i))
		}
		return all
	}
	for name, c := range map[string]struct {
		make     func(a accounts, p *crossaccount.GrantProps)
		expected string // empty: none
	}{
		"an endpoint for 100 prefixes": {func(a accounts, p *crossaccount.GrantProps) {
			p.Endpoints.S3 = gateway(a)
			p.Permissions = permissions{crossaccount.ReadBucket(bucket(a.target, nil), prefixes(100)...)}
		}, ""},
		"an endpoint for 200 prefixes": {func(a accounts, p *crossaccount.GrantProps) {
			p.Endpoints.S3 = gateway(a)
			p.Permissions = permissions{crossaccount.ReadBucket(bucket(a.target, nil), prefixes(200)...)}
		}, "Source/Vpc/S3: found a policy of "},
		"an endpoint that the user has nearly filled": {func(a accounts, p *crossaccount.GrantProps) {
			endpoint := gateway(a)
			endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, Actions: jsii.Strings("s3:GetObject"), Resources: jsii.Strings(prefixes(190)...),
			}))
			p.Endpoints.S3 = endpoint
			p.Permissions = permissions{crossaccount.ReadBucket(bucket(a.target, nil), prefixes(10)...)}
		}, "Source/Vpc/S3: found a policy of "},
		"a bucket for 200 prefixes, directly": {func(a accounts, p *crossaccount.GrantProps) {
			p.Access = crossaccount.Direct
			p.Permissions = permissions{crossaccount.ReadBucket(bucket(a.target, nil), prefixes(200)...)}
		}, "Target/Data: found a policy of "},
		"a table for 300 indexes, directly": {func(a accounts, p *crossaccount.GrantProps) {
			p.Access = crossaccount.Direct
			p.Permissions = permissions{crossaccount.ReadTable(table(a.target, nil), prefixes(300)...)}
		}, "Target/Devices: found a policy of "},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			props := crossaccount.GrantProps{Name: "reading", Stage: "dev", Target: a.target, Grantees: to(role(a.source, "Reader", "reader"))}
			c.make(a, &props)
			crossaccount.NewCrossAccountGrant(a.source, "Reading", props)
			found := refusal(func() { a.app.Synth(nil) })
			if (c.expected == "") != (found == "") || !strings.Contains(found, c.expected) || found != "" && !strings.Contains(found, "characters, expected 20480 at most") {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
		})
	}
}
