package contract_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

func TestDecodeIntent(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		expected contract.Intent
	}{
		"a use": {`{"use": {"role": "arn:aws:iam::111111111111:role/w", "statements": [{"sid": "W", "actions": ["s3:PutObject"], "resources": ["arn:aws:s3:::b/*"]}]}}`,
			contract.Intent{Use: &contract.Use{Role: "arn:aws:iam::111111111111:role/w", Statements: []contract.Statement{{Sid: "W", Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::b/*"}}}}}},
		"a workload": {`{"workload": {"resource": "i-1", "role": "r", "variables": {"A": "b"}, "grant": "222222222222::g", "environmentPrefix": "A_", "profile": "p"}}`,
			contract.Intent{Workload: &contract.Workload{Resource: "i-1", Role: "r", Variables: map[string]string{"A": "b"}, Grant: "222222222222::g", EnvironmentPrefix: "A_", Profile: "p"}}},
		"a delivery": {`{"delivery": {"from": "a", "to": "b", "events": [{"source": "aws.s3"}], "reportsFailures": true, "external": true}}`,
			contract.Intent{Delivery: &contract.Delivery{From: "a", To: "b", Events: []map[string]any{{"source": "aws.s3"}}, ReportsFailures: true, External: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := contract.DecodeIntent([]byte(c.document))
			if diff := cmp.Diff(c.expected, found); err != nil || diff != "" {
				t.Errorf("found error %v (-expected +found):\n%s", err, diff)
			}
		})
	}
}

func TestIntentsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ document, expected string }{
		"nothing":                   {`{}`, "found 0 of use, workload and delivery, expected one"},
		"two":                       {`{"use": {"role": "r", "statements": [{"actions": ["a:b"], "resources": ["*"]}]}, "delivery": {"from": "a", "to": "b"}}`, "found 2 of use, workload and delivery"},
		"no JSON":                   {`{`, "read intent: unexpected EOF"},
		"another field":             {`{"delivery": {"from": "a", "to": "b", "via": "c"}}`, `unknown field "via"`},
		"a use of nobody":           {`{"use": {"statements": [{"actions": ["a:b"], "resources": ["*"]}]}}`, "use.role: found nothing, expected a value"},
		"a use of nothing":          {`{"use": {"role": "r"}}`, "use.statements: found none, expected at least one"},
		"a use without an action":   {`{"use": {"role": "r", "statements": [{"resources": ["*"]}]}}`, "use.statements[0]: found 0 actions and 1 resources, expected at least one of each"},
		"a workload without a name": {`{"workload": {"role": "r"}}`, "workload.resource: found nothing"},
		"a workload without a role": {`{"workload": {"resource": "i"}}`, "workload.role: found nothing"},
		"a delivery from nowhere":   {`{"delivery": {"to": "b"}}`, "delivery.from: found nothing"},
		"a delivery without an end": {`{"delivery": {"from": "a"}}`, "delivery.to: found nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := contract.DecodeIntent([]byte(c.document)); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

// A variable that has to be absent is empty.
func TestVariables(t *testing.T) {
	grant := contract.Grant{
		RoleARN: "arn:aws:iam::222222222222:role/lake", Access: contract.AssumeRole,
		Trust:       contract.Trust{ExternalID: "id-1", SourceIdentity: "reader", SessionSeconds: 900},
		Environment: map[string]string{"CROSSGRANT_BUCKET": "lake"},
	}
	longest, direct := grant, contract.Grant{Access: contract.Direct, Environment: map[string]string{"CROSSGRANT_TABLE": "shop"}}
	longest.Trust = contract.Trust{SessionSeconds: 3600}
	for name, c := range map[string]struct {
		grant    contract.Grant
		prefix   string
		expected map[string]string
	}{
		"with a prefix": {grant, "LAKE_", map[string]string{
			"LAKE_ACCESS": "", "LAKE_ROLE_ARN": "arn:aws:iam::222222222222:role/lake", "LAKE_EXTERNAL_ID": "id-1", "LAKE_SOURCE_IDENTITY": "reader", "LAKE_SESSION_SECONDS": "900", "LAKE_BUCKET": "lake"}},
		"the longest session": {longest, "", map[string]string{
			"CROSSGRANT_ACCESS": "", "CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/lake", "CROSSGRANT_EXTERNAL_ID": "", "CROSSGRANT_SOURCE_IDENTITY": "", "CROSSGRANT_SESSION_SECONDS": "", "CROSSGRANT_BUCKET": "lake"}},
		"direct": {direct, contract.EnvironmentPrefix, map[string]string{
			"CROSSGRANT_ACCESS": "Direct", "CROSSGRANT_ROLE_ARN": "", "CROSSGRANT_EXTERNAL_ID": "", "CROSSGRANT_SOURCE_IDENTITY": "", "CROSSGRANT_SESSION_SECONDS": "", "CROSSGRANT_TABLE": "shop"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.expected, c.grant.Variables(c.prefix)); diff != "" {
				t.Errorf("variables (-expected +found):\n%s", diff)
			}
		})
	}
	if !contract.IsTuning("CROSSGRANT_COPY_PART_MIB") || contract.IsTuning("CROSSGRANT_DESTINATION_BUCKET") {
		t.Error("expected the size of parts to be tuning, and the destination not")
	}
}
