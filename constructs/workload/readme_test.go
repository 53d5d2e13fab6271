package workload_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var constructor = regexp.MustCompile(`(?m)^func New(\w+)\(scope constructs\.Construct`)

// The README's code is part of the examples, which are run; its table has every construct.
func TestReadmeIsOfTheExamples(t *testing.T) {
	examples, readme := unindented(read(t, "example_test.go")), read(t, "README.md")
	blocks := strings.Split(readme, "```go\n")[1:]
	if len(blocks) != 4 {
		t.Errorf("found %d blocks of code, expected those of 4 sections", len(blocks))
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		if !strings.Contains(examples, unindented(code)) {
			t.Errorf("found code that no example has:\n%s", code)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		for _, match := range constructor.FindAllStringSubmatch(read(t, file), -1) {
			found++
			if !strings.Contains(readme, "\n| `"+match[1]+"` |") {
				t.Errorf("found no row of %s in the table of constructs", match[1])
			}
		}
	}
	if rows := strings.Count(readme, "\n| `"); found < 10 || rows != found {
		t.Errorf("found %d constructs and %d rows", found, rows)
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

// unindented returns a text whose lines have no space around them.
func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}
