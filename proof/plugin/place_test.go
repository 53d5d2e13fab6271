package plugin

import (
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
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
