package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/api"
	"github.com/crossgrant/crossgrant/proof"
)

// The program of the README, in a module of its own, gives the grant that the README says.
func TestReadmeProgramInAnotherModule(t *testing.T) {
	_, program, found := strings.Cut(file(t, "README.md"), "```go\n")
	if !found {
		t.Fatal("found no program in the README")
	}
	program, _, _ = strings.Cut(program, "```")
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), program)
	requires, _, _ := strings.Cut(file(t, "go.mod"), "toolchain")
	_, versions, _ := strings.Cut(file(t, "go.mod"), "require (")
	requires = strings.Replace(requires, "module github.com/crossgrant/crossgrant", "module example.com/reports", 1)
	write(t, filepath.Join(dir, "go.mod"), requires+"require (\n\tgithub.com/crossgrant/crossgrant v0.0.0\n"+versions+
		"\nreplace github.com/crossgrant/crossgrant => "+here+"\n")
	write(t, filepath.Join(dir, "go.sum"), file(t, "go.sum"))

	args := []string{"run", "-mod=mod", "."}
	if testing.Short() { // for which nothing is compiled again
		useRepository(t, dir, here)
		args = []string{"run", "."}
	}
	command := exec.Command("go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "CDK_VALIDATION=false", "CDK_OUTDIR="+filepath.Join(dir, "cdk.out"))
	if printed, err := command.CombinedOutput(); err != nil {
		t.Fatalf("run the program: %v\n%s", err, printed)
	}
	app, err := assembly.Load(filepath.Join(dir, "cdk.out"), assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if report, err := proof.Prove(app, proof.Options{}); err != nil || report.Verdict() != proof.Proved || len(report.Grants) != 1 {
		t.Errorf("found %v, %v, expected the one grant proved", report.JSON(), err)
	}
	for name, expected := range map[string][]string{
		"Reports.template.json": {`"sts:AssumeRole"`, `:iam::222222222222:role/reports-prod-ap-northeast-1"`},
		"Lake.template.json":    {`"RoleName": "reports-prod-ap-northeast-1"`, `"reports/*"`, `:iam::111111111111:role/reports-reader"`},
	} {
		template := file(t, filepath.Join(dir, "cdk.out", name))
		for _, text := range expected {
			if !strings.Contains(template, text) {
				t.Errorf("%s: found no %s", name, text)
			}
		}
	}
}

// The README is what a newcomer reads first: it stays short, its example is that of the package, and what it links to is there.
func TestReadme(t *testing.T) {
	readme := file(t, "README.md")
	if lines := strings.Count(readme, "\n"); lines > 200 {
		t.Errorf("found %d lines, expected at most 200", lines)
	}
	example := strings.Join(strings.Fields(file(t, "constructs/crossaccount/example_test.go")), " ")
	_, program, _ := strings.Cut(readme, "```go\n")
	for _, statement := range []string{"reader := awsiam.NewRole(", "lake := awss3.NewBucket(", "crossaccount.NewCrossAccountGrant("} {
		_, text, _ := strings.Cut(program, statement)
		text, _, _ = strings.Cut(text, "\n\t})\n")
		if text = strings.Join(strings.Fields(text), " "); text == "" || !strings.Contains(example, text) {
			t.Errorf("found no %q in the example of crossaccount as the README has it", statement+text)
		}
	}
}

// Each link of a document to a file, and to a heading of its own, leads somewhere.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	documents, err := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md").Output()
	if err != nil {
		t.Fatal(err)
	}
	for document := range strings.Lines(string(documents)) {
		document = strings.TrimSpace(document)
		if _, err := os.Stat(document); err != nil {
			continue // deleted, not committed yet
		}
		text := file(t, document)
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, heading, _ := strings.Cut(match[1], "#")
			switch {
			case strings.Contains(target, "://"):
			case target == "":
				if !strings.Contains(strings.ToLower(text), "\n## "+strings.ReplaceAll(heading, "-", " ")+"\n") {
					t.Errorf("%s: found no heading for %s", document, match[1])
				}
			default:
				if _, err := os.Stat(filepath.Join(filepath.Dir(document), target)); err != nil {
					t.Errorf("%s: found a link to %s: %v", document, match[1], err)
				}
			}
		}
	}
}

// Each setting, workload and function has a row in its table.
func TestDocumentsAreComplete(t *testing.T) {
	config := file(t, "stacks/config_read.go")
	var settings []string
	for _, read := range regexp.MustCompile(`r\.(?:text|list|listOrNone|number|numberOr|flag)\("(\w+)"`).FindAllStringSubmatch(config, -1) {
		settings = append(settings, read[1])
	}
	if err := api.Check("api/settings.txt", settings, *update); err != nil {
		t.Error(err)
	}
	functions, err := filepath.Glob("lambda/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range functions {
		functions[i] = filepath.Base(filepath.Dir(path))
	}
	workloads := []string{"list", "scan", "copy", "trail", "instance", "events"}
	for document, rows := range map[string][]string{
		"docs/configuration.md": settings, "docs/workloads.md": workloads, "docs/costs.md": workloads, "docs/functions.md": functions,
		"docs/commands.md": {"prove", "explain", "access", "check", "report", "facts", "contract diff", "diff", "decide", "exec-policy", "changeset", "sandbox", "version", "completion", "man"},
	} {
		if len(rows) < 4 {
			t.Errorf("%s: found %d rows to look for, expected more", document, len(rows))
		}
		text := file(t, document)
		for _, row := range rows {
			if strings.Count(text, "\n| `"+row+"` |") != 1 {
				t.Errorf("%s: expected one row for %s", document, row)
			}
		}
	}
	if _, list, _ := strings.Cut(file(t, "docs/configuration.md"), "| `workloads` | "); !strings.HasPrefix(list, "what is deployed, each with the data that it reaches: of `"+strings.Join(workloads, "`, `")+"`") {
		t.Errorf("docs/configuration.md: found workloads %.120q, expected %q", list, workloads)
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
