package proof

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// edit is a change of the templates: of the first place where a text stands, in the source's or the target's, or both.
type edit struct{ template, from, to string }

const both = ""

// grantApp reads testdata/grant with changes, or only one of its templates.
func grantApp(t *testing.T, only string, edits ...edit) *assembly.Assembly {
	t.Helper()
	return templates(t, "testdata/grant", only, edits...)
}

// templates reads the two templates of a folder.
func templates(t *testing.T, dir, only string, edits ...edit) *assembly.Assembly {
	t.Helper()
	var files []assembly.TemplateFile
	for name, account := range map[string]string{"source": "111111111111", "target": "222222222222"} {
		if only != both && only != name {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		changed := string(text)
		for _, e := range edits {
			if e.template != both && e.template != name {
				continue
			}
			if !strings.Contains(changed, e.from) {
				t.Fatalf("found no %q in the template of the %s", e.from, name)
			}
			changed = strings.Replace(changed, e.from, e.to, 1)
		}
		path := filepath.Join(t.TempDir(), name+".yaml")
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: path, Account: account, Region: "eu-west-1", StackName: strings.ToUpper(name[:1]) + name[1:]})
	}
	slices.SortFunc(files, func(a, b assembly.TemplateFile) int { return strings.Compare(a.StackName, b.StackName) })
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(a.Notes, func(n assembly.Note) bool { return n.Place != "Transform" }) {
		t.Fatalf("found notes %v", a.Notes)
	}
	return a
}

// proved is the report on an assembly.
func proved(t *testing.T, a *assembly.Assembly, o Options) *Report {
	t.Helper()
	r, err := Prove(a, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// unproved are the rules with a check that is not proved, with their verdicts, such as "Intent broken".
func unproved(r *Report) []string {
	found := map[string]bool{}
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Verdict != Proved {
			found[fmt.Sprintf("%s %s", c.Rule, c.Verdict)] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// says are all sentences of the findings, and their remedies.
func says(r *Report) string {
	var all []string
	for _, f := range r.Findings() {
		for _, c := range f.Checks {
			all = append(all, policy.Readable(c.Name))
		}
		all = append(append(all, f.Says...), f.Remedy...)
	}
	return policy.Readable(strings.Join(all, "\n"))
}
