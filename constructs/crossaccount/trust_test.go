package crossaccount_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

// granted creates a grant with the trust, and returns it with both stacks.
func granted(t *testing.T, trust func(accounts) crossaccount.Trust) (accounts, *crossaccount.CrossAccountGrant) {
	t.Helper()
	a := twoAccounts(t)
	return a, crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(role(a.source, "Reader", "reader")), Target: a.target, Trust: trust(a),
		Permissions: []crossaccount.Permission{crossaccount.ReadTable(table(a.target, nil))},
	})
}

// The principals and conditions of the trust policy, written from AWS's documentation of the condition keys.
func TestTrust(t *testing.T) {
	const named = "      condition  ArnEquals aws:PrincipalArn: arn:aws:iam::111111111111:role/reader\n"
	const account = "      principal  AWS arn:aws:iam::111111111111:root\n      action     sts:AssumeRole\n"
	const exact = "      principal  AWS arn:aws:iam::111111111111:role/reader\n      action     sts:AssumeRole\n"
	for name, c := range map[string]struct {
		trust    crossaccount.Trust
		expected string
	}{
		"by name, the default":     {crossaccount.Trust{}, account + named},
		"by name":                  {crossaccount.Trust{Mode: crossaccount.NamedRole}, account + named},
		"exact":                    {crossaccount.Trust{Mode: crossaccount.ExactRole}, exact},
		"an hour is the default":   {crossaccount.Trust{Session: time.Hour}, account + named},
		"by name, with id":         {crossaccount.Trust{ExternalID: "id-1"}, account + named + "      condition  StringEquals sts:ExternalId: id-1\n"},
		"by name, of organization": {crossaccount.Trust{OrganizationID: "o-a1b2c3d4e5"}, account + named + "      condition  StringEquals aws:PrincipalOrgID: o-a1b2c3d4e5\n"},
		"by name, half an hour, which no condition can ask for": {crossaccount.Trust{Session: 30 * time.Minute}, account + named},
		"exact, with everything": {
			crossaccount.Trust{Mode: crossaccount.ExactRole, ExternalID: "id-1", OrganizationID: "o-a1b2c3d4e5", Session: 15 * time.Minute},
			exact + "      condition  StringEquals aws:PrincipalOrgID: o-a1b2c3d4e5\n      condition  StringEquals sts:ExternalId: id-1\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := granted(t, func(accounts) crossaccount.Trust { return c.trust })
			_, target := a.templates(t)
			_, found, _ := strings.Cut(target.View(), "  trust policy\n    Allow (no Sid)\n")
			found, _, _ = strings.Cut(found, "  policy\n")
			if found != c.expected {
				t.Errorf("found\n%sexpected\n%s", found, c.expected)
			}
		})
	}
}

// Only the exact role makes one stack depend on the other.
func TestDependencyOfTrust(t *testing.T) {
	for mode, expected := range map[crossaccount.TrustMode]int{crossaccount.NamedRole: 0, crossaccount.ExactRole: 1} {
		a, _ := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{Mode: mode} })
		if found := len(*a.target.Dependencies()); found != expected {
			t.Errorf("%s: found %d stacks that the target depends on, expected %d", mode, found, expected)
		}
		if found := len(*a.source.Dependencies()); found != 0 {
			t.Errorf("%s: found %d stacks that the source depends on, expected none", mode, found)
		}
	}
}

// Other errors than a cyclic dependency pass through.
func TestExactRoleInAnotherStage(t *testing.T) {
	a := twoAccounts(t)
	inStage := awscdk.NewStack(awscdk.NewStage(a.app, jsii.String("Beta"), nil), jsii.String("Source"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("ap-northeast-1")},
	})
	found := refusal(func() {
		crossaccount.NewTargetGrant(a.target, "Reading", crossaccount.GrantProps{
			Name: "reading", Stage: "dev", Grantees: to(role(inStage, "Reader", "reader")), Trust: crossaccount.Trust{Mode: crossaccount.ExactRole},
			Permissions: permissions{deleteItem{}},
		})
	})
	if strings.Contains(found, "NamedRole") || !strings.Contains(found, "dependency cannot cross stage boundaries") {
		t.Errorf("found %q, expected CDK's words about stages", found)
	}
}

func TestPathIsPartOfTheRolesArn(t *testing.T) {
	a, grant := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{Path: "/grants/of-111/"} })
	const arn = "arn:aws:iam::222222222222:role/grants/of-111/reading-dev-ap-northeast-1"
	if grant.RoleARN() != arn {
		t.Errorf("found %s, expected %s", grant.RoleARN(), arn)
	}
	source, target := a.templates(t)
	if !strings.Contains(source.View(), "resource   "+arn+"\n") {
		t.Errorf("found no right to assume %s in\n%s", arn, source.View())
	}
	for _, r := range target.Resources {
		if r.Type == "AWS::IAM::Role" && r.Properties["Path"] != "/grants/of-111/" {
			t.Errorf("found path %v", r.Properties["Path"])
		}
	}
}

func TestBoundary(t *testing.T) {
	a, _ := granted(t, func(a accounts) crossaccount.Trust {
		return crossaccount.Trust{Boundary: awsiam.ManagedPolicy_FromManagedPolicyArn(a.target, jsii.String("Boundary"), jsii.String("arn:aws:iam::222222222222:policy/limit"))}
	})
	_, target := a.templates(t)
	for _, r := range target.Resources {
		if r.Type == "AWS::IAM::Role" && r.Properties["PermissionsBoundary"] != "arn:aws:iam::222222222222:policy/limit" {
			t.Errorf("found boundary %v", r.Properties["PermissionsBoundary"])
		}
	}
}

// A function as grantee learns the external ID.
func TestFunctionGetsTheExternalID(t *testing.T) {
	a := twoAccounts(t)
	crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(function(a.source)), Target: a.target, Trust: crossaccount.Trust{ExternalID: "id-1"},
		Permissions: []crossaccount.Permission{crossaccount.ReadTable(table(a.target, nil))},
	})
	source, _ := a.templates(t)
	for _, r := range source.Resources {
		if r.Type != "AWS::Lambda::Function" {
			continue
		}
		variables := r.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
		if variables["CROSSGRANT_EXTERNAL_ID"] != "id-1" || variables["CROSSGRANT_TABLE"] != "devices" {
			t.Errorf("found environment %v", variables)
		}
	}
}

func TestTrustThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		trust    crossaccount.Trust
		expected string // empty: none
	}{
		"nothing asked":                               {crossaccount.Trust{}, ""},
		"everything right":                            {crossaccount.Trust{Mode: crossaccount.ExactRole, ExternalID: "1/a", OrganizationID: "o-a1b2c3d4e5", Session: crossaccount.MinSession, Path: "/a/b/"}, ""},
		"an unknown mode":                             {crossaccount.Trust{Mode: "Anyone"}, `Mode: found "Anyone", expected one of ["NamedRole" "ExactRole"]`},
		"an external id of one character":             {crossaccount.Trust{ExternalID: "1"}, `ExternalID: found "1", expected 2 to 1224`},
		"an external id of 1,225 characters":          {crossaccount.Trust{ExternalID: strings.Repeat("1", 1225)}, "expected 2 to 1224"},
		"an external id with a space":                 {crossaccount.Trust{ExternalID: "a b"}, `ExternalID: found "a b"`},
		"an external id with a wildcard":              {crossaccount.Trust{ExternalID: "a*"}, `ExternalID: found "a*"`},
		"a source identity of 64 characters":          {crossaccount.Trust{SourceIdentity: strings.Repeat("a", 64)}, ""},
		"a source identity of 65 characters":          {crossaccount.Trust{SourceIdentity: strings.Repeat("a", 65)}, "expected 2 to 64"},
		"a source identity of AWS's":                  {crossaccount.Trust{SourceIdentity: "aws:reader"}, `SourceIdentity: found "aws:reader"`},
		"a source identity with a wildcard":           {crossaccount.Trust{SourceIdentity: "reader-*"}, `SourceIdentity: found "reader-*"`},
		"an organization of 33 letters":               {crossaccount.Trust{OrganizationID: "o-" + strings.Repeat("a", 33)}, "expected an organization's ID"},
		"an organizational unit":                      {crossaccount.Trust{OrganizationID: "ou-ab12-11111111"}, `OrganizationID: found "ou-ab12-11111111"`},
		"an organization with a wildcard":             {crossaccount.Trust{OrganizationID: "o-*"}, `OrganizationID: found "o-*"`},
		"a session that role chaining does not allow": {crossaccount.Trust{Session: crossaccount.MaxSession + time.Second}, "Session: found 1h0m1s, expected whole seconds from 15m0s to 1h0m0s: AWS limits role chaining to one hour"},
		"a session below STS's shortest":              {crossaccount.Trust{Session: crossaccount.MinSession - time.Second}, "Session: found 14m59s"},
		"a session with half a second":                {crossaccount.Trust{Session: crossaccount.MinSession + time.Second/2}, "Session: found 15m0.5s"},
		"a path without its end":                      {crossaccount.Trust{Path: "/a"}, `Path: found "/a"`},
		"a path with an empty part":                   {crossaccount.Trust{Path: "/a//"}, `Path: found "/a//"`},
		"a path of 513 characters":                    {crossaccount.Trust{Path: "/" + strings.Repeat("a", 511) + "/"}, "512 characters at most"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.trust.Validate()
			if (c.expected == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %q", err, c.expected)
			}
		})
	}
}
