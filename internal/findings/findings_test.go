package findings

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// report has everything that a report can have, and texts that mean something to each format.
func report() Report {
	return Report{
		Command: "prove", Verdict: "broken", Summary: "2 of 4 accesses, for 2 reasons", File: "cdk.out/manifest.json",
		Counts: map[string]int{"checks": 4},
		Rules:  []Rule{{"OverGrant", "No policy permits more than is needed."}, {"Intent", "What is declared has to work."}},
		Findings: []Finding{
			{ID: "Undecided-b", Rule: "Intent", Level: Warning, Verdict: "undecided", Title: "s3:GetObject on arn:aws:s3:::b/*", Checks: []string{"s3:GetObject on arn:aws:s3:::b/*"},
				Says: []string{"b has 100% <unknown> policies"}, Remedy: []string{"give the facts of b"}, RestsOn: []string{"parameter Name"}},
			{ID: "OverGrant-1", Rule: "OverGrant", Level: Error, Verdict: "broken", Title: "statement Objects, of @role #1", Checks: []string{"x", "y"},
				Says: []string{"s3:* is permitted"}, Remedy: []string{"narrow it:\n{\n  \"Effect\": \"Allow\"\n}", "s3:* is permitted"},
				Places: []Place{{File: "cdk.out/A, B.json", Line: 7, Stack: "A", LogicalID: "Role", Path: "A/Role"}, {File: "/tmp/other.yaml", Stack: "B", LogicalID: "Key"}}},
			{ID: "OverGrant-1", Rule: "OverGrant", Level: Error, Verdict: "broken", Title: "the same again"},
		},
		Cases: []Case{{"g Intent", "reads", Passed, nil, nil}, {"g Intent", "lists", Unknown, []string{"b is unknown"}, []string{"give the facts of b"}},
			{"g OverGrant", "Objects", Failed, []string{"s3:* & more"}, []string{"narrow it"}}, {"g OverGrant", "Objects", Passed, nil, nil}},
		Notes: []string{"AWS's policies are as of a day"},
	}
}

func written(t *testing.T, format Format, r Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, format, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGitHub(t *testing.T) {
	r := report()
	r.Sort()
	const want = `::error file=cdk.out/A%2C B.json,line=7,title=crossgrant broken OverGrant::statement Objects, of @role #1%0As3:* is permitted%0Afix: narrow it:%0A{%0A  "Effect": "Allow"%0A}%0Aat A/Role%0Aat B/Key%0AOverGrant-1
::error title=crossgrant broken OverGrant::the same again%0AOverGrant-1-2
::warning title=crossgrant undecided Intent::s3:GetObject on arn:aws:s3:::b/*%0Ab has 100%25 <unknown> policies%0Arests on: parameter Name%0Afix: give the facts of b%0AUndecided-b
::error title=crossgrant prove::broken: 2 of 4 accesses, for 2 reasons
`
	if diff := cmp.Diff(want, written(t, GitHub, r)); diff != "" {
		t.Errorf("(-expected +found):\n%s", diff)
	}
	const success = "::notice title=crossgrant check::nothing found: 12 policies\n"
	if found := written(t, GitHub, Report{Command: "check", Verdict: "nothing found", Passed: true, Summary: "12 policies"}); found != success {
		t.Errorf("found %s, expected %s", found, success)
	}
}

func TestMarkdown(t *testing.T) {
	r := report()
	r.Findings = r.Findings[:2]
	r.Sort()
	want := strings.ReplaceAll(`## crossgrant prove: broken

2 of 4 accesses, for 2 reasons

### broken: OverGrant

statement Objects, of &#64;role &#35;1

- s3:\* is permitted
- at A/Role ('cdk.out/A, B.json:7')
- at B/Key ('/tmp/other.yaml')
- **fix**: narrow it:

  '''json
  {
    "Effect": "Allow"
  }
  '''

<sub>OverGrant-1</sub>

### undecided: Intent

s3:GetObject on arn:aws:s3:::b/\*

- b has 100% &lt;unknown&gt; policies
- rests on: parameter Name
- **fix**: give the facts of b

<sub>Undecided-b</sub>

<details><summary>Taken as given, and not understood</summary>

- AWS's policies are as of a day

</details>
`, "'''", "```")
	want = strings.NewReplacer("('", "(`", "')", "`)").Replace(want)
	if diff := cmp.Diff(want, written(t, Markdown, r)); diff != "" {
		t.Errorf("(-expected +found):\n%s", diff)
	}
}

// A comment has a limit. What does not fit is counted, so that nobody takes the rest for all.
func TestMarkdownFitsAComment(t *testing.T) {
	r := Report{Command: "check", Verdict: "found", Summary: "much"}
	for i := range 2000 {
		r.Findings = append(r.Findings, Finding{ID: fmt.Sprint(i), Rule: "Public", Level: Error, Verdict: "found", Title: strings.Repeat("x", 100)})
	}
	found := written(t, Markdown, r)
	shown := strings.Count(found, "\n### ")
	if left := fmt.Sprintf("\n%d more findings do not fit here: `crossgrant check` prints all.\n", 2000-shown); len(found) > 65_000 || shown < 300 || !strings.HasSuffix(found, left) {
		t.Errorf("found %d bytes with %d findings, and at the end\n%s", len(found), shown, found[len(found)-200:])
	}
}

func TestJUnit(t *testing.T) {
	var suites struct {
		Name                    string `xml:"name,attr"`
		Tests, Failures, Errors int    `xml:",attr"`
		Suites                  []struct {
			Name   string `xml:"name,attr"`
			Tests  int    `xml:"tests,attr"`
			Output string `xml:"system-out"`
			Cases  []struct {
				Class    string `xml:"classname,attr"`
				Name     string `xml:"name,attr"`
				Failures []struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
				Errors []struct {
					Text string `xml:",chardata"`
				} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	text := written(t, JUnit, report())
	if err := xml.Unmarshal([]byte(text), &suites); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, `<testsuites name="crossgrant prove" tests="4" failures="1" errors="1">`) || len(suites.Suites) != 2 {
		t.Fatalf("found %s", text)
	}
	intent, over := suites.Suites[0], suites.Suites[1]
	if intent.Name != "g Intent" || intent.Tests != 2 || intent.Output != "AWS's policies are as of a day" || len(intent.Cases[0].Errors)+len(intent.Cases[0].Failures) != 0 ||
		len(intent.Cases[1].Errors) != 1 || intent.Cases[1].Errors[0].Text != "lists\nb is unknown\nfix: give the facts of b" {
		t.Errorf("found %+v", intent)
	}
	if len(over.Cases[0].Failures) != 1 || over.Cases[0].Failures[0].Message != "s3:* & more" || over.Cases[1].Name != "Objects (2)" || len(over.Cases[1].Failures) != 0 {
		t.Errorf("found %+v", over)
	}
}

// A report that did not pass is never green, and one of findings alone has a case for each of them.
func TestJUnitIsNotGreenByItself(t *testing.T) {
	for want, r := range map[string]Report{
		`tests="1" failures="0" errors="1"`: {Command: "prove", Verdict: "nothing declared", Summary: "no grant", Cases: []Case{}},
		`tests="3" failures="1" errors="1"`: {Command: "check", Verdict: "found", Findings: []Finding{{Rule: "A", Title: "a", Level: Error}, {Rule: "A", Title: "b", Level: Warning}, {Rule: "A", Title: "c", Level: Note}}},
		`tests="0" failures="0" errors="0"`: {Command: "check", Verdict: "nothing found", Passed: true},
	} {
		if found := written(t, JUnit, r); !strings.Contains(found, want) {
			t.Errorf("found %s, expected %s", found, want)
		}
	}
}

// What is written keeps the part of the standard that it uses, which testdata/sarif.schema.json has, and nothing else is in it.
func TestSARIF(t *testing.T) {
	r := report()
	r.Sort()
	text := written(t, SARIF, r)
	schema, err := os.ReadFile("testdata/sarif.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("sarif.schema.json", document); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.MustCompile("sarif.schema.json").Validate(value); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	over, again, undecided := run.Results[0], run.Results[1], run.Results[2]
	if over.RuleID != "OverGrant" || over.Level != Error || over.RuleIndex != 0 || over.Fingerprints[fingerprint] != "OverGrant-1" || again.Fingerprints[fingerprint] != "OverGrant-1-2" ||
		over.Fingerprints[fingerprintOfGitHub] == again.Fingerprints[fingerprintOfGitHub] {
		t.Errorf("found %+v and %+v", over, again)
	}
	at := over.Locations[0]
	if len(over.Locations) != 1 || at.Physical.Artifact.URI != "cdk.out/A,%20B.json" || at.Physical.Region.StartLine != 7 || at.Logical[0] != (sarifLogical{"Role", "A/Role", "resource"}) ||
		len(over.Related) != 1 || over.Related[0].Physical.Artifact.URI != "file:///tmp/other.yaml" || over.Related[0].Physical.Region != nil {
		t.Errorf("found %+v", over)
	}
	if undecided.Level != Warning || undecided.RuleIndex != 1 || undecided.Locations[0].Physical.Artifact.URI != "cdk.out/manifest.json" || undecided.Properties["verdict"] != "undecided" {
		t.Errorf("found %+v", undecided)
	}
	if help := run.Tool.Driver.Rules[0].Help; help.Text != "No policy permits more than is needed.\nnarrow it:\n{\n  \"Effect\": \"Allow\"\n}\ns3:* is permitted" ||
		!strings.Contains(help.Markdown, "- narrow it:\n\n  ```json\n") {
		t.Errorf("found %q", help)
	}
	if run.Automation.ID != "crossgrant-prove/" {
		t.Errorf("found %q", run.Automation.ID)
	}
}

// Counts and findings come before what is the command's own.
func TestJSON(t *testing.T) {
	r := report()
	r.Sort()
	text, err := json.Marshal(r.JSON())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"version":1,"command":"prove","verdict":"broken","summary":"2 of 4 accesses, for 2 reasons",` +
		`"counts":{"checks":4,"errors":2,"findings":3,"notes":0,"warnings":1},"findings":[{"id":"OverGrant-1","rule":"OverGrant","level":"error","verdict":"broken",`
	if !strings.HasPrefix(string(text), want) || strings.Contains(string(text), "null") {
		t.Errorf("found %s", text)
	}
}

func TestFormats(t *testing.T) {
	for _, f := range Formats() {
		if written(t, f, Report{Command: "check", Verdict: "nothing found", Passed: true}) == "" {
			t.Errorf("%s: found nothing", f)
		}
	}
	if err := Write(&bytes.Buffer{}, "html", Report{}); err == nil || !strings.Contains(err.Error(), `found format "html", expected one of ["sarif" "junit" "markdown" "github"]`) {
		t.Errorf("found %v", err)
	}
}
