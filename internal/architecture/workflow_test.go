package architecture

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The jobs of the workflow share out exactly what `make test` runs.
func TestWorkflowRunsEveryCheck(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	checks := regexp.MustCompile(`(?m)^CHECKS := (.*)\nLONG_CHECKS := (.*)$`).FindSubmatch(makefile)
	if checks == nil {
		t.Fatal("found no CHECKS and LONG_CHECKS in the Makefile")
	}
	document, err := os.ReadFile("../../.github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Strategy struct{ Matrix struct{ Targets []string } }
			Steps    []struct{ Run string }
		}
	}
	if err := yaml.Unmarshal(document, &workflow); err != nil {
		t.Fatal(err)
	}
	job := workflow.Jobs["check"]
	if last := job.Steps[len(job.Steps)-1].Run; last != "make ${{ matrix.targets }}" {
		t.Errorf("found the last step %q, expected make with the matrix's targets", last)
	}
	found := strings.Fields(strings.Join(job.Strategy.Matrix.Targets, " "))
	expected := slices.Concat(strings.Fields(string(checks[1])), strings.Fields(string(checks[2])))
	slices.Sort(found)
	slices.Sort(expected)
	if !slices.Equal(found, expected) {
		t.Errorf("found targets %q, expected %q", found, expected)
	}
}
