package assembly_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// loadYAML resolves a template as the stack "S" of account 111122223333 in us-west-2.
func loadYAML(t testing.TB, document string) (*assembly.Assembly, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "t.yaml", document)
	return assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/t.yaml", Account: "111122223333", Region: "us-west-2", StackName: "S"})
}

func mustLoadYAML(t testing.TB, document string) *assembly.Assembly {
	t.Helper()
	a, err := loadYAML(t, document)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// resource returns the resource of a logical id, in any stack.
func resource(t testing.TB, a *assembly.Assembly, id string) *assembly.Resource {
	t.Helper()
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			if r.LogicalID == id {
				return r
			}
		}
	}
	t.Fatalf("found no resource %s", id)
	return nil
}

var hash = regexp.MustCompile(`#[0-9a-f]{12}`)

// show returns a resolved value as JSON, with unknown values as ‹name›, and "#" for a hash.
func show(value any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	text := strings.ReplaceAll(strings.TrimSuffix(out.String(), "\n"), `\u0000`, "\x00")
	return hash.ReplaceAllString(policy.Readable(text), "#")
}

func notes(a *assembly.Assembly) string {
	var all []string
	for _, n := range a.Notes {
		all = append(all, show(n.String()))
	}
	return strings.Join(all, "\n")
}

// loadIn resolves a template as loadYAML does, in another region.
func loadIn(t testing.TB, region, document string) *assembly.Assembly {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "t.yaml", document)
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/t.yaml", Account: "111122223333", Region: region, StackName: "S"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
