package proof

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// The objects are allowed for a prefix that the function does not read.
func brokenGrant(t *testing.T) *Report {
	t.Helper()
	return proved(t, grantApp(t, both, edit{"target", "Resource: \"arn:aws:s3:::lake/reports/*\"}\n              - {Sid: Table", "Resource: \"arn:aws:s3:::lake/other/*\"}\n              - {Sid: Table"}), Options{})
}

func TestReportAsJSON(t *testing.T) {
	r := brokenGrant(t)
	text, err := json.Marshal(r.JSON())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `\u0000`) {
		t.Error("found an unknown text that is not readable")
	}
	j := r.JSON()
	if j.Verdict != Broken || !slices.Equal(j.Grants, []string{"reports-prod-eu-west-1"}) || len(j.Checks) != len(r.Checks) || len(j.Notes) != 0 {
		t.Errorf("found %s %v, %d checks and notes %v", j.Verdict, j.Grants, len(j.Checks), j.Notes)
	}
	found := map[Rule]CheckJSON{}
	for _, c := range j.Checks {
		if c.Verdict == Proved && len(c.Remedy) > 0 {
			t.Errorf("%s: found remedy %q of a check that is proved", c.Name, c.Remedy)
		}
		if c.Verdict == Broken {
			found[c.Rule] = c
		}
	}
	intent := found[Intent]
	if len(intent.Chains) != 1 || intent.Chains[0].Passes != policy.No || intent.Chains[0].Caller != "arn:aws:iam::111111111111:role/reader" ||
		intent.Chains[0].Assumes != "arn:aws:iam::222222222222:role/reports-prod-eu-west-1" || len(intent.Chains[0].Hops) != 5 { // two routes, the role, the object and its key
		t.Errorf("found chains %+v", intent.Chains)
	}
	if s := intent.Statements; len(s) != 1 || s[0].Policy != policy.Identity || s[0].Stack != "Target" || s[0].LogicalID != "Role" || !strings.Contains(string(s[0].Statement), `"arn:aws:s3:::lake/reports/*"`) ||
		!strings.HasSuffix(intent.Remedy[0], "\n"+string(s[0].Statement)) {
		t.Errorf("found statements %+v", intent.Statements)
	}
	if over := found[OverGrant]; len(over.Chains) != 0 || !slices.Equal(over.Details, []string{"s3:GetObject on arn:aws:s3:::lake/other/* is permitted, and no permission of the grant needs it"}) {
		t.Errorf("found %+v", over)
	}
}

// The remedies of a chain say what to add; what the hops say already, they do not repeat.
func TestRemediesOfAChain(t *testing.T) {
	app := grantApp(t, both, edit{"target", "Resource: \"arn:aws:s3:::lake/reports/*\"}\n              - {Sid: Table", "Resource: \"arn:aws:s3:::lake/other/*\"}\n              - {Sid: Table"})
	for name, c := range map[string]struct {
		access Access
		want   string // what the remedies begin with
	}{
		"an endpoint stops it": {Access{Caller: "Reports/Function", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/other/1"}, "add to the endpoint policy of com.amazonaws.eu-west-1.s3:\n{\n  \"Effect\": \"Allow\","},
		"denied":               {Access{Caller: "arn:aws:iam::222222222222:role/reports-prod-eu-west-1", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/1"}, "add to a policy of arn:aws:iam::222222222222:role/reports-prod-eu-west-1:\n{\n  \"Effect\": \"Allow\","},
		"allowed":              {Access{Caller: "arn:aws:iam::222222222222:role/reports-prod-eu-west-1", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/other/1"}, ""},
		"undecided":            {Access{Caller: "arn:aws:iam::222222222222:role/imported", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/1"}, "give the facts of arn:aws:iam::222222222222:role/imported, which no template has, in a facts file"},
	} {
		chains, err := Explain(app, Options{}, c.access)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(chains[0].Remedies(), "\n")
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: found %q, expected it to begin with %q", name, got, c.want)
		}
	}
}
