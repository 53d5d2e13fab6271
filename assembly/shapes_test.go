package assembly_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
)

var unknown = regexp.MustCompile("\x00[^\x00]*\x00")

// The templates in testdata/shapes have resources of many types, written after their pages in the CloudFormation Template Reference. The metadata of
// each resource lists the unknown values in its properties. There are no others, and no notes.
func TestShapesOfManyTypes(t *testing.T) {
	files, err := filepath.Glob("testdata/shapes/*.*")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{}
	for _, file := range files {
		a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, Account: "111122223333", Region: "us-west-2", StackName: "S"})
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, r := range a.Stacks[0].Resources {
			types[r.Type] = true
			collect(r.Properties, found)
			if r.Name == "" || r.Ref == "" {
				t.Errorf("%s: %s has the name %q and Ref %q", file, r.LogicalID, r.Name, r.Ref)
			}
		}
		expected := map[string]bool{}
		for _, name := range a.Stacks[0].Metadata["Unknown"].([]any) {
			if !strings.Contains(name.(string), " ") { // else it is a function's
				name = "S." + name.(string)
			}
			expected["‹"+name.(string)+"›"] = true
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(expected)), slices.Sorted(maps.Keys(found))); diff != "" || len(a.Notes) > 0 {
			t.Errorf("%s: unknown (-expected +found):\n%s\n%s", file, diff, notes(a))
		}
	}
	if len(types) < 100 {
		t.Errorf("found %d types, expected 100", len(types))
	}
}

func collect(value any, into map[string]bool) {
	switch v := value.(type) {
	case string:
		for _, name := range unknown.FindAllString(v, -1) {
			into[strings.Trim(show(name), `"`)] = true
		}
	case []any:
		for _, item := range v {
			collect(item, into)
		}
	case map[string]any:
		for _, item := range v {
			collect(item, into)
		}
	}
}
