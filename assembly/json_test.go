package assembly_test

import (
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

// https://www.rfc-editor.org/rfc/rfc8259
func TestValuesOfJSON(t *testing.T) {
	for written, expected := range map[string]string{
		`"a\"\\\/\b\f\n\r\t"`: `"a\"\\/\b\f\n\r\t"`, `"\u00e9\u65e5"`: `"é日"`, `"\ud83d\ude00"`: `"😀"`, `"\ud83d x"`: `"� x"`, `"\ud83d\u0041"`: `"�A"`, `"\ud83d"`: `"�"`,
		`0`: `0`, `-0.5E+10`: `-0.5E+10`, `12345678901234567890.10`: `12345678901234567890.10`, `true`: `true`, `false`: `false`, `null`: `null`,
		`[ ]`: `[]`, `{ }`: `{}`, "[ 1 ,\r\n\t2 ]": `[1,2]`, `{ "a" : { "Ref" : "AWS::Region" } }`: `{"a":"us-west-2"}`, `{"Ref":{"a":1}}`: `{"Ref":{"a":1}}`,
		`"{{resolve:ssm:"`: `"{{resolve:ssm:"`,
	} {
		dir := t.TempDir()
		write(t, dir, "t", ` {"Resources":{"X":{"Type":"Custom::X","Properties":{"V":`+written+"}}}}\n")
		a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/t", Region: "us-west-2", StackName: "S"})
		if err != nil {
			t.Errorf("%s: %v", written, err)
		} else if found := show(resource(t, a, "X").Properties["V"]); found != expected {
			t.Errorf("%s: found %s, expected %s", written, found, expected)
		}
	}
}
