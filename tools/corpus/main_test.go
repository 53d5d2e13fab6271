package main

import (
	"bytes"
	"strings"
	"testing"
)

// An open queue is found, a template that is no JSON is refused, and what is no template is none.
func TestCorpus(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-each", "testdata"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, expected := range []string{
		"cut.json: refused: ", "open.yaml: PublicAccess: ", "read: 1 of 2 (50.0 %)\n", "without an account: 1 of 1 (100.0 %)\n",
		"check finds something in: 1 of 1 (100.0 %)\n", "\nPublicAccess              1          0\n",
	} {
		if !strings.Contains(out.String(), expected) {
			t.Errorf("found no %q in\n%s", expected, out.String())
		}
	}
	if err := run([]string{t.TempDir()}, &out); err == nil || !strings.Contains(err.Error(), "found no template and no assembly") {
		t.Errorf("found %v", err)
	}
}

func TestRepositories(t *testing.T) {
	for line := range strings.Lines(repositories) {
		if name, commit, _ := strings.Cut(strings.TrimSpace(line), " "); strings.Count(name, "/") != 1 || len(commit) != 40 {
			t.Errorf("found %q, expected OWNER/NAME and a commit", line)
		}
	}
}
