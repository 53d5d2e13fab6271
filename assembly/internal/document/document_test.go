package document_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
)

// The same template in both formats is the same document.
func TestReadTemplate(t *testing.T) {
	want := map[string]any{"Resources": map[string]any{"B": map[string]any{
		"Type": "AWS::S3::Bucket", "Properties": map[string]any{"BucketName": &document.Call{Name: "Fn::Sub", Argument: "${A}-b"}, "Days": json.Number("7")},
	}}}
	const inJSON = `{"Resources":{"B":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":{"Fn::Sub":"${A}-b"},"Days":7}}}}`
	const inYAML = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: !Sub '${A}-b', Days: 7}\n"
	for name, text := range map[string]string{"t.json": inJSON, "t.template": inJSON, "T.JSON": inJSON, "t.yaml": inYAML, "t.yml": inYAML, "t": inYAML, "flow.yaml": inJSON} {
		found, _, err := document.ReadTemplate(name, text)
		if err != nil || !reflect.DeepEqual(found, want) {
			t.Errorf("%s: found %v and error %v, expected %v", name, found, err, want)
		}
	}
	if _, _, err := document.ReadTemplate("t.json", inYAML); err == nil || err.Error() != "line 1, column 1: found 'R', expected a value" {
		t.Errorf("found %v, expected YAML to be refused in a .json file", err)
	}
}

func TestAsWritten(t *testing.T) {
	const text = `{"A":{"Fn::Join":["",[{"Ref":"B"},"c"]]},"Fn::ForEach::L":["X",["a"],{}]}`
	read, err := document.ReadJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := json.Marshal(document.AsWritten(read)); err != nil || string(found) != text {
		t.Errorf("found %s and error %v, expected %s", found, err, text)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		value any
		text  string
		ok    bool
	}{{"a", "a", true}, {json.Number("1.50"), "1.50", true}, {true, "true", true}, {nil, "", false}, {[]any{"a"}, "", false}, {map[string]any{}, "", false}} {
		if found, ok := document.Text(c.value); found != c.text || ok != c.ok {
			t.Errorf("%v: found %q, %t, expected %q, %t", c.value, found, ok, c.text, c.ok)
		}
	}
}

// A million values are the most that a document may have.
func TestBudget(t *testing.T) {
	var b document.Budget
	if err := b.TakeMany(1_000_000); err != nil {
		t.Fatal(err)
	}
	if err := b.Take(); err == nil || !strings.HasPrefix(err.Error(), "found more than 1000000 values") {
		t.Errorf("found %v, expected an error", err)
	}
}

func TestFunctionIn(t *testing.T) {
	for want, object := range map[string]map[string]any{
		"":      {"A": 1, "Ref": "x"},
		"Fn::A": {"Fn::B": 1, "Fn::A": 2, "C": 3},
	} {
		if found := document.FunctionIn(object); found != want {
			t.Errorf("%v: found %q, expected %q", object, found, want)
		}
	}
}
