package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

const trust = "trust: {mode: NamedRole, externalId: reports-1, sessionSeconds: 3600}"

func parse(t *testing.T, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOrganizationsPolicies(t *testing.T) {
	full := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	noSTS := parse(t, `{"Version":"2012-10-17","Statement":{"Sid":"NoSTS","Effect":"Deny","Action":"sts:*","Resource":"*"}}`)
	noData := parse(t, `{"Version":"2012-10-17","Statement":{"Sid":"NoData","Effect":"Deny","Principal":"*","Action":["s3:GetObject","dynamodb:GetItem"],"Resource":"*"}}`)
	for name, c := range map[string]struct {
		options Options
		want    []string
		says    string
	}{
		"they let it pass":      {Options{ServiceControl: map[string][][]*policy.Document{"111111111111": {{full}}, "222222222222": {{full}}}}, nil, ""},
		"the source's SCP":      {Options{ServiceControl: map[string][][]*policy.Document{"111111111111": {{full, noSTS}}}}, []string{"Intent broken"}, "statement NoSTS of the service control policy [1] of level 0"},
		"the target's SCP":      {Options{ServiceControl: map[string][][]*policy.Document{"222222222222": {{noSTS}}}}, []string{"Intent broken", "KeepAlive broken"}, "no statement of the service control policy of level 0 allows"},
		"the target's RCP":      {Options{ResourceControl: map[string][][]*policy.Document{"222222222222": {{noData}}}}, []string{"Intent broken"}, "statement NoData of the resource control policy"},
		"the RCP of the source": {Options{ResourceControl: map[string][][]*policy.Document{"111111111111": {{noData}}}}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, grantApp(t, both), c.options)
			if got := unproved(r); !slices.Equal(got, c.want) || !strings.Contains(says(r), c.says) {
				t.Errorf("found %q, expected %q\n%s", got, c.want, says(r))
			}
		})
	}
}

func TestTrustConditions(t *testing.T) {
	organization := edit{both, trust, "trust: {mode: NamedRole, externalId: reports-1, organizationId: o-a1b2c3d4e5, sessionSeconds: 3600}"}
	identity := edit{both, trust, "trust: {mode: NamedRole, externalId: reports-1, sourceIdentity: reports, sessionSeconds: 3600}"}
	asked := edit{"target", "StringEquals: {\"sts:ExternalId\": reports-1}", "StringEquals: {\"sts:ExternalId\": reports-1, \"aws:PrincipalOrgID\": o-a1b2c3d4e5}"}
	called := edit{"target", "StringEquals: {\"sts:ExternalId\": reports-1}", "StringEquals: {\"sts:ExternalId\": reports-1, \"sts:SourceIdentity\": reports}"}
	set := []edit{{"target", "Action: \"sts:AssumeRole\",\n             Condition", "Action: [\"sts:AssumeRole\", \"sts:SetSourceIdentity\"],\n             Condition"},
		{"source", "Action: \"sts:AssumeRole\", Resource: \"arn:aws:iam::222222222222:role/reports-prod-eu-west-1\"}]", "Action: [\"sts:AssumeRole\", \"sts:SetSourceIdentity\"], Resource: \"arn:aws:iam::222222222222:role/reports-prod-eu-west-1\"}]"},
		{"source", "Principal: \"*\", Action: \"sts:AssumeRole\"", "Principal: \"*\", Action: [\"sts:AssumeRole\", \"sts:SetSourceIdentity\"]"}}
	for name, c := range map[string]struct {
		edits []edit
		want  []string
	}{
		"an organization that is asked for":                        {[]edit{organization, asked}, nil},
		"an organization that the trust policy does not ask for":   {[]edit{organization}, []string{"OtherOrganization broken"}},
		"another organization":                                     {[]edit{organization, asked, {"target", "\"aws:PrincipalOrgID\": o-a1b2c3d4e5", "\"aws:PrincipalOrgID\": o-b1b2c3d4e5"}}, []string{"Intent broken", "OverGrant broken"}},
		"a source identity that is asked for":                      {append([]edit{identity, called}, set...), nil},
		"a source identity that the trust policy does not ask for": {append([]edit{identity}, set...), []string{"SourceIdentity broken"}},
		"a source identity that cannot be set":                     {[]edit{identity, called}, []string{"Intent broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, grantApp(t, both, c.edits...), Options{})
			if got := unproved(r); !slices.Equal(got, c.want) {
				t.Errorf("found %q, expected %q\n%s", got, c.want, says(r))
			}
		})
	}
}

func TestPerimeter(t *testing.T) {
	declared := edit{both, "    permissions:", "    perimeter: {enforcement: OnRole, key: \"aws:VpceAccount\", values: [\"111111111111\"]}\n    permissions:"}
	enforced := []edit{
		{"target", "Resource: \"arn:aws:s3:::lake\", Condition: {StringLike: {\"s3:prefix\": \"reports/*\"}}", "Resource: \"arn:aws:s3:::lake\", Condition: {StringLike: {\"s3:prefix\": \"reports/*\"}, StringEquals: {\"aws:VpceAccount\": \"111111111111\"}}"},
		{"target", "Resource: \"arn:aws:s3:::lake/reports/*\"}\n              - {Sid: Table", "Resource: \"arn:aws:s3:::lake/reports/*\", Condition: {StringEquals: {\"aws:VpceAccount\": \"111111111111\"}}}\n              - {Sid: Table"},
	}
	table := edit{both, "      - {sid: Table, actions: [\"dynamodb:GetItem\"], resources: [\"arn:aws:dynamodb:eu-west-1:222222222222:table/shop\"]}\n", ""}
	held := edit{"target", "              - {Sid: Table, Effect: Allow, Action: \"dynamodb:GetItem\", Resource: \"arn:aws:dynamodb:eu-west-1:222222222222:table/shop\"}\n", ""}
	for name, c := range map[string]struct {
		edits []edit
		want  []string
	}{
		"enforced":             {append(slices.Clone(enforced), declared, table, held), nil},
		"declared only":        {[]edit{declared, table, held}, []string{"Perimeter broken"}},
		"enforced for objects": {[]edit{enforced[1], declared, table, held}, []string{"Perimeter broken"}},
		"of another account":   {[]edit{enforced[0], {"target", enforced[1].from, strings.Replace(enforced[1].to, "\"111111111111\"", "\"333333333333\"", 1)}, declared, table, held}, []string{"Intent broken", "OverGrant broken"}},
		"for a table, by a key that DynamoDB's requests lack": {append(slices.Clone(enforced), declared, edit{"target", "table/shop\"}\n", "table/shop\", Condition: {StringEquals: {\"aws:VpceAccount\": \"111111111111\"}}}\n"}), []string{"Intent broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, grantApp(t, both, c.edits...), Options{})
			if got := unproved(r); !slices.Equal(got, c.want) {
				t.Errorf("found %q, expected %q\n%s", got, c.want, says(r))
			}
		})
	}
}

func TestMacroIsUndecided(t *testing.T) {
	r := proved(t, grantApp(t, both, edit{"source", "Resources:", "Transform: Own::Macro\nResources:"}), Options{})
	if got := unproved(r); !slices.Contains(got, "Intent undecided") || slices.ContainsFunc(got, func(one string) bool { return strings.HasSuffix(one, "broken") }) ||
		!strings.Contains(says(r), "Own::Macro transforms the template of stack Source at deployment") {
		t.Errorf("found %q\n%s", got, says(r))
	}
}

func TestDeclarationsThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		change edit
		want   string
	}{
		"a grant that lacks its name": {edit{"target", "    name: reports\n", ""}, "stack Target: metadata CrossGrant::Target::222222222222::reports-prod-eu-west-1: "},
		"a grant that is no object":   {edit{"target", "    name: reports\n", "    name: [reports]\n"}, "expected a grant as contract.json has it"},
		"halves of two contracts":     {edit{"target", "sessionSeconds: 3600", "sessionSeconds: 1800"}, "both halves need the same contract"},
		"a grant with another digest": {edit{"target", "    stage: prod\n", "    stage: prod\n    digest: \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"\n"}, "it was changed after it was written"},
	} {
		if _, err := Prove(grantApp(t, both, c.change), Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: found %v, expected %q", name, err, c.want)
		}
	}
	r := proved(t, grantApp(t, both, edit{both, "CrossGrant::", "Somebody::"}), Options{})
	if len(r.Grants) != 0 || len(r.Checks) != 0 || r.Verdict() != NothingDeclared {
		t.Errorf("found %d grants and %d checks", len(r.Grants), len(r.Checks))
	}
}

// fake notes what a test would report.
type fake struct{ problems []string }

func (f *fake) Helper() {}
func (f *fake) Errorf(format string, args ...any) {
	f.problems = append(f.problems, fmt.Sprintf(format, args...))
}

func TestQuestionsOfTests(t *testing.T) {
	app := &App{assembly: grantApp(t, both)}
	on := func(who, action, resource string) Access {
		return Access{Caller: who, Action: action, Resource: resource}
	}
	const role = "arn:aws:iam::111111111111:role/reader"
	for _, c := range []struct {
		access          Access
		allowed, denied bool // what each question finds right
	}{
		{on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), true, false},
		{on(role, "s3:GetObject", "arn:aws:s3:::lake/reports/1"), true, false},
		{on(role, "s3:GetObject", "arn:aws:s3:::lake/other"), false, true},
		{on(role, "s3:PutObject", "arn:aws:s3:::lake/reports/1"), false, true},
		{on("cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::lake/AWSLogs/1"), false, true}, // without the account that it writes for
		{on("anonymous", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), false, true},
		{on(role, "s3:GetObject", "arn:aws:s3:::elsewhere/1"), false, false}, // nobody has it
		{Access{Caller: role, Action: "s3:GetObject", Resource: "arn:aws:s3:::elsewhere/1", Nonexistent: true}, false, true},
		{on("arn:aws:iam::111111111111:role/stranger", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), false, true},
		{on("arn:aws:iam::222222222222:role/stranger", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), false, false}, // nobody knows its policies
		{on("Nobody", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), false, false},
	} {
		for name, ask := range map[string]func(T, *App, Access){"allowed": Allowed, "denied": Denied} {
			var f fake
			ask(&f, app, c.access)
			right := map[string]bool{"allowed": c.allowed, "denied": c.denied}[name]
			if (len(f.problems) == 0) != right {
				t.Errorf("%s %s on %s: %s found %q", c.access.Caller, c.access.Action, c.access.Resource, name, f.problems)
			}
		}
	}
	if _, err := Load("nowhere", Options{}); err == nil {
		t.Error("found an assembly nowhere")
	}
}

// The account of a grantee is taken to be in the organization that the grant asks for: by Prove and Explain alike, unless the options say
// otherwise. They do not change the options.
func TestOrganizationOfTheGrantee(t *testing.T) {
	edits := []edit{{both, trust, "trust: {mode: NamedRole, externalId: reports-1, organizationId: o-a1b2c3d4e5, sessionSeconds: 3600}"},
		{"target", "StringEquals: {\"sts:ExternalId\": reports-1}", "StringEquals: {\"sts:ExternalId\": reports-1, \"aws:PrincipalOrgID\": o-a1b2c3d4e5}"}}
	access := Access{Caller: "Reports/Function", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/1"}
	for name, c := range map[string]struct {
		organizations map[string]string
		works         policy.Answer
		verdict       Verdict
	}{
		"by default":                      {nil, policy.Yes, Proved},
		"for another account":             {map[string]string{"222222222222": "o-b1b2c3d4e5"}, policy.Yes, Proved},
		"as the options say":              {map[string]string{"111111111111": "o-a1b2c3d4e5"}, policy.Yes, Proved},
		"another one, as the options say": {map[string]string{"111111111111": "o-b1b2c3d4e5"}, policy.No, Broken},
	} {
		t.Run(name, func(t *testing.T) {
			options := Options{Organizations: maps.Clone(c.organizations)}
			chains, err := Explain(grantApp(t, both, edits...), options, access)
			if err != nil || chains[0].Passes != c.works {
				t.Errorf("found %v %v, expected %v", chains[0].Passes, err, c.works)
			}
			if r := proved(t, grantApp(t, both, edits...), options); r.Verdict() != c.verdict {
				t.Errorf("found %v, expected %v\n%s", r.Verdict(), c.verdict, says(r))
			}
			if !maps.Equal(options.Organizations, c.organizations) {
				t.Errorf("found options %v, expected %v", options.Organizations, c.organizations)
			}
		})
	}
}
