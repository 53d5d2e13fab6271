package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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

	command := exec.Command("go", "run", "-mod=mod", ".")
	command.Dir = dir
	command.Env = append(os.Environ(), "CDK_VALIDATION=false", "CDK_OUTDIR="+filepath.Join(dir, "cdk.out"))
	if printed, err := command.CombinedOutput(); err != nil {
		t.Fatalf("run the program: %v\n%s", err, printed)
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

// The README's table has every key of cdk.json that is ours, and the example of the package is the README's program.
func TestReadmeIsComplete(t *testing.T) {
	readme, config := file(t, "README.md"), file(t, "stacks/config_read.go")
	for _, part := range strings.Split(config, `("`)[1:] {
		if key, call, _ := strings.Cut(part, `", `); strings.HasPrefix(call, "required") || strings.HasPrefix(call, "optional") || strings.HasPrefix(call, "matching") {
			if !strings.Contains(readme, "| `"+key+"` |") {
				t.Errorf("found no row for key %s", key)
			}
		}
	}
	example := strings.Join(strings.Fields(file(t, "constructs/crossaccount/example_test.go")), " ")
	for _, statement := range []string{"reader := awsiam.NewRole(", "crossaccount.NewCrossAccountGrant("} {
		_, text, _ := strings.Cut(readme, statement)
		text, _, _ = strings.Cut(text, "\n\t})\n")
		if text = strings.Join(strings.Fields(text), " "); text == "" || !strings.Contains(example, text) {
			t.Errorf("found no %q in the example of crossaccount as the README has it", statement+text)
		}
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
