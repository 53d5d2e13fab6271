package proof

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly/facts"
)

// ids are those of the findings of testdata/grant with changes.
func ids(t *testing.T, o Options, edits ...edit) []string {
	t.Helper()
	var all []string
	for _, f := range proved(t, grantApp(t, both, edits...), o).Findings() {
		all = append(all, f.ID())
	}
	slices.Sort(all)
	return all
}

// statement adds a statement to the grantee's policy.
func statement(text string) edit {
	const assume = `{Sid: Assume, Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/reports-prod-eu-west-1"}`
	return edit{"source", assume, assume + ", " + text}
}

// An ID names one statement as it is: one that changes has another ID, and one that is added does not change that of others.
func TestAnIDNamesTheStatement(t *testing.T) {
	const (
		narrow  = `{Sid: Any, Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::333333333333:role/x"}`
		wide    = `{Sid: Any, Effect: Allow, Action: "sts:AssumeRole", Resource: "*"}`
		unnamed = `{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::444444444444:role/x"}`
	)
	first := ids(t, Options{}, statement(narrow))
	if len(first) != 1 || !regexp.MustCompile(`^OverGrant-Any-[0-9a-f]{8}$`).MatchString(first[0]) {
		t.Fatalf("found %q, expected one ID of OverGrant with the Sid", first)
	}
	if again := ids(t, Options{}, statement(narrow), edit{"source", "CidrBlock: 10.0.0.0/16", "CidrBlock: 10.1.0.0/16"}); !slices.Equal(again, first) {
		t.Errorf("found %q after another change, expected %q", again, first)
	}
	if changed := ids(t, Options{}, statement(wide)); len(changed) != 1 || changed[0] == first[0] || !strings.HasPrefix(changed[0], "OverGrant-Any-") {
		t.Errorf("found %q for a wider statement with the same Sid, expected another ID than %q", changed, first)
	}
	later := ids(t, Options{}, statement(narrow+", "+unnamed))
	if len(later) != 2 || !slices.Contains(later, first[0]) || !slices.ContainsFunc(later, regexp.MustCompile(`^OverGrant-[0-9a-f]{8}$`).MatchString) {
		t.Errorf("found %q with another statement, expected %q and one more", later, first)
	}
}

// The ID of an access that must not work names the statements that allow it.
func TestAnIDNamesTheStatementsThatAllow(t *testing.T) {
	open := func(statement string) []string {
		return ids(t, Options{}, edit{"target", `Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/*"`, statement})
	}
	first, second := open(`Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::lake/reports/*"`), open(`Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::lake/reports*"`)
	writes := func(all []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !strings.HasPrefix(id, "OtherAction-") })
	}
	if len(writes(first)) == 0 || slices.ContainsFunc(writes(first), func(id string) bool { return slices.Contains(second, id) }) {
		t.Errorf("found %q and %q, expected other IDs of OtherAction for another statement", first, second)
	}
}

// What facts would decide is named by what they are about, so that an app can acknowledge it before.
func TestAnIDNamesWhatIsMissing(t *testing.T) {
	var found []string
	for _, f := range proved(t, imported(t, false), Options{}).Findings() {
		found = append(found, f.ID())
	}
	slices.Sort(found)
	want := []string{UndecidedID("arn:aws:dynamodb:eu-west-1:222222222222:table/shop"), UndecidedID(importedKey), UndecidedID("arn:aws:s3:::lake")}
	if !slices.Equal(found, want) || want[2] != "Undecided-arn-aws-s3-lake" {
		t.Errorf("found %q, expected %q", found, want)
	}
	if id := UndecidedID("arn:aws:iam::111111111111:policy/company"); id != "Undecided-policy-company" || id != UndecidedID("arn:aws:iam::222222222222:policy/company") {
		t.Errorf("found %q, expected one ID for the policies of a name", id)
	}
	var none *facts.Facts
	if none.Has("arn:aws:s3:::lake") || !known(t, "{", "{").Has("arn:aws:s3:::lake") || known(t, "{", "{").Has("arn:aws:s3:::sea") {
		t.Error("found that facts have what they do not, or the other way round")
	}
}
