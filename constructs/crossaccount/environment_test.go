package crossaccount_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// A function with two grants has separate variables for each, so that it does not use the role of one for the data of the other.
func TestTwoGrantsOfOneFunction(t *testing.T) {
	a := twoAccounts(t)
	reader := function(a.source)
	props := crossaccount.GrantProps{
		Name: "items", Stage: "dev", Grantees: to(reader), Target: a.target,
		Permissions: []crossaccount.Permission{crossaccount.ReadTable(table(a.target, nil))},
	}
	crossaccount.NewCrossAccountGrant(a.source, "Items", props)
	props.Name, props.EnvironmentPrefix, props.Trust.ExternalID = "lake", "LAKE_", "id-1"
	props.Permissions = []crossaccount.Permission{crossaccount.ReadBucket(bucket(a.target, nil), "in/")}
	crossaccount.NewCrossAccountGrant(a.source, "Lake", props)

	source, _ := a.templates(t)
	for _, r := range source.Resources {
		if r.Type != "AWS::Lambda::Function" {
			continue
		}
		expected := map[string]any{
			"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/items-dev-ap-northeast-1",
			"CROSSGRANT_TABLE":    "devices",
			"LAKE_ROLE_ARN":       "arn:aws:iam::222222222222:role/lake-dev-ap-northeast-1",
			"LAKE_EXTERNAL_ID":    "id-1",
			"LAKE_BUCKET":         "data-of-222",
			"LAKE_PREFIXES":       `["in/"]`,
		}
		if diff := cmp.Diff(expected, r.Properties["Environment"].(map[string]any)["Variables"]); diff != "" {
			t.Errorf("environment (-expected +found):\n%s", diff)
		}
	}
	uses := map[string]any{}
	for key, value := range source.Metadata {
		if strings.HasPrefix(key, contract.IntentPrefix) {
			workload, _ := value.(map[string]any)["workload"].(map[string]any)
			uses[fmt.Sprint(workload["grant"])] = []any{workload["environmentPrefix"], workload["role"]}
		}
	}
	const role = "arn:aws:iam::111111111111:role/function"
	if diff := cmp.Diff(map[string]any{
		"222222222222::items-dev-ap-northeast-1": []any{"CROSSGRANT_", role}, "222222222222::lake-dev-ap-northeast-1": []any{"LAKE_", role},
	}, uses); diff != "" {
		t.Errorf("recorded uses of grants (-expected +found):\n%s", diff)
	}
}

// Environment also returns the variables for a grantee that takes none itself.
func TestEnvironmentForOtherGrantees(t *testing.T) {
	a := twoAccounts(t)
	grant := crossaccount.NewCrossAccountGrant(a.source, "Lake", crossaccount.GrantProps{
		Name: "lake", Stage: "dev", Grantees: to(role(a.source, "Reader", "reader")), Target: a.target, EnvironmentPrefix: "LAKE_",
		Trust:       crossaccount.Trust{ExternalID: "id-1", SourceIdentity: "reader-1", Session: crossaccount.MinSession},
		Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, nil), "in/")},
	})
	expected := map[string]string{
		"LAKE_ROLE_ARN": "arn:aws:iam::222222222222:role/lake-dev-ap-northeast-1", "LAKE_EXTERNAL_ID": "id-1", "LAKE_SOURCE_IDENTITY": "reader-1",
		"LAKE_SESSION_SECONDS": "900", "LAKE_BUCKET": "data-of-222", "LAKE_PREFIXES": `["in/"]`,
	}
	if diff := cmp.Diff(expected, grant.Environment()); diff != "" {
		t.Errorf("environment (-expected +found):\n%s", diff)
	}
}

func TestWithoutScope(t *testing.T) {
	a := twoAccounts(t)
	for what, call := range map[string]func(){
		`cross-account grant "Reading"`: func() { crossaccount.NewCrossAccountGrant(nil, "Reading", crossaccount.GrantProps{}) },
		`target grant ""`:               func() { crossaccount.NewTargetGrant(a.target, "", crossaccount.GrantProps{}) },
		`source grant "Reading"`:        func() { crossaccount.NewSourceGrant(nil, "Reading", crossaccount.SourceGrantProps{}) },
	} {
		if found, expected := refusal(call), what+": found no scope or no id, expected a stack or a construct in one, and an id"; found != expected {
			t.Errorf("found %q, expected %q", found, expected)
		}
	}
}
