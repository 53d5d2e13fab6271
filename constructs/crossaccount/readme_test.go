package crossaccount_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

// The README's code is part of the examples, which are run; its tables have every permission and every field of a perimeter.
func TestReadmeIsOfTheExamples(t *testing.T) {
	files, err := filepath.Glob("example_*test.go")
	if err != nil {
		t.Fatal(err)
	}
	var examples strings.Builder
	for _, file := range files {
		examples.WriteString(unindented(read(t, file)))
	}
	readme := read(t, "README.md")
	blocks := strings.Split(readme, "```go\n")[1:]
	if len(blocks) < 5 {
		t.Fatalf("found %d blocks of code, expected those of the sections", len(blocks))
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		if !strings.Contains(examples.String(), unindented(code)) {
			t.Errorf("found code that no example has:\n%s", code)
		}
	}
	for permission := range matrixPermissions {
		if !strings.Contains(readme, "`"+permission+"(") {
			t.Errorf("found no %s in the table of permissions", permission)
		}
	}
	for _, around := range matrixPerimeters[1:5] {
		field, _, _ := strings.Cut(around.name, " ")
		key := perimeterKey(t, around.perimeter)
		if !strings.Contains(readme, "| `"+field+"` | `"+key+"`") {
			t.Errorf("found no row of %s with %s", field, key)
		}
	}
}

// perimeterKey returns the condition key of a perimeter, from the contract of a grant.
func perimeterKey(t *testing.T, p crossaccount.Perimeter) string {
	t.Helper()
	a := twoAccounts(t)
	g := crossaccount.NewTargetGrant(a.target, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(crossaccount.RoleByName("111111111111", "reader")), Perimeter: p,
		Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, nil))},
	})
	return g.Contract().Perimeter.Key
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// unindented returns a text without the space around its lines.
func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}
