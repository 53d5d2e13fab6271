package crossaccount_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

// The logical IDs of version 1. With another ID, CloudFormation would replace the resource, and it cannot replace a role that has a name.
func TestLogicalIDsOfVersion1(t *testing.T) {
	a, _ := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{} })
	owner := twoAccounts(t)
	crossaccount.NewTargetGrant(owner.target, "Reports", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(crossaccount.RoleByName("111111111111", "reader")), Permissions: permissions{deleteItem{}},
	})
	source, target := a.templates(t)
	_, owned := owner.templates(t)
	for name, c := range map[string]struct {
		template policyview.Template
		expected []string
	}{
		"source, of a CrossAccountGrant": {source, []string{"ReaderDefaultPolicy151F3818", "ReaderF7BF189D"}},
		"target, of a CrossAccountGrant": {target, []string{"Devices9DBB8A1F", "readingRole4358714F", "readingRoleDefaultPolicy7DF8A9BC"}},
		"target, of a TargetGrant":       {owned, []string{"ReportsRoleC4C99623", "ReportsRoleDefaultPolicyB74E41DD"}},
	} {
		if diff := cmp.Diff(c.expected, slices.Sorted(maps.Keys(c.template.Resources))); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", name, diff)
		}
	}
}

// Tags, aspects and removal policies apply to what a grant creates.
func TestTagsAspectsAndRemovalPolicies(t *testing.T) {
	a, grant := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{} })
	awscdk.Tags_Of(a.target).Add(jsii.String("team"), jsii.String("lake"), nil)
	awscdk.Tags_Of(grant.Role()).Add(jsii.String("grant"), jsii.String("reading"), nil)
	grant.Role().ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	seen := &visitor{}
	awscdk.Aspects_Of(a.app).Add(seen, nil)
	template := assertions.Template_FromStack(a.target, nil)
	template.HasResource(jsii.String("AWS::IAM::Role"), map[string]any{
		"DeletionPolicy": "Retain",
		"Properties":     map[string]any{"Tags": []any{map[string]any{"Key": "grant", "Value": "reading"}, map[string]any{"Key": "team", "Value": "lake"}}},
	})
	for _, path := range []string{"Source/Reading", "Target/reading", "Target/reading/Role"} {
		if !slices.Contains(seen.paths, path) {
			t.Errorf("found no visit of %s in %q", path, seen.paths)
		}
	}
}

type visitor struct{ paths []string }

func (v *visitor) Visit(node constructs.IConstruct) { v.paths = append(v.paths, *node.Node().Path()) }

// An aspect can add a permissions boundary to every role, as many organizations require.
func TestBoundaryOfTheWholeApp(t *testing.T) {
	a, _ := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{} })
	awsiam.PermissionsBoundary_Of(a.target).Apply(awsiam.ManagedPolicy_FromManagedPolicyName(a.target, jsii.String("Boundary"), jsii.String("limit")))
	assertions.Template_FromStack(a.target, nil).AllResourcesProperties(jsii.String("AWS::IAM::Role"), map[string]any{
		"PermissionsBoundary": assertions.Match_AnyValue(),
	})
}

// One app can have the grants of several stages and regions; each has its own role.
func TestStagesAndRegions(t *testing.T) {
	a := twoAccounts(t)
	var roles []string
	var synthesized []func() // what to check when everything is there
	for _, c := range []struct{ stage, region string }{{"Beta", "ap-northeast-1"}, {"Prod", "ap-northeast-1"}, {"Prod", "eu-west-1"}} {
		stage, ok := a.app.Node().TryFindChild(jsii.String(c.stage)).(awscdk.Stage)
		if !ok {
			stage = awscdk.NewStage(a.app, jsii.String(c.stage), nil)
		}
		in := func(id, account string) awscdk.Stack {
			return awscdk.NewStack(stage, jsii.String(id+"-"+c.region), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(c.region)}})
		}
		source, target := in("Source", "111111111111"), in("Target", "222222222222")
		grant := crossaccount.NewCrossAccountGrant(source, "Reading", crossaccount.GrantProps{
			Name: "reading", Stage: strings.ToLower(c.stage), Target: target, Permissions: permissions{crossaccount.ReadTable(table(target, nil))},
			Grantees: to(role(source, "Reader", "reader-"+c.stage+"-"+c.region)),
		})
		roles = append(roles, grant.RoleARN())
		synthesized = append(synthesized, func() {
			assertions.Template_FromStack(target, nil).HasResourceProperties(jsii.String("AWS::IAM::Role"), map[string]any{
				"RoleName": "reading-" + strings.ToLower(c.stage) + "-" + c.region,
				"AssumeRolePolicyDocument": map[string]any{"Statement": []any{assertions.Match_ObjectLike(&map[string]any{
					"Condition": map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader-" + c.stage + "-" + c.region}},
				})}},
			})
		})
	}
	for _, check := range synthesized {
		check()
	}
	expected := []string{
		"arn:aws:iam::222222222222:role/reading-beta-ap-northeast-1", "arn:aws:iam::222222222222:role/reading-prod-ap-northeast-1",
		"arn:aws:iam::222222222222:role/reading-prod-eu-west-1",
	}
	if diff := cmp.Diff(expected, roles); diff != "" {
		t.Errorf("roles (-expected +found):\n%s", diff)
	}
}

// The source can be in another region than the target.
func TestTargetInAnotherRegion(t *testing.T) {
	a := twoAccounts(t)
	far := stackIn(a.app, "Far", "222222222222", "eu-west-1")
	grant := crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: far, Permissions: permissions{crossaccount.ReadTable(table(far, nil))}, Grantees: to(role(a.source, "Reader", "reader")),
	})
	if found, expected := grant.Contract().Permissions[0].Resources[0], "arn:aws:dynamodb:eu-west-1:222222222222:table/devices"; found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
}

// ARNs have the partition of the region.
func TestChina(t *testing.T) {
	a := twoAccounts(t)
	source, target := stackIn(a.app, "CnSource", "111111111111", "cn-north-1"), stackIn(a.app, "CnTarget", "222222222222", "cn-north-1")
	grant := crossaccount.NewCrossAccountGrant(source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: target, Permissions: permissions{crossaccount.ReadBucket(bucket(target, nil))},
		Grantees: []awsiam.IGrantable{role(source, "Reader", "reader"), crossaccount.RoleByName("333333333333", "three")},
	})
	found := append([]string{grant.RoleARN(), grant.Contract().Permissions[0].Resources[0]}, grant.Contract().Grantees...)
	expected := []string{"arn:aws-cn:iam::222222222222:role/reading-dev-cn-north-1", "arn:aws-cn:s3:::data-of-222", "arn:aws-cn:iam::111111111111:role/reader", "arn:aws-cn:iam::333333333333:role/three"}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("ARNs (-expected +found):\n%s", diff)
	}
}

// With AllowSameAccount, one account can be both, in two stacks or in one.
func TestSameAccount(t *testing.T) {
	for _, name := range []string{"two stacks", "one stack"} {
		a := twoAccounts(t)
		target := a.source
		if name == "two stacks" {
			target = stackIn(a.app, "Target1", "111111111111", "ap-northeast-1")
		}
		id := strings.ReplaceAll(name, " ", "-")
		props := crossaccount.GrantProps{
			Name: id, Stage: "dev", Target: target, Permissions: permissions{crossaccount.ReadTable(table(target, nil))}, Grantees: to(role(a.source, "Reader", id)),
		}
		refused := refusal(func() { crossaccount.NewCrossAccountGrant(a.source, "Refused "+id, props) })
		if expected := "found source and target both in account 111111111111, expected two accounts; AllowSameAccount"; !strings.Contains(refused, expected) {
			t.Errorf("%s: found %q, expected %q", name, refused, expected)
		}
		props.AllowSameAccount = true
		grant := crossaccount.NewCrossAccountGrant(a.source, "Grant "+id, props)
		assertions.Template_FromStack(a.source, nil).HasResourceProperties(jsii.String("AWS::IAM::Policy"), map[string]any{
			"PolicyDocument": map[string]any{"Statement": []any{assertions.Match_ObjectLike(&map[string]any{"Action": "sts:AssumeRole", "Resource": grant.RoleARN()})}},
		})
	}
}

// A resource can depend on what a grantee is permitted.
func TestResourceDependsOnAGrant(t *testing.T) {
	a, grant := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{} })
	later := awscdk.NewCfnResource(a.source, jsii.String("Later"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::CloudFormation::WaitConditionHandle")})
	(grant.AssumeGrants()[0]).ApplyBefore(later)
	assertions.Template_FromStack(a.source, nil).HasResource(jsii.String("AWS::CloudFormation::WaitConditionHandle"), map[string]any{
		"DependsOn": []any{assertions.Match_StringLikeRegexp(jsii.String("ReaderDefaultPolicy"))},
	})
}

// Each construct is at its own path, and the halves return what they were created from.
func TestPathsAndAccessors(t *testing.T) {
	a := twoAccounts(t)
	target := crossaccount.NewTargetGrant(a.target, "Owned", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(crossaccount.RoleByName("111111111111", "reader")), Permissions: permissions{deleteItem{}},
	})
	reader := role(a.source, "Reader", "reader")
	source := crossaccount.NewSourceGrant(a.source, "Consumed", crossaccount.SourceGrantProps{Contract: target.Contract(), Grantees: to(reader)})
	whole := crossaccount.NewCrossAccountGrant(a.source, "Whole", crossaccount.GrantProps{
		Name: "whole", Stage: "dev", Grantees: to(reader), Target: a.target, Permissions: permissions{deleteItem{}},
	})
	own := crossaccount.NewSameAccountAccess(a.source, "Own", crossaccount.SameAccountAccessProps{Grantee: reader, Permissions: permissions{crossaccount.WriteBucket(ownBucket(accounts{source: stackIn(a.app, "Data", "111111111111", "ap-northeast-1")}))}})
	found := []string{*target.Node().Path(), *source.Node().Path(), *whole.Node().Path(), *own.Node().Path(), *target.Role().Node().Path(), target.RoleARN(), source.Contract().Name}
	expected := []string{"Target/Owned", "Source/Consumed", "Source/Whole", "Source/Own", "Target/Owned/Role", "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1", "reading"}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("(-expected +found):\n%s", diff)
	}
	if grants := source.AssumeGrants(); len(grants) != 1 || !*grants[0].Success() {
		t.Errorf("found %d grants, expected one that succeeded", len(grants))
	}
}
