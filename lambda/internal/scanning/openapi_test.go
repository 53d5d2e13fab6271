package scanning

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/santhosh-tekuri/jsonschema/v6" // an outside opinion on our schemas; Apache-2.0
)

// listItems is what docs/openapi.json says of the GET.
type listItems struct {
	Parameters []struct {
		Name     string
		Required bool
		Schema   struct{ Minimum, Maximum, Default int }
	}
	Responses map[string]any
}

const document = "openapi.json"

func readOpenAPI(t *testing.T) (listItems, *jsonschema.Compiler) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Paths map[string]struct{ Get listItems }
	}
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(document, whole); err != nil {
		t.Fatal(err)
	}
	return described.Paths["/items"].Get, compiler
}

// Each answer to a GET through the API is one that docs/openapi.json has, in the form that it has there.
func TestAnswersAreAsTheOpenAPIDocumentSays(t *testing.T) {
	get, compiler := readOpenAPI(t)
	full := New(&table{items: []item{{
		"deviceId": str("d1"), "n": num("12345678901234567890123456789012345678"), "b": &types.AttributeValueMemberB{Value: []byte("hi")},
		"set": &types.AttributeValueMemberNS{Value: []string{"1", "2"}}, "null": &types.AttributeValueMemberNULL{Value: true},
	}}}, grant)
	failing := func(code string) *Function {
		return New(&table{err: &smithy.GenericAPIError{Code: code}}, grant)
	}
	for _, c := range []struct {
		name, query string
		function    *Function
		status      int
	}{
		{"a page", "", New(devices(3), grant), 200},
		{"a page with a next", "limit=2", New(devices(3), grant), 200},
		{"every type", "", full, 200},
		{"an empty table", "", New(devices(0), grant), 200},
		{"a limit that is none", "limit=0", full, 400},
		{"an unknown parameter", "filter=x", full, 400},
		{"a next that was altered", "next=AAAA", full, 400},
		{"denied", "", failing("AccessDeniedException"), 403},
		{"throttled", "", failing("ThrottlingException"), 429},
		{"no table", "", failing("ResourceNotFoundException"), 500},
		{"anything else", "", failing("Odd"), 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, payload := serve(c.function, sample(t, "http-api-v2.json", map[string]any{
				"http.method": "GET", "rawQueryString": c.query, "queryStringParameters": nil,
			}))
			var got proxied
			if err := json.Unmarshal([]byte(payload), &got); err != nil {
				t.Fatal(err)
			}
			if got.StatusCode != c.status {
				t.Fatalf("got %d %s, expected %d", got.StatusCode, got.Body, c.status)
			}
			if _, described := get.Responses[strconv.Itoa(c.status)]; !described {
				t.Fatalf("found no %d in the document", c.status)
			}
			schema, err := compiler.Compile(fmt.Sprintf("%s#/paths/~1items/get/responses/%d/content/application~1json/schema", document, c.status))
			if err != nil {
				t.Fatal(err)
			}
			check := func(body string) error {
				value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				return schema.Validate(value)
			}
			if err := check(got.Body); err != nil {
				t.Errorf("%s: %v", got.Body, err)
			}
			// The check can fail.
			if err := check(`{"items":[],"error":"both"}`); err == nil {
				t.Error("the schema takes anything")
			}
		})
	}
}

// The parameters are those that the function takes, with its bounds.
func TestParametersAreAsTheOpenAPIDocumentSays(t *testing.T) {
	get, _ := readOpenAPI(t)
	var names []string
	for _, p := range get.Parameters {
		names = append(names, p.Name)
		if p.Required {
			t.Errorf("found that %s is required, expected none to be", p.Name)
		}
		if s := p.Schema; p.Name == "limit" && (s.Minimum != 1 || s.Maximum != maxLimit || s.Default != defaultLimit) {
			t.Errorf("found limit %+v, expected 1 to %d, default %d", s, maxLimit, defaultLimit)
		}
	}
	// The function's own message has all that it knows.
	_, payload := serve(New(devices(1), grant), proxyEvent("x=1"))
	if expected := "expected only " + strings.Join(names, ", "); !slices.IsSorted(names) || !strings.Contains(payload, expected) {
		t.Errorf("found %s, expected %q", payload, expected)
	}
}
