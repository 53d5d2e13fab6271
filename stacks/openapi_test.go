package stacks

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/constructs/workload"
)

const openAPIFile = "../docs/openapi.json"

// openAPI returns the document, decoded and as JSON.
func openAPI(t *testing.T, changes map[string]any) (document map[string]any, text []byte) {
	t.Helper()
	config, err := ReadConfig(settings(t, changes))
	if err != nil {
		t.Fatal(err)
	}
	text, err = json.MarshalIndent(config.OpenAPI(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document, append(text, '\n')
}

// The document in docs is that of the default configuration; -update writes it again.
func TestOpenAPIDocumentIsUpToDate(t *testing.T) {
	_, text := openAPI(t, nil)
	if *update {
		if err := os.WriteFile(openAPIFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(openAPIFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), string(text)); diff != "" {
		t.Errorf("docs/openapi.json is out of date; go test ./stacks -run OpenAPI -update writes it (-found +expected):\n%s", diff)
	}
}

// The document describes the API that the template deploys.
func TestOpenAPIDescribesTheDeployedRoute(t *testing.T) {
	for authorization, c := range map[workload.Authorization]struct {
		deployed string
		security any
		statuses string
	}{
		workload.IAM:             {"AWS_IAM", []any{map[string]any{"sigv4": []any{}}}, "200 400 403 429 500 503"},
		workload.NoAuthorization: {"NONE", []any{}, "200 400 403 429 500 503"},
	} {
		t.Run(string(authorization), func(t *testing.T) {
			changes := map[string]any{"apiAuthorization": string(authorization), "workloads": "scan"}
			route := only(t, synthesize(t, changes).source, "AWS::ApiGatewayV2::Route").Properties
			document, _ := openAPI(t, changes)
			path := strings.TrimPrefix(route["RouteKey"].(string), "GET ")
			item, ok := document["paths"].(map[string]any)[path].(map[string]any)
			if !ok || len(item) != 1 || route["AuthorizationType"] != c.deployed {
				t.Fatalf("found paths %s, expected GET %s with %v", asJSON(document["paths"]), path, route["AuthorizationType"])
			}
			get := item["get"].(map[string]any)
			if diff := cmp.Diff(c.security, get["security"]); diff != "" {
				t.Errorf("security (-expected +found):\n%s", diff)
			}
			responses := get["responses"].(map[string]any)
			if found := strings.Join(slices.Sorted(maps.Keys(responses)), " "); found != c.statuses {
				t.Errorf("found statuses %s, expected %s", found, c.statuses)
			}
			// API Gateway refuses unsigned requests only where they have to be signed.
			gateway := strings.Contains(asJSON(responses["403"]), "GatewayProblem")
			if _, schemes := document["components"].(map[string]any)["securitySchemes"]; gateway != schemes || schemes != (authorization == workload.IAM) {
				t.Errorf("found a gateway's 403 %t and security schemes %t", gateway, schemes)
			}
		})
	}
}
