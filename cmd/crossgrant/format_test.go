package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checkOutput compares what a command wrote as JSON with docs/output.schema.json.
func checkOutput(t *testing.T, text string) {
	t.Helper()
	schema, err := os.ReadFile("../../docs/output.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("output.schema.json", document); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if err := compiler.MustCompile("output.schema.json").Validate(value); err != nil {
		t.Errorf("%#v", err)
	}
	if version, command := strings.Index(text, `"version"`), strings.Index(text, `"findings": [`); version != 4 || command < 0 || command > 600 {
		t.Errorf("found the version at %d and the findings at %d, expected them first", version, command)
	}
}

// Whatever the verdict is, each format says it, at the line of the template, and ends with the same exit code.
func TestProveFormats(t *testing.T) {
	whole := houseAssembly(t)
	broken := houseAssembly(t, `Sid: Objects, Effect: Allow, Action: "s3:GetObject"`, `Sid: Objects, Effect: Allow, Action: "s3:*"`)
	undecided := houseAssembly(t, "      Policies:\n        - PolicyName: read", "      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/NeverHeardOf\"]\n      Policies:\n        - PolicyName: read")
	empty := houseAssembly(t, "CrossGrant::", "Other::")
	for name, c := range map[string]struct {
		dir  string
		code int
		want map[string]string
	}{
		"proved": {whole, 0, map[string]string{"json": `"verdict": "proved"`, "junit": ` failures="0" errors="0">`}},
		"broken": {broken, 1, map[string]string{"json": `"id": "OverGrant-Objects-`, "sarif": `"startLine": 36`, "junit": ` failures="9" errors="0">`, "markdown": "- at target/Role (`target.yaml:36`)",
			"github": "::error file=target.yaml,line=36,title=crossgrant broken OverGrant::statement Objects of the inline policy read"}},
		"undecided":        {undecided, 3, map[string]string{"json": `"level": "warning"`, "github": "::warning file=target.yaml,line=36,title=crossgrant undecided "}},
		"nothing declared": {empty, 4, map[string]string{"json": `"checks": []`, "junit": `tests="1" failures="0" errors="1"`}},
	} {
		for format, want := range c.want {
			t.Run(name+" as "+format, func(t *testing.T) {
				out, problems, code := run(t, c.dir, "prove", "--assembly", ".", "--format", format)
				if code != c.code || problems != "" || !strings.Contains(out, want) {
					t.Errorf("found exit %d, expected %d, %s, and no %s in\n%s", code, c.code, problems, want, out)
				}
				if strings.Contains(out, "\x00") || strings.Contains(out, `\u0000`) {
					t.Error("found the character NUL")
				}
				if format == "json" {
					checkOutput(t, out)
				}
			})
		}
	}
}

// A finding is the same one when the template's lines move, when the files are elsewhere, and beside other findings.
func TestFindingsKeepTheirIDs(t *testing.T) {
	ids := func(changes ...string) (found []string) {
		out, problems, _ := run(t, houseAssembly(t, changes...), "prove", "--assembly", ".", "--json")
		var report struct{ Findings []struct{ ID string } }
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatalf("%v, %s", err, problems)
		}
		for _, f := range report.Findings {
			found = append(found, f.ID)
		}
		return found
	}
	all := []string{`Sid: Objects, Effect: Allow, Action: "s3:GetObject"`, `Sid: Objects, Effect: Allow, Action: "s3:*"`}
	first := ids(all...)
	moved := ids(append(all, "Resources:\n", "Resources:\n\n\n  Another: {Type: AWS::S3::Bucket}\n")...)
	other := ids(`Sid: Objects, Effect: Allow, Action: "s3:GetObject"`, `Sid: Objects, Effect: Allow, Action: ["s3:GetObject", "s3:PutObject"]`)
	over := func(of []string) string {
		for _, id := range of {
			if strings.HasPrefix(id, "OverGrant-Objects-") {
				return id
			}
		}
		return ""
	}
	if over(first) == "" || over(first) != over(moved) || len(first) != len(moved) || over(other) == "" || over(other) == over(first) {
		t.Errorf("found %q,\n%q, and of another statement %q", first, moved, other)
	}
}

func TestFormatThatIsRefused(t *testing.T) {
	dir := houseAssembly(t)
	for want, args := range map[string][]string{
		`--format: found "xml", expected one of ["text" "json" "sarif" "junit" "markdown" "github"]`: {"--format", "xml"},
		"found --json and --format sarif, expected one of them":                                      {"--json", "--format", "sarif"},
	} {
		if out, problems, code := run(t, dir, append([]string{"prove", "--assembly", "."}, args...)...); code != 2 || out != "" || problems != "crossgrant: prove: "+want+"\n" {
			t.Errorf("found exit %d, %s%s", code, problems, out)
		}
	}
}

// Files are named as they are in the repository, or wholly if they are outside of it.
func TestPlacesOfFiles(t *testing.T) {
	dir := houseAssembly(t, `Sid: Objects, Effect: Allow, Action: "s3:GetObject"`, `Sid: Objects, Effect: Allow, Action: "s3:*"`)
	for want, in := range map[string]string{
		"file=" + filepath.Base(dir) + "/target.yaml,line=36,": filepath.Dir(dir),
		"file=" + dir + "/target.yaml,line=36,":                t.TempDir(),
	} {
		if out, _, _ := run(t, in, "prove", "--assembly", dir, "--format", "github"); !strings.Contains(out, want) {
			t.Errorf("found %.300s, expected %s", out, want)
		}
	}
}
