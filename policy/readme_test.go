package policy

import (
	"os"
	"strings"
	"testing"
)

// The README's Go code, and what it says that this explains, are those of ExampleEvaluate, which is run.
func TestREADMEShowsTheExample(t *testing.T) {
	texts := map[string]string{"README.md": "", "evaluate_test.go": ""}
	for name := range texts {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(b)
	}
	example := strings.ReplaceAll(texts["evaluate_test.go"], "\t// denied", "denied")
	_, rest, _ := strings.Cut(texts["README.md"], "```go\n")
	code, rest, _ := strings.Cut(rest, "```\n")
	_, rest, _ = strings.Cut(rest, "```\n")
	said, _, found := strings.Cut(rest, "```\n")
	if !found || !strings.Contains(example, strings.ReplaceAll(code, "policy.", "")) || !strings.Contains(example, said) {
		t.Errorf("the README shows, without being run:\n%s%s", code, said)
	}
}
