package contract_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6" // an outside opinion on our schema; Apache-2.0

	"github.com/crossgrant/crossgrant/contract"
)

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(contract.Schema))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(contract.SchemaFileName, document); err != nil {
		return nil, err
	}
	return compiler.Compile(contract.SchemaFileName)
})

// schemaRefuses returns why the schema refuses a document; nil if it accepts it.
func schemaRefuses(t testing.TB, document []byte) error {
	t.Helper()
	schema, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestSchemaAcceptsWhatEncodeWrites(t *testing.T) {
	for name, document := range map[string][]byte{"all fields": encode(t, agreed()...), "the least": encode(t, small())} {
		if err := schemaRefuses(t, document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every field of the Go structs is in the schema, with as much asked of it, and the other way round.
func TestSchemaHasTheFieldsOfTheStructs(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(contract.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	compareFields(t, "contract", schema, schema, reflect.TypeFor[contract.Contract]())
}

func compareFields(t *testing.T, where string, root, schema map[string]any, of reflect.Type) {
	schema = resolve(root, schema)
	properties, ok := schema["properties"].(map[string]any)
	if !ok || schema["additionalProperties"] != false {
		t.Fatalf("%s: found %v, expected an object with properties and no others", where, schema)
	}
	var fields, required []string
	for i := range of.NumField() {
		field := of.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if fields = append(fields, name); options != "omitempty" || name == "digest" { // which is none only before it is computed
			required = append(required, name)
		}
		for field.Type.Kind() == reflect.Pointer || field.Type.Kind() == reflect.Slice {
			field.Type = field.Type.Elem()
		}
		if property, ok := properties[name].(map[string]any); ok && field.Type.Kind() == reflect.Struct {
			if items, ok := property["items"].(map[string]any); ok {
				property = items
			}
			compareFields(t, where+"."+name, root, property, field.Type)
		}
	}
	if diff := cmp.Diff(sortedTexts(fields), slices.Sorted(maps.Keys(properties))); diff != "" {
		t.Errorf("%s: properties (-struct +schema):\n%s", where, diff)
	}
	var found []string
	for _, name := range schema["required"].([]any) {
		found = append(found, name.(string))
	}
	if diff := cmp.Diff(sortedTexts(required), sortedTexts(found)); diff != "" {
		t.Errorf("%s: required (-struct +schema):\n%s", where, diff)
	}
}

func resolve(root, schema map[string]any) map[string]any {
	if reference, ok := schema["$ref"].(string); ok {
		return root["$defs"].(map[string]any)[strings.TrimPrefix(reference, "#/$defs/")].(map[string]any)
	}
	return schema
}

func sortedTexts(texts []string) []string { return slices.Sorted(slices.Values(texts)) }
