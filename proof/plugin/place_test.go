package plugin

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

// What facts have is at its file, not in a template.
func TestPlaces(t *testing.T) {
	for want, r := range map[string]*assembly.Resource{
		"Stack/Bucket":                           {Stack: &assembly.Stack{Name: "Stack"}, Path: "Stack/Bucket", LogicalID: "Bucket1"},
		"Stack.Bucket1":                          {Stack: &assembly.Stack{Name: "Stack"}, LogicalID: "Bucket1"},
		"known/facts.json: arn:aws:s3:::company": {Stack: &assembly.Stack{Name: "facts.json", Facts: "known/facts.json"}, LogicalID: "arn:aws:s3:::company"},
	} {
		if found := place(r); found != want {
			t.Errorf("found %s, expected %s", found, want)
		}
	}
}

// A violation says on which facts and defaults it rests.
func TestViolationsSayOnWhatTheyRest(t *testing.T) {
	rests := []string{`parameter Lake of stack Reports has its default, "lake"`}
	f := &proof.Finding{Verdict: proof.Broken, Checks: []*proof.Check{{Name: "s3:GetObject", RestsOn: rests}}}
	if found := description(f, nil); !strings.Contains(found, "\n   rests on "+rests[0]) {
		t.Errorf("found %q, expected what it rests on", found)
	}
}
