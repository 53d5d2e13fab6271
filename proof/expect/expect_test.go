package expect_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/crossgrant/crossgrant/proof/expect"
)

// schemaRefuses returns why the schema refuses a file; nil if it accepts it.
func schemaRefuses(t *testing.T, text string) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(expect.Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(expect.SchemaFileName, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(expect.SchemaFileName)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if value, err = jsonschema.UnmarshalJSON(bytes.NewReader(asJSON)); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestParse(t *testing.T) {
	const text = `$schema: expect.schema.json
version: 1
expect:
  - {principal: [a, b], action: "s3:Get*", resource: [r, s], result: allowed}
  - principal: c
    action: ["sqs:SendMessage"]
    resource: q
    result: denied
    from: outside
    assuming: d
    because: nobody sends
    context: {"aws:SecureTransport": false, "s3:prefix": [x, "y"], "s3:max-keys": 5}
`
	wanted := []expect.Request{
		{Principal: "a", Action: "s3:Get*", Resource: "r", Allowed: true, Place: "f.yaml:4"}, {Principal: "a", Action: "s3:Get*", Resource: "s", Allowed: true, Place: "f.yaml:4"},
		{Principal: "b", Action: "s3:Get*", Resource: "r", Allowed: true, Place: "f.yaml:4"}, {Principal: "b", Action: "s3:Get*", Resource: "s", Allowed: true, Place: "f.yaml:4"},
		{Principal: "c", Action: "sqs:SendMessage", Resource: "q", From: "outside", Assuming: "d", Because: "nobody sends", Place: "f.yaml:5",
			Context: map[string][]string{"aws:SecureTransport": {"false"}, "s3:prefix": {"x", "y"}, "s3:max-keys": {"5"}}},
	}
	found, err := expect.Parse("f.yaml", []byte(text))
	if diff := cmp.Diff(wanted, found); err != nil || diff != "" {
		t.Errorf("found %v, and (-expected +found)\n%s", err, diff)
	}
	if err := schemaRefuses(t, text); err != nil {
		t.Error(err)
	}
	asJSON := `{"version": 1, "expect": [{"principal": "a", "action": "s3:GetObject", "resource": "r", "result": "denied"}]}`
	if found, err := expect.Parse("f.json", []byte(asJSON)); err != nil || len(found) != 1 || found[0].Allowed || found[0].Place != "f.json:1" {
		t.Errorf("found %v, %v", found, err)
	}
}

// What the parser refuses, the schema refuses, too.
func TestBadFiles(t *testing.T) {
	entry := func(fields string) string { return "version: 1\nexpect:\n  - {" + fields + "}\n" }
	const rest = "principal: a, action: \"s3:GetObject\", resource: r"
	for text, wanted := range map[string]string{
		"[]":                                         `f:1: found "a list", expected an object with $schema, expect, version`,
		"version: 1":                                 `f:1: found "no expect", expected it in this object`,
		"version: 2\nexpect: []":                     `f:1: found "2", expected the number 1, the version of the format that this version of crossgrant reads`,
		"version: 1\nexpect: {}":                     `f:2: found "an object", expected a list of objects`,
		"version: 1\nexpect: []\nexpected: []":       `f:3: found "expected", expected one of $schema, expect, version`,
		entry(rest):                                  `f:3: found "no result", expected it in this object`,
		entry(rest + ", result: perhaps"):            `f:3: found "perhaps", expected allowed or denied`,
		entry(rest + ", result: true"):               `f:3: found "true", expected allowed or denied`,
		entry(rest + ", result: denied, becuase: x"): `f:3: found "becuase", expected one of action, assuming, because, context, from, principal, resource, result`,
		entry("principal: a, action: GetObject, resource: r, result: denied"): `f:3: found "GetObject", expected an action with its service`,
		entry("principal: a, action: [], resource: r, result: denied"):        `f:3: found "an empty list", expected an action`,
		entry("principal: {}, action: \"s3:x\", resource: r, result: denied"): `f:3: found "an object", expected a principal`,
		entry("action: \"s3:x\", resource: r, result: denied"):                `f:3: found "no principal", expected it in this object`,
		entry(rest + ", result: denied, context: [a]"):                        `f:3: found "a list", expected an object with condition keys`,
		entry(rest + ", result: denied, context: {a: {}}"):                    `f:3: found "an object", expected the value of a condition key`,
	} {
		if found, err := expect.Parse("f", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), wanted) {
			t.Errorf("%s\nfound %v and %v, expected %s", text, found, err, wanted)
		}
		if schemaRefuses(t, text) == nil {
			t.Errorf("the schema accepts\n%s", text)
		}
	}
	for text, wanted := range map[string]string{"": "f: found nothing", "a: [": "f: found no YAML", entry(rest + ", result: denied, result: denied"): "twice"} {
		if found, err := expect.Parse("f", []byte(text)); err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%q: found %v and %v, expected %s", text, found, err, wanted)
		}
	}
}

func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "expect.yaml")
	for text, wanted := range map[string]string{
		"version: 1\nexpect: []\n":            "",
		"version: 3\nexpect: []\n":            "read what is expected: expect.yaml:1: found \"3\"",
		strings.Repeat(" ", expect.MaxSize+1): "found more than 1048576 bytes",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := expect.Read(file); (err == nil) != (wanted == "") || err != nil && !strings.Contains(err.Error(), wanted) {
			t.Errorf("found %v, expected %q", err, wanted)
		}
	}
	if _, err := expect.Read(file + "-nowhere"); err == nil {
		t.Error("found no error for a file that is not there")
	}
}
