package model

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// edit is a change of a template: of each place where a text stands.
type edit struct{ from, to string }

// read is the model of a template of account 111111111111 in eu-west-1, with changes.
func read(t *testing.T, template string, edits ...edit) *Model {
	t.Helper()
	for _, e := range edits {
		if !strings.Contains(template, e.from) {
			t.Fatalf("found no %q in the template", e.from)
		}
		template = strings.ReplaceAll(template, e.from, e.to)
	}
	path := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(path, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: path, Account: "111111111111", Region: "eu-west-1", StackName: "S"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// faults are all faults of what is declared, one a line: what it is about, what was found, and the remedy.
func faults(m *Model) string {
	var all []string
	for i := range m.Declared {
		for _, f := range m.Declared[i].Faults {
			kind := "broken"
			if f.Unknown {
				kind = "unknown"
			}
			all = append(all, fmt.Sprintf("%s %s: %s; %s", kind, policy.Readable(m.Declared[i].Name), f.Says, f.Remedy))
		}
	}
	return strings.Join(all, "\n")
}

// requests are the connections of what is declared, one a line.
func requests(m *Model) string {
	var all []string
	for i := range m.Declared {
		for _, one := range m.Declared[i].Connections {
			line := one.Caller + " " + one.Action + " " + policy.Readable(one.Resource)
			if source := one.Context["aws:SourceArn"]; source != nil {
				line += " for " + source[0]
			}
			if one.Deputy {
				line += ", deputy"
			}
			if one.Implied {
				line += ", implied"
			}
			all = append(all, line)
		}
	}
	return policy.Readable(strings.Join(all, "\n"))
}
