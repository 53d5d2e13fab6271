package assembly_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

func TestApply(t *testing.T) {
	const template = `{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"Doc":{"Statement":[{"Sid":"A"},{"Sid":"B"},{"Sid":"C"}]},"One":{"Statement":{"Sid":"A"}}}},"Other":{"Type":"T"}}}`
	stack := &assembly.Stack{DisplayName: "Target"}
	change := func(e assembly.Edit, value any, id string, path ...any) assembly.Change {
		return assembly.Change{Edit: e, Stack: stack, LogicalID: id, Path: path, Value: value}
	}
	statement := func(i int) []any { return []any{"Properties", "Doc", "Statement", i} }
	for name, c := range map[string]struct {
		changes []assembly.Change
		want    string // in the changed template, or in the error
	}{
		"set":                     {[]assembly.Change{change(assembly.SetValue, "X", "Role", append(statement(1), "Sid")...)}, `[{"Sid":"A"},{"Sid":"X"},{"Sid":"C"}]`},
		"set what is not there":   {[]assembly.Change{change(assembly.SetValue, true, "Other", "Properties", "A", "B")}, `"Other":{"Properties":{"A":{"B":true}},"Type":"T"}`},
		"append":                  {[]assembly.Change{change(assembly.AppendItem, "X", "Role", "Properties", "Doc", "Statement")}, `{"Sid":"C"},"X"]`},
		"append to one item":      {[]assembly.Change{change(assembly.AppendItem, "X", "Role", "Properties", "One", "Statement")}, `"One":{"Statement":[{"Sid":"A"},"X"]}`},
		"append to nothing":       {[]assembly.Change{change(assembly.AppendItem, "X", "Other", "Properties", "L")}, `"L":["X"]`},
		"set in one item":         {[]assembly.Change{change(assembly.SetValue, "X", "Role", "Properties", "One", "Statement", 0, "Sid")}, `"One":{"Statement":{"Sid":"X"}}`},
		"remove a property":       {[]assembly.Change{change(assembly.RemoveValue, nil, "Role", "Properties", "One")}, `"C"}]}},"Type"`},
		"remove a resource":       {[]assembly.Change{change(assembly.RemoveValue, nil, "Role")}, `{"Resources":{"Other":{"Type":"T"}}}`},
		"create a resource":       {[]assembly.Change{change(assembly.SetValue, map[string]any{"Type": "N"}, "New")}, `"New":{"Type":"N"}`},
		"indexes as they were":    {[]assembly.Change{change(assembly.RemoveValue, nil, "Role", statement(0)...), change(assembly.RemoveValue, nil, "Role", statement(2)...), change(assembly.SetValue, "X", "Role", append(statement(1), "Sid")...)}, `"Doc":{"Statement":[{"Sid":"X"}]}`},
		"an index that is not":    {[]assembly.Change{change(assembly.SetValue, "X", "Role", statement(3)...)}, "set Properties.Doc.Statement.3 of Role in stack Target: found 3 items, expected one of index 3"},
		"a text, where an object": {[]assembly.Change{change(assembly.SetValue, "X", "Other", "Type", "A")}, "found no object at A"},
	} {
		t.Run(name, func(t *testing.T) {
			var root any
			if err := json.Unmarshal([]byte(template), &root); err != nil {
				t.Fatal(err)
			}
			changed, err := assembly.Apply(root, c.changes)
			text, _ := json.Marshal(changed)
			if err != nil {
				text = []byte(err.Error())
			}
			if !strings.Contains(string(text), c.want) {
				t.Errorf("found %s, expected %s in it", text, c.want)
			}
			if before, _ := json.Marshal(root); len(before) != len(template) {
				t.Errorf("found the given template changed: %s", before)
			}
		})
	}
}

// What AWS generates at deployment is written with the function that has it.
func TestWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.yaml")
	if err := os.WriteFile(file, []byte("Resources:\n  Bucket: {Type: AWS::S3::Bucket}\n  Key: {Type: AWS::KMS::Key}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, StackName: "S", Account: "111111111111", Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	s := a.Stacks[0]
	bucket, key := s.Resources[0], s.Resources[1]
	for want, value := range map[string]any{
		`"known"`:                             "known",
		`{"Ref":"Bucket"}`:                    bucket.Ref,
		`{"Fn::GetAtt":["Bucket","Arn"]}`:     bucket.ARN,
		`{"Fn::GetAtt":["Key","Arn"]}`:        key.ARN,
		`{"Fn::GetAtt":["Bucket","Website"]}`: policy.Unresolved("S.Bucket.Website"),
		`{"Fn::Join":["",["arn:aws:s3:::",{"Ref":"Bucket"},"/in/*"]]}`: bucket.ARN + "/in/*",
		`{"A":[{"Ref":"Bucket"}],"B":true}`:                            map[string]any{"A": []any{bucket.Ref}, "B": true},
	} {
		written, ok := s.Written(value)
		if text, _ := json.Marshal(written); !ok || string(text) != want {
			t.Errorf("%q: found %v %s, expected %s", value, ok, text, want)
		}
	}
	for _, unknown := range []any{policy.Unresolved("Other.Bucket"), policy.Unresolved("S.Missing"), []string{policy.Unresolved("x")}, map[string]any{policy.Unresolved("S.Bucket"): ""}} {
		if written, ok := s.Written(unknown); ok {
			t.Errorf("%q: found %v, expected nothing: another template has it", unknown, written)
		}
	}
}
