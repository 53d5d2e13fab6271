package assembly

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// A resource begins at the line of its logical ID, whatever form the template has. Keys of the same name elsewhere are no resources.
func TestResourceLines(t *testing.T) {
	const inJSON = `{
  "Parameters": {"Resources": {"Default": {"Type": "String"}}},
  "Resources": {

    "Bucket": {
      "Type": "AWS::S3::Bucket",
      "Properties": {"Resources": {"Inner": 1}}
    }, "Topic": {"Type": "AWS::SNS::Topic"},
    "Queue": {"Type": "AWS::SQS::Queue"}
  },
  "Outputs": {"Last": {"Value": "x"}}
}`
	const inYAML = `# a comment
Parameters: {Name: {Type: String}}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Ref Name}

  Topic: {Type: AWS::SNS::Topic}
`
	for name, c := range map[string]struct {
		text string
		want map[string]int
	}{
		"t.json":       {inJSON, map[string]int{"Bucket": 5, "Topic": 8, "Queue": 9}},
		"mark.json":    {"\ufeff" + inJSON, map[string]int{"Bucket": 5, "Topic": 8, "Queue": 9}},
		"t.yaml":       {inYAML, map[string]int{"Bucket": 4, "Topic": 8}},
		"t.template":   {inYAML, map[string]int{"Bucket": 4, "Topic": 8}},
		"json.yaml":    {inJSON, map[string]int{"Bucket": 5, "Topic": 8, "Queue": 9}},
		"flow.yaml":    {"{Resources: {A: {Type: x},\nB: {Type: y}}}", map[string]int{"A": 1, "B": 2}},
		"nothing.json": {"", nil},
		"half.json":    {`{"Resources": {"A": `, nil},
		"list.yaml":    {"[1]", map[string]int{}},
		"odd.yaml":     {"Resources: [1]", map[string]int{}},
	} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if found := ResourceLines(file); !maps.Equal(found, c.want) {
			t.Errorf("%s: found %v, expected %v", name, found, c.want)
		}
	}
	if found := ResourceLines("none.json"); len(found) != 0 {
		t.Errorf("found %v in no file", found)
	}
}
