package contract

import (
	"strings"
	"testing"
)

// What AWS's API references permit, at the limits of each form.
func TestIdentifiers(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	const role = "arn:aws:iam::222222222222:role/"
	for name, c := range map[string]struct {
		is                func(string) bool
		accepted, refused []string
	}{
		"an account": {IsAccountID,
			[]string{"111111111111", "000000000001"},
			[]string{"", "11111111111", "1111111111111", "11111111111a", " 11111111111", "111111111111\n", "١١١١١١١١١١١١"}},
		"a region": {IsRegion,
			[]string{"ap-northeast-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1", "cn-north-1"},
			[]string{"", "ap-northeast", "eu-west-1a", "EU-WEST-1", "eu--1", "eu-1", "eu-west-1\n", "unknown-region"}},
		"an organization": {IsOrganizationID,
			[]string{"o-a1b2c3d4e5", "o-" + long(32)},
			[]string{"", "o-" + long(9), "o-" + long(33), "a1b2c3d4e5", "o-A1B2C3D4E5", "ou-a1b2-c3d4e5f6"}},
		"an external ID": {IsExternalID,
			[]string{"xy", "a_+=,.@:/-Z9", long(1224)},
			[]string{"", "x", long(1225), "x y", "xÿ", "xy\n", "x*"}},
		"a source identity": {IsSourceIdentity,
			[]string{"xy", "a_+=,.@-Z9", long(64)},
			[]string{"", "x", long(65), "a:b", "a/b", "x y", "xy\n"}},
		"a role's name": {IsRoleName,
			[]string{"x", "a_+=,.@-Z9", long(64)},
			[]string{"", long(65), "a/b", "rêve", "x\n"}},
		"a part of a role's name": {IsRoleNamePart,
			[]string{"x", "a_+=,.@-Z9", long(65)},
			[]string{"", "a/b", "a:b", "x y", "x\n"}},
		"a permission set": {IsPermissionSet,
			[]string{"x", "a_+=,.@-Z9", long(32)},
			[]string{"", long(33), "a/b", "a b", "x*", "x?", "x\n"}},
		"a role or a user": {IsRoleOrUserARN,
			[]string{role + "x", role + "a/b/x", "arn:aws-us-gov:iam::222222222222:user/x"},
			[]string{"", role, role + "*", role + long(65), "arn:aws:iam::222222222222:root", "arn:aws:iam::222222222222:group/x", "arn:aws:iam::aws:role/x", "arn:aws:sts::222222222222:assumed-role/x/y"}},
	} {
		for _, s := range c.accepted {
			if !c.is(s) {
				t.Errorf("%s: found %q refused, expected it accepted", name, s)
			}
		}
		for _, s := range c.refused {
			if c.is(s) {
				t.Errorf("%s: found %q accepted, expected it refused", name, s)
			}
		}
	}
}

func TestRoleAccount(t *testing.T) {
	for _, arn := range []string{"arn:aws:iam::222222222222:role/x", "arn:aws-cn:iam::222222222222:role/path/x"} {
		if account, ok := RoleAccount(arn); account != "222222222222" || !ok {
			t.Errorf("%s: found %q, %t, expected 222222222222", arn, account, ok)
		}
	}
	for _, arn := range []string{"", "222222222222", "arn:aws:iam::222222222222:role/*", "arn:aws:iam::222222222222:user/x", "arn:aws:iam::222222222222:root"} {
		if account, ok := RoleAccount(arn); account != "" || ok {
			t.Errorf("%s: found %q, %t, expected none", arn, account, ok)
		}
	}
}

// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
func TestPermissionSetRole(t *testing.T) {
	for region, expected := range map[string]string{
		"eu-west-2": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-2/AWSReservedSSO_DatabaseAdministrator_????????????????",
		"us-east-1": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_DatabaseAdministrator_????????????????",
	} {
		found := PermissionSetRole("aws", "111122223333", region, "DatabaseAdministrator")
		if found != expected {
			t.Errorf("found %s, expected %s", found, expected)
		}
		if account, ok := GranteeAccount(found); account != "111122223333" || !ok {
			t.Errorf("%s: found account %q, %t", found, account, ok)
		}
		if _, ok := RoleAccount(found); ok {
			t.Errorf("%s: found one role, expected a pattern", found)
		}
	}
}

func TestRoleName(t *testing.T) {
	for _, c := range []struct{ grant, stage, region, expected string }{
		{"crossgrant-list", "dev", "ap-northeast-1", "crossgrant-list-dev-ap-northeast-1"},
		// 64 characters: the longest that is left alone.
		{strings.Repeat("g", 45), "dev", "ap-northeast-1", strings.Repeat("g", 45) + "-dev-ap-northeast-1"},
		// sha256("ggg…g-dev-ap-northeast-1" with 46 g) begins with a344ea11.
		{strings.Repeat("g", 46), "dev", "ap-northeast-1", strings.Repeat("g", 46) + "-dev-ap-n-a344ea11"},
	} {
		found := RoleName(c.grant, c.stage, c.region)
		if len(found) > MaxRoleName {
			t.Errorf("RoleName(%q, …): found %d characters, expected 64 at most", c.grant, len(found))
		}
		if found != c.expected {
			t.Errorf("RoleName(%q, …): found %q, expected %q", c.grant, found, c.expected)
		}
	}
}

func TestShortenedNamesStayApart(t *testing.T) {
	long := strings.Repeat("a", 70)
	first, second := Shorten(long+"x", MaxRoleName), Shorten(long+"y", MaxRoleName)
	if first == second {
		t.Errorf("found %q for two names", first)
	}
	if again := Shorten(long+"x", MaxRoleName); again != first {
		t.Errorf("found %q, then %q, for one name", first, again)
	}
}

func TestShortenLeavesNoDoubleHyphen(t *testing.T) {
	if found := Shorten("aaa----------------", 12); strings.Contains(found, "--") || len(found) > 12 {
		t.Errorf("found %q", found)
	}
}
