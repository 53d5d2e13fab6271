package proof

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// differences are the requests that two states of testdata/grant answer differently, as "CALLER ACTION RESOURCE KEYS: BEFORE AFTER".
func differences(t *testing.T, edits ...edit) []string {
	t.Helper()
	e, err := Enumerate(Subject{Assembly: grantApp(t, both)}, Subject{Assembly: grantApp(t, both, edits...)})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, q := range e.Asked {
		if q.Answers[0].Passes != q.Answers[1].Passes {
			all = append(all, policy.Readable(fmt.Sprintf("%s %s %s %v: %s %s %v", q.Caller, q.Action, q.Resource, q.Context, q.Answers[0].Passes, q.Answers[1].Passes, q.Answers[1].Route)))
		}
	}
	return all
}

func TestEnumerateFindsWhatDiffers(t *testing.T) {
	if same := differences(t); len(same) > 0 {
		t.Errorf("found differences between the same templates: %q", same)
	}
	for _, c := range []struct {
		name string
		edit edit
		want string
	}{
		{"a wider action", edit{"target", `Action: "s3:GetObject"`, `Action: "s3:*Object"`}, "role/reports-prod-eu-west-1 s3:DeleteObject arn:aws:s3:::lake/reports/crossgrant-probe map[]: no yes []"},
		{"what the grantee may do by it", edit{"target", `Action: "s3:GetObject"`, `Action: "s3:*Object"`},
			"role/reader s3:DeleteObject arn:aws:s3:::lake/reports/crossgrant-probe map[]: no yes [arn:aws:iam::222222222222:role/reports-prod-eu-west-1]"},
		{"a wider resource", edit{"target", `Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/*"`, `Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"`},
			"role/reports-prod-eu-west-1 s3:GetObject arn:aws:s3:::lake/crossgrant-probe map[]: no yes []"},
		{"no external ID", edit{"target", ", StringEquals: {\"sts:ExternalId\": reports-1}", ""},
			"role/reader sts:AssumeRole arn:aws:iam::222222222222:role/reports-prod-eu-west-1 map[]: no yes []"},
		{"no source", edit{"target", `"aws:SourceAccount": "222222222222"`, `"aws:SourceAccount": ["222222222222", "333333333333"]`},
			"cloudtrail.amazonaws.com s3:PutObject arn:aws:s3:::lake/AWSLogs/crossgrant-probe map[aws:SourceAccount:[333333333333]]: no unknown []"},
		{"no TLS", edit{"target", `"aws:SecureTransport": "false"`, `"aws:SecureTransport": "none"`},
			"role/reports-prod-eu-west-1 s3:GetObject arn:aws:s3:::lake/reports/crossgrant-probe map[aws:SecureTransport:[false]]: no unknown []"},
		{"another grantee", edit{"target", `"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"`, `"aws:PrincipalArn": ["arn:aws:iam::111111111111:role/reader", "arn:aws:iam::111111111111:role/writer"]`},
			"role/writer s3:GetObject arn:aws:s3:::lake/reports/crossgrant-probe map[]: no yes [arn:aws:iam::222222222222:role/reports-prod-eu-west-1]"},
		{"the key", edit{"target", `Action: "kms:*"`, `Action: "kms:Describe*"`}, "role/reader s3:GetObject arn:aws:s3:::lake/reports/crossgrant-probe map[]: yes unknown [arn:aws:iam::222222222222:role/reports-prod-eu-west-1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := differences(t, c.edit)
			if !slices.ContainsFunc(found, func(one string) bool { return strings.Contains(one, c.want) }) {
				t.Errorf("found no difference %q in\n%s", c.want, strings.Join(found, "\n"))
			}
		})
	}
}
