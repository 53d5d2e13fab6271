package api

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.txt")
	if err := Check(file, []string{"b", "a", "b"}, true); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "a\nb\n" {
		t.Errorf("found %q, %v, expected a sorted list", text, err)
	}
	for name, c := range map[string]struct {
		found    []string
		expected string // "" for none
	}{
		"the same":    {[]string{"b", "a"}, ""},
		"one more":    {[]string{"a", "b", "c"}, ""},
		"one less":    {[]string{"b"}, "found 1 lines that are no longer true"},
		"one changed": {[]string{"a", "b, and more"}, "-update:\nb"},
	} {
		if err := Check(file, c.found, false); (err == nil) != (c.expected == "") || err != nil && !strings.Contains(err.Error(), c.expected) {
			t.Errorf("%s: found %v, expected %q", name, err, c.expected)
		}
	}
	if err := Check(filepath.Join(t.TempDir(), "none"), nil, false); err == nil {
		t.Error("found no error without a file")
	}
}
