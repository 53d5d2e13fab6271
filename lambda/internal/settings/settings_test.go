package settings

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

func environment(pairs map[string]string) Lookup {
	return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
}

func TestReadList(t *testing.T) {
	got, err := ReadList(environment(map[string]string{
		"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-list",
		"CROSSGRANT_ROLE_ARN":    "arn:aws:iam::222222222222:role/team/reader",
		"CROSSGRANT_EXTERNAL_ID": "agreed-id", "CROSSGRANT_BUCKET": "reports",
		"CROSSGRANT_PREFIXES": `["a/", "b c/"]`,
	}))
	want := List{
		Role: targetrole.Role{ARN: "arn:aws:iam::222222222222:role/team/reader", ExternalID: "agreed-id",
			SessionName: "crossgrant-list"},
		Region: "ap-northeast-1", Bucket: "reports", Prefixes: []string{"a/", "b c/"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("err %v, diff (-want +got):\n%s", err, diff)
	}
}

// What a trust asks for besides the external id, and access without a role.
func TestRole(t *testing.T) {
	const arn = "arn:aws:iam::222222222222:role/reader"
	for _, c := range []struct {
		name      string
		variables map[string]string
		expected  targetrole.Role
		problem   string
	}{
		{"a role", map[string]string{"CROSSGRANT_ROLE_ARN": arn}, targetrole.Role{ARN: arn}, ""},
		{"a short session and an identity", map[string]string{"CROSSGRANT_ROLE_ARN": arn, "CROSSGRANT_SESSION_SECONDS": "900", "CROSSGRANT_SOURCE_IDENTITY": "scan-1"},
			targetrole.Role{ARN: arn, Session: 15 * time.Minute, SourceIdentity: "scan-1"}, ""},
		{"access without a role", map[string]string{"CROSSGRANT_ACCESS": "Direct"}, targetrole.Role{}, ""},
		{"no role and no word of it", nil, targetrole.Role{}, "CROSSGRANT_ROLE_ARN: found nothing"},
		{"an access that is not known", map[string]string{"CROSSGRANT_ACCESS": "direct"}, targetrole.Role{}, `CROSSGRANT_ACCESS: found "direct", expected Direct`},
		{"a session of a minute", map[string]string{"CROSSGRANT_ROLE_ARN": arn, "CROSSGRANT_SESSION_SECONDS": "899"}, targetrole.Role{}, "CROSSGRANT_SESSION_SECONDS: found 899, expected 900 to 3600"},
		{"a session of two hours", map[string]string{"CROSSGRANT_ROLE_ARN": arn, "CROSSGRANT_SESSION_SECONDS": "7200"}, targetrole.Role{}, "CROSSGRANT_SESSION_SECONDS: found 7200"},
		{"a session in words", map[string]string{"CROSSGRANT_ROLE_ARN": arn, "CROSSGRANT_SESSION_SECONDS": "1h"}, targetrole.Role{}, `CROSSGRANT_SESSION_SECONDS: found "1h"`},
		{"an identity with a space", map[string]string{"CROSSGRANT_ROLE_ARN": arn, "CROSSGRANT_SOURCE_IDENTITY": "a b"}, targetrole.Role{}, `CROSSGRANT_SOURCE_IDENTITY: found "a b"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pairs := map[string]string{"AWS_REGION": "ap-northeast-1", "CROSSGRANT_TABLE": "devices", "AWS_LAMBDA_FUNCTION_NAME": "scan"}
			maps.Copy(pairs, c.variables)
			got, err := ReadScan(environment(pairs))
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) {
					t.Errorf("found %v, expected %s", err, c.problem)
				}
				return
			}
			if c.expected.ARN != "" {
				c.expected.SessionName = "scan"
			}
			if diff := cmp.Diff(c.expected, got.Role); err != nil || diff != "" {
				t.Errorf("err %v, diff (-expected +found):\n%s", err, diff)
			}
		})
	}
}

func TestReadScanTakesANameOrAnARN(t *testing.T) {
	for _, table := range []string{"access-sample-table", "arn:aws:dynamodb:ap-northeast-1:222222222222:table/access-sample-table"} {
		got, err := ReadScan(environment(map[string]string{
			"AWS_REGION": "ap-northeast-1", "CROSSGRANT_ROLE_ARN": "arn:aws-cn:iam::222222222222:role/reader",
			"CROSSGRANT_TABLE": table,
		}))
		if err != nil || got.Table != table {
			t.Errorf("%s: got %q, %v", table, got.Table, err)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := ReadList(environment(map[string]string{
		"CROSSGRANT_ROLE_ARN": "arn:aws:sts::222222222222:assumed-role/reader/x",
		"CROSSGRANT_BUCKET":   "no/slash", "CROSSGRANT_EXTERNAL_ID": "a b", "CROSSGRANT_PREFIXES": `["a/",null]`,
	}))
	want := `the environment of this function is not usable:
  - CROSSGRANT_ROLE_ARN: found "arn:aws:sts::222222222222:assumed-role/reader/x", expected the ARN of an IAM role such as arn:aws:iam::222222222222:role/NAME
  - CROSSGRANT_EXTERNAL_ID: found "a b", expected 2 to 1224 letters, digits or _+=,.@:/-
  - AWS_REGION: found nothing, expected a region such as ap-northeast-1
  - CROSSGRANT_BUCKET: found "no/slash", expected the name of a bucket
  - CROSSGRANT_PREFIXES: found null as entry 1, expected a string`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var problem *Problem
	if !errors.As(err, &problem) || problem.Variable != "CROSSGRANT_ROLE_ARN" {
		t.Errorf("errors.As gives %+v", problem)
	}
}

func TestPrefixes(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        []string
		ok          bool
	}{
		{"absent", "", nil, true},
		{"empty array: the whole bucket", "[]", []string{}, true},
		{"two", `["b/","a/"]`, []string{"b/", "a/"}, true},
		{"null would widen to the whole bucket", "null", nil, false},
		{"a bare string", `"a/"`, nil, false},
		{"not JSON", "a/,b/", nil, false},
		{"numbers", "[1]", nil, false},
		{"trailing data", `["a/"] x`, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadList(environment(map[string]string{
				"AWS_REGION": "ap-northeast-1", "CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/reader",
				"CROSSGRANT_BUCKET": "reports", "CROSSGRANT_PREFIXES": c.value,
			}))
			if diff := cmp.Diff(c.want, got.Prefixes); (err == nil) != c.ok || diff != "" {
				t.Errorf("err %v, diff (-want +got):\n%s", err, diff)
			}
		})
	}
}
