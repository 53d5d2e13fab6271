package page

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFold(t *testing.T) {
	for name, expected := range map[string][]string{
		"":                             nil,
		"short":                        {"short"},
		"exactly-10":                   {"exactly-10"},
		"reports-of-all":               {"reports-", "of-all"},
		"reports-of-the-year":          {"reports-of", "-the-year"},
		"abcdefghijklmnopqrst":         {"abcdefghij", "klmnopqrst"},
		"reports-of-all-years-in-asia": {"reports-o…", "s-in-asia"},
		"名前名前名前名前名前名前":                 {"名前名前名前名前名前", "名前"},
	} {
		if diff := cmp.Diff(expected, fold(name, 10, 2)); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", name, diff)
		}
	}
}

func TestShortID(t *testing.T) {
	for id, expected := range map[string]string{
		"":                                    "",
		"subnet-0a1b2c3d":                     "subnet-0a1b2c3d",
		"\x00Stack.PrivateSubnet6DD86AE6\x00": "PrivateSubnet",
		"\x00Stack.Vpc\x00":                   "Vpc",
		"DataKey17AFBB84":                     "DataKey",
		"key-\x00A\x00-\x00B\x00":             "key-‹A›-‹B›",
		"ABCDEF12":                            "ABCDEF12",
	} {
		if found := shortID(id); found != expected {
			t.Errorf("%q: found %q, expected %q", id, found, expected)
		}
	}
}

func TestThing(t *testing.T) {
	for arn, expected := range map[string][4]string{
		"arn:aws:s3:::lake/in/1.json":                             {"arn:aws:s3:::lake", "bucket", "lake", "bucket"},
		"arn:aws:dynamodb:eu-west-1:222222222222:table/t/index/i": {"arn:aws:dynamodb:eu-west-1:222222222222:table/t", "table", "t", "table"},
		"arn:aws:kms:eu-west-1:222222222222:key/1-2":              {"arn:aws:kms:eu-west-1:222222222222:key/1-2", "key", "1-2", "key"},
		"arn:aws:sqs:eu-west-1:222222222222:jobs":                 {"arn:aws:sqs:eu-west-1:222222222222:jobs", "thing", "jobs", "sqs"},
		"arn:aws:s3:eu-west-1:222222222222:accesspoint/a":         {"arn:aws:s3:eu-west-1:222222222222:accesspoint/a", "thing", "accesspoint/a", "s3"},
		"*": {"*", "thing", "*", ""},
	} {
		whole, icon, name, what := resource(arn)
		if found := [4]string{whole, icon, name, what}; found != expected {
			t.Errorf("%s: found %q, expected %q", arn, found, expected)
		}
	}
}
