package page

import (
	"bytes"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

// A finding about what facts have names their file, not a template.
func TestFindingsInFacts(t *testing.T) {
	company := &assembly.Resource{Stack: &assembly.Stack{Name: "facts.json", DisplayName: "facts.json", Facts: "known/facts.json"}, LogicalID: "arn:aws:s3:::company", Type: "AWS::S3::Bucket"}
	var out bytes.Buffer
	err := Write(&out, &proof.Report{Checks: []proof.Check{{Rule: proof.Connection, Name: "the settings of bucket company", Verdict: proof.Broken, Where: []*assembly.Resource{company},
		RestsOn: []string{"arn:aws:s3:::company (by facts.json)"}}}, Assumed: []assembly.Note{{Stack: company.Stack, LogicalID: company.LogicalID, Why: "taken to be as the file says"}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "arn:aws:s3:::company in known/facts.json") || strings.Contains(out.String(), "in stack facts.json") {
		t.Errorf("found no place in the facts in the page")
	}
	for _, want := range []string{"<h4>Rests on</h4>\n<ul><li>arn:aws:s3:::company (by facts.json)</li></ul>", "<dt>Rests on</dt><dd>arn:aws:s3:::company (by facts.json)</dd>",
		">Assumed</h2>\n<ul><li>facts.json: arn:aws:s3:::company: taken to be as the file says</li></ul>"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("found no %s in the page", want)
		}
	}
}
