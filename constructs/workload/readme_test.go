package workload

import (
	"os"
	"strings"
	"testing"
)

// The README's code is part of the tested examples, and its table has every construct.
func TestReadmeCodeIsTested(t *testing.T) {
	examples, readme := unindented(read(t, "example_test.go")), read(t, "README.md")
	blocks := strings.Split(readme, "```go\n")[1:]
	if len(blocks) != 4 {
		t.Errorf("found %d blocks of code, expected those of 4 sections", len(blocks))
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		if !strings.Contains(examples, unindented(code)) {
			t.Errorf("found code that is in no example:\n%s", code)
		}
	}
	names := constructors(t)
	for _, name := range names {
		if !strings.Contains(readme, "\n| `"+name+"` |") {
			t.Errorf("found no row of %s in the table of constructs", name)
		}
	}
	if rows := strings.Count(readme, "\n| `"); len(names) < 10 || rows != len(names) {
		t.Errorf("found %d constructs and %d rows", len(names), rows)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// unindented returns a text without the white space around its lines.
func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}
