package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "r.html")
	for _, c := range []struct {
		text     string
		err      error
		expected string
	}{{"first", nil, "first"}, {"half of the sec", errors.New("no more"), "first"}, {"third", nil, "third"}} {
		err := writeFile(name, func(w io.Writer) error {
			_, err := io.WriteString(w, c.text)
			return errors.Join(err, c.err)
		})
		if !errors.Is(err, c.err) {
			t.Errorf("found %v, expected %v", err, c.err)
		}
		if text, err := os.ReadFile(name); err != nil || string(text) != c.expected {
			t.Errorf("found %q, %v, expected %q", text, err, c.expected)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("found %v, %v, expected one file", files, err)
	}
}
