package statement

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConditionsForCDK(t *testing.T) {
	if found := ForCDK(nil); found != nil {
		t.Errorf("found %v for no conditions, expected nil", found)
	}
	found := ForCDK(Conditions{"StringEquals": {"kms:ViaService": {"s3.eu-west-1.amazonaws.com"}}, "StringLike": {"s3:prefix": {"a/*", "b/*"}}})
	expected := &map[string]any{
		"StringEquals": map[string]any{"kms:ViaService": "s3.eu-west-1.amazonaws.com"}, // one value stands alone
		"StringLike":   map[string]any{"s3:prefix": []string{"a/*", "b/*"}},
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("conditions (-expected +found):\n%s", diff)
	}
}

func TestMerge(t *testing.T) {
	some := Conditions{"StringEquals": {"aws:VpceAccount": {"111111111111"}}}
	found := Merge(some, Conditions{"StringEquals": {"aws:PrincipalOrgID": {"o-a1b2c3d4e5"}}, "ArnEquals": {"aws:PrincipalArn": {"arn"}}})
	expected := Conditions{
		"StringEquals": {"aws:VpceAccount": {"111111111111"}, "aws:PrincipalOrgID": {"o-a1b2c3d4e5"}},
		"ArnEquals":    {"aws:PrincipalArn": {"arn"}},
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("conditions (-expected +found):\n%s", diff)
	}
	if len(some["StringEquals"]) != 1 {
		t.Errorf("found the argument changed to %v", some)
	}
}

func TestDescribe(t *testing.T) {
	found := Describe(Conditions{"StringLike": {"s3:prefix": {"a/*", "b/*"}}, "Bool": {"aws:SecureTransport": {"true"}}})
	if expected := " when Bool aws:SecureTransport: true when StringLike s3:prefix: a/* or b/*"; found != expected {
		t.Errorf("found %q, expected %q", found, expected)
	}
}

// The hashes are the first four bytes of `printf NAME | sha256sum`.
func TestSidPrefix(t *testing.T) {
	for name, expected := range map[string]string{
		"Source/Own access":          "SourceOwnaccess7B0E3572",
		"reading-dev-ap-northeast-1": "readingdevapnortheast163EB9650",
		"Source/Reading":             "SourceReading0C5693D1",
	} {
		if found := SidPrefix(name); found != expected {
			t.Errorf("%s: found %s, expected %s", name, found, expected)
		}
	}
}

func TestJSON(t *testing.T) {
	found := JSON(map[string]any{"Resource": "*", "Action": []any{"kms:Decrypt"}, "Effect": "Allow", "Sid": "Use"})
	if expected := `{"Sid":"Use","Effect":"Allow","Action":["kms:Decrypt"],"Resource":"*"}`; found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
}
