package identifier

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
)

const role = "arn:aws:iam::222222222222:role/"

func long(n int) string { return strings.Repeat("x", n) }

// Functions and grants take the same identifiers. This package cannot import contract, so a test compares them at the limits.
func TestTheSameAsInContract(t *testing.T) {
	isRole := func(s string) bool { _, ok := contract.RoleAccount(s); return ok }
	for name, c := range map[string]struct {
		here, there       func(string) bool
		accepted, refused []string
	}{
		"an account": {IsAccountID, contract.IsAccountID,
			[]string{"111111111111", "000000000001"},
			[]string{"", "11111111111", "1111111111111", "11111111111a", "111111111111\n", "١١١١١١"}},
		"a region": {IsRegion, contract.IsRegion,
			[]string{"ap-northeast-1", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "eu-west-12"},
			[]string{"", "ap-northeast", "eu-west-1a", "EU-WEST-1", "eu--1", "eu-1", "e-west-1", "eu-west-", "eu-west-1\n", "-west-1", "eu-w1-1"}},
		"a role": {IsRoleARN, isRole,
			[]string{role + "x", role + long(64), role + "a/b/x", role + "a_+=,.@-Z9", "arn:aws-us-gov:iam::222222222222:role/x", "arn:aws-cn:iam::222222222222:role/x"},
			[]string{"", role, role + "a/", role + long(65), role + "*", role + "/x", role + "a b/x", "arn:aws:iam::222222222222:user/x", "arn:aws:iam::222222222222:root",
				"arn:aws:iam::22222222222:role/x", "arn:aws:iam:eu-west-1:222222222222:role/x", "arn:AWS:iam::222222222222:role/x", "arn:gcp:iam::222222222222:role/x",
				"arn:aws1:iam::222222222222:role/x", "arn:aws:sts::222222222222:assumed-role/x/y", "arn:aws:iam::222222222222:rolex/x", role + "x\n"}},
		"an external ID": {IsExternalID, contract.IsExternalID,
			[]string{"xy", "a_+=,.@:/-Z9", long(1224)},
			[]string{"", "x", long(1225), "x y", "xÿ", "xy\n", "x*"}},
		"a source identity": {IsSourceIdentity, contract.IsSourceIdentity,
			[]string{"xy", "a_+=,.@-Z9", long(64)},
			[]string{"", "x", long(65), "a:b", "a/b", "x y", "xy\n"}},
	} {
		check(t, name, c.here, c.accepted, c.refused)
		check(t, name+" in contract", c.there, c.accepted, c.refused)
	}
}

// What contract does not know.
func TestIdentifiersOfFunctions(t *testing.T) {
	const table = "arn:aws:dynamodb:eu-west-1:222222222222:table/"
	check(t, "a role with a path of any visible characters", IsRoleARN, []string{role + "a*!~/x"}, []string{role + "a é/x", role + "\x7f/x"})
	check(t, "a bucket", IsBucketName,
		[]string{"abc", "a.b-c", "Old_Bucket", long(255), "alias-0123456789abcdef-s3alias"},
		[]string{"", "ab", long(256), "-ab", "ab-", ".ab", "a/b", "a b", "arn:aws:s3:::abc", "abc\n"})
	check(t, "a table", IsTable,
		[]string{"abc", "a_b.c-D", long(255), table + "abc", table + long(255), "arn:aws-cn:dynamodb:cn-north-1:222222222222:table/abc"},
		[]string{"", "ab", long(256), "a b", "a/b", "a:b", table + "ab", table + "abc/index/i", "arn:aws:s3:eu-west-1:222222222222:table/abc",
			"arn:aws:dynamodb::222222222222:table/abc", "arn:aws:dynamodb:eu-west-1:2:table/abc", "arn:aws:dynamodb:eu-west-1:222222222222:abc", "abc\n"})
	check(t, "digits", IsDigits, []string{"0", "0123456789"}, []string{"", "1a", "-1", "١"})
}

func TestSessionName(t *testing.T) {
	for text, expected := range map[string]string{"a b/ü": "a-b--", "keeps_=,.@+-": "keeps_=,.@+-", "": ""} {
		if found := SessionName(text); found != expected {
			t.Errorf("%q: found %q, expected %q", text, found, expected)
		}
	}
}

func check(t *testing.T, name string, is func(string) bool, accepted, refused []string) {
	t.Helper()
	for _, s := range accepted {
		if !is(s) {
			t.Errorf("%s: found %q refused, expected it accepted", name, s)
		}
	}
	for _, s := range refused {
		if is(s) {
			t.Errorf("%s: found %q accepted, expected it refused", name, s)
		}
	}
}
