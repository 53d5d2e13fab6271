package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof/expect"
)

const goldenFormats = "../../api/formats.txt"

// TestFormats compares the shape of each format, as its schema has it, with api/formats.txt.
func TestFormats(t *testing.T) {
	var all []string
	for _, name := range []string{"contract/contract.schema.json", "assembly/facts/facts.schema.json", "proof/expect/expect.schema.json", "docs/output.schema.json"} {
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		var schema map[string]any
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		shape(strings.TrimSuffix(filepath.Base(name), ".schema.json"), schema, &all)
	}
	if err := Check(goldenFormats, all, *update); err != nil {
		t.Error(err)
	}
}

// shape lists a schema, a line for each value. What is required of an object is in its line, since one field more is a break of what others write.
func shape(path string, schema map[string]any, all *[]string) {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if kind, ok := schema["type"]; ok {
		add("%v", kind)
	}
	if value, ok := schema["const"]; ok {
		add("always %v", value)
	}
	if reference, ok := schema["$ref"]; ok {
		add("%v", reference)
	}
	if names, ok := schema["required"].([]any); ok {
		add("requires %v", names)
	}
	if schema["additionalProperties"] == false {
		add("has no others")
	}
	if len(parts) > 0 {
		*all = append(*all, path+": "+strings.Join(parts, ", "))
	}
	if values, ok := schema["enum"].([]any); ok {
		for _, v := range values {
			*all = append(*all, fmt.Sprintf("%s: or %v", path, v))
		}
	}
	for _, group := range []struct{ key, format string }{{"properties", "%s.%s"}, {"patternProperties", "%s{%s}"}, {"$defs", "%s#%s"}} {
		if inner, ok := schema[group.key].(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(inner)) {
				if one, ok := inner[name].(map[string]any); ok {
					shape(fmt.Sprintf(group.format, path, name), one, all)
				}
			}
		}
	}
	for key, suffix := range map[string]string{"items": "[]", "additionalProperties": "{}", "if": " if", "then": " then", "else": " else"} {
		if one, ok := schema[key].(map[string]any); ok {
			shape(path+suffix, one, all)
		}
	}
	for _, key := range []string{"anyOf", "allOf", "oneOf"} {
		if inner, ok := schema[key].([]any); ok {
			for i, one := range inner {
				if one, ok := one.(map[string]any); ok {
					shape(fmt.Sprintf("%s %s %d", path, key, i+1), one, all)
				}
			}
		}
	}
}

// Files of each version of a format stay readable, with everything in them. A file of api/examples never changes; a new version of a format has a new one.
func TestFilesOfEarlierVersions(t *testing.T) {
	read := map[string]func(name string, text []byte) (int, error){
		"contract-1.json": func(_ string, text []byte) (int, error) {
			c, err := contract.Read(text)
			if err == nil {
				var written []byte
				if written, err = contract.Encode(c.Grants); err == nil {
					if diff := cmp.Diff(object(t, text), object(t, written)); diff != "" {
						err = fmt.Errorf("found another contract written than read (-read +written):\n%s", diff)
					}
				}
			}
			return len(c.Grants), err
		},
		"facts-1.json": func(name string, text []byte) (int, error) {
			f, err := facts.Parse(name, text)
			if err != nil {
				return 0, err
			}
			return len(f.ManagedPolicies) + len(f.OrganizationPaths), nil
		},
		"expectations-1.yaml": func(name string, text []byte) (int, error) {
			all, err := expect.Parse(name, text)
			return len(all), err
		},
	}
	// The grants, the managed policies of AWS and places in organizations, and the requests: 1 principal and action on 2 resources, and 2 by 2 on 1.
	expected := map[string]int{"contract-1.json": 2, "facts-1.json": 2, "expectations-1.yaml": 6}
	files, err := filepath.Glob("../../api/examples/*")
	if err != nil || len(files) != len(read) {
		t.Errorf("found files %q, %v, expected %d", files, err, len(read))
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		one := read[filepath.Base(name)]
		if one == nil {
			t.Errorf("%s: found no reader", name)
			continue
		}
		if found, err := one(name, text); err != nil || found != expected[filepath.Base(name)] {
			t.Errorf("%s: found %d, %v, expected %d", name, found, err, expected[filepath.Base(name)])
		}
	}
}

func object(t *testing.T, text []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
