package apigateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
)

const template = `
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: http, ProtocolType: HTTP}}
  Socket: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: socket, ProtocolType: WEBSOCKET}}
  Default: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Http, StageName: $default}}
  Dev: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Http, StageName: dev}}
  Two: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Http, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Function.Arn, PayloadFormatVersion: "2.0"}}
  One: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Http, IntegrationType: AWS_PROXY, PayloadFormatVersion: "1.0",
    IntegrationUri: !Sub "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"}}
  Site: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Http, IntegrationType: HTTP_PROXY, IntegrationUri: "https://example.com"}}
  Items: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Http, RouteKey: GET /items, AuthorizationType: AWS_IAM, Target: !Sub "integrations/${Two}"}}
  Item: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Http, RouteKey: "ANY /items/{id}", Target: !Sub "integrations/${Two}"}}
  Best: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Http, RouteKey: GET /items/best, Target: !Sub "integrations/${One}"}}
  Under: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Http, RouteKey: "GET /items/{rest+}", Target: !Sub "integrations/${Two}"}}
  Web: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Http, RouteKey: GET /site, Target: !Sub "integrations/${Site}"}}
  Rest: {Type: AWS::ApiGateway::RestApi, Properties: {Name: rest}}
  Orders: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Rest, ParentId: !GetAtt Rest.RootResourceId, PathPart: orders}}
  Order: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Rest, ParentId: !Ref Orders, PathPart: "{id}"}}
  GetOrder: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Rest, ResourceId: !Ref Order, HttpMethod: GET, AuthorizationType: NONE,
    Integration: {Type: AWS_PROXY, Uri: !Sub "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"}}}
  PostRoot: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Rest, ResourceId: !GetAtt Rest.RootResourceId, HttpMethod: POST, AuthorizationType: NONE,
    Integration: {Type: AWS_PROXY, Uri: !Sub "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"}}}
  Prod: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Rest, StageName: Prod}}
`

func load(t *testing.T) (web, rest *API) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: path, Account: "111111111111", Region: "eu-west-1", StackName: "APIs", Deployed: map[string]string{"Rest": "abc123"}})
	if err != nil {
		t.Fatal(err)
	}
	all := APIs(a)
	if len(all) != 2 || all[0].REST || !all[1].REST {
		t.Fatalf("found %+v, expected the HTTP API and the REST API", all)
	}
	return all[0], all[1]
}

func TestTheRouteOfARequest(t *testing.T) {
	web, rest := load(t)
	if expected := []string{"ANY /items/{id}", "GET /items", "GET /items/best", "GET /items/{rest+}", "GET /site"}; !slices.Equal(web.Routes(), expected) {
		t.Errorf("found %q, expected %q", web.Routes(), expected)
	}
	if !slices.Equal(web.Stages, []string{"$default", "dev"}) || !slices.Equal(rest.Stages, []string{"Prod"}) || rest.ID != "abc123" || web.ID != "http" {
		t.Errorf("found stages %q and %q of %s and %s", web.Stages, rest.Stages, web.ID, rest.ID)
	}
	for request, c := range map[string]struct {
		api      *API
		expected string // the route and its parameters; "" for none
	}{
		"GET /items":          {web, "GET /items map[]"},
		"POST /items":         {web, ""},
		"GET /items/best":     {web, "GET /items/best map[]"},
		"POST /items/best":    {web, "ANY /items/{id} map[id:best]"},
		"GET /items/7":        {web, "ANY /items/{id} map[id:7]"}, // more specific than the greedy one, whatever the method
		"GET /items/7/sizes":  {web, "GET /items/{rest+} map[rest:7/sizes]"},
		"POST /items/7/sizes": {web, ""},
		"GET /items/":         {web, ""},
		"GET /":               {web, ""},
		"POST /":              {rest, "POST / map[]"},
		"GET /orders/9":       {rest, "GET /orders/{id} map[id:9]"},
		"GET /orders":         {rest, ""},
	} {
		method, path, _ := strings.Cut(request, " ")
		m, err := c.api.Find("dev", method, path)
		found := ""
		if err == nil {
			parameters, _ := json.Marshal(m.parameters)
			found = m.route.method + " " + m.route.path + " map[" + strings.NewReplacer(`{`, "", `}`, "", `"`, "").Replace(string(parameters)) + "]"
			if m.Function != "arn:aws:lambda:eu-west-1:111111111111:function:f" {
				t.Errorf("%s: found function %q", request, m.Function)
			}
		} else if !errors.Is(err, ErrNoRoute) {
			t.Errorf("%s: found %v", request, err)
		}
		if found != c.expected {
			t.Errorf("%s: found %q, expected %q", request, found, c.expected)
		}
	}
	if _, err := web.Find("$default", "GET", "/site"); err == nil || !strings.Contains(err.Error(), `found an integration of type "HTTP_PROXY", expected a Lambda proxy integration`) {
		t.Errorf("/site: found %v", err)
	}
	for _, c := range []struct {
		api      *API
		expected Response
	}{
		{web, Response{Status: 404, Body: []byte(`{"message":"Not Found"}`)}}, {rest, Response{Status: 403, Body: []byte(`{"message":"Missing Authentication Token"}`)}},
	} {
		if got := c.api.NotFound(); got.Status != c.expected.Status || string(got.Body) != string(c.expected.Body) || !strings.Contains(got.Note, c.api.Routes()[0]) {
			t.Errorf("found %+v, expected %+v", got, c.expected)
		}
	}
}

// The fields are those of the pages that Event names.
func TestEvents(t *testing.T) {
	web, rest := load(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	request := Request{
		Method: "GET", RawQuery: "a=1&a=2&b=", ID: "id", At: at, Body: []byte("x"),
		Header: http.Header{"User-Agent": {"test"}, "X-Two": {"1", "2"}, "Cookie": {"k=v; l=w"}},
	}
	for name, c := range map[string]struct {
		api         *API
		stage, path string
		expected    map[string]any // by the path of a field
	}{
		"2.0": {web, "$default", "/items/7", map[string]any{
			"version": "2.0", "routeKey": "ANY /items/{id}", "rawPath": "/items/7", "rawQueryString": "a=1&a=2&b=", "queryStringParameters.a": "1,2", "queryStringParameters.b": "",
			"headers.x-two": "1,2", "headers.host": "http.execute-api.eu-west-1.amazonaws.com", "cookies": []any{"k=v", "l=w"}, "headers.cookie": nil, "pathParameters.id": "7",
			"body": "eA==", "isBase64Encoded": true, "requestContext.http.method": "GET", "requestContext.http.path": "/items/7", "requestContext.stage": "$default",
			"requestContext.accountId": "111111111111", "requestContext.time": "02/Jan/2026:03:04:05 +0000", "requestContext.timeEpoch": 1767323045000.0, "httpMethod": nil,
		}},
		"2.0 in a stage": {web, "dev", "/items/7", map[string]any{"rawPath": "/dev/items/7", "requestContext.stage": "dev"}},
		"1.0": {web, "$default", "/items/best", map[string]any{
			"version": "1.0", "resource": "/items/best", "path": "/items/best", "httpMethod": "GET", "queryStringParameters.a": "2", "multiValueQueryStringParameters.a": []any{"1", "2"},
			"multiValueHeaders.X-Two": []any{"1", "2"}, "rawPath": nil, "isBase64Encoded": true,
		}},
		"of a REST API": {rest, "Prod", "/orders/9", map[string]any{
			"version": nil, "resource": "/orders/{id}", "path": "/orders/9", "httpMethod": "GET", "pathParameters.id": "9", "requestContext.path": "/Prod/orders/9",
			"requestContext.resourcePath": "/orders/{id}", "requestContext.apiId": "abc123", "requestContext.stage": "Prod", "headers.X-Two": "2", "body": "x", "isBase64Encoded": nil,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := c.api.Find(c.stage, "GET", c.path)
			if err != nil {
				t.Fatal(err)
			}
			r := request
			r.Path = c.path
			text, err := m.Event(r)
			if err != nil {
				t.Fatal(err)
			}
			var event map[string]any
			if err := json.Unmarshal(text, &event); err != nil {
				t.Fatal(err)
			}
			for path, expected := range c.expected {
				if diff := cmp.Diff(expected, field(event, path)); diff != "" {
					t.Errorf("%s (-expected +found):\n%s", path, diff)
				}
			}
		})
	}
}

func field(of any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		object, _ := of.(map[string]any)
		of = object[name]
	}
	return of
}

func TestResponses(t *testing.T) {
	web, rest := load(t)
	two, _ := web.Find("$default", "GET", "/items")
	one, _ := web.Find("$default", "GET", "/items/best")
	proxy, _ := rest.Find("Prod", "GET", "/orders/9")
	for name, c := range map[string]struct {
		match    *Match
		payload  string
		expected Response
	}{
		"a status alone":               {two, `{"statusCode": 204}`, Response{Status: 204, Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}},
		"a whole response":             {two, `{"statusCode": 201, "headers": {"x-a": "b", "x-n": 5}, "cookies": ["k=v", "l=w"], "body": "aGk=", "isBase64Encoded": true}`, Response{Status: 201, Body: []byte("hi"), Header: http.Header{"X-A": {"b"}, "X-N": {"5"}, "Set-Cookie": {"k=v", "l=w"}, "Content-Type": {"text/plain; charset=utf-8"}}}},
		"an object without a status":   {two, `{"items": [1]}`, Response{Status: 200, Body: []byte(`{"items": [1]}`), Header: http.Header{"Content-Type": {"application/json"}}}},
		"a text":                       {two, `"hello"`, Response{Status: 200, Body: []byte("hello"), Header: http.Header{"Content-Type": {"application/json"}}}},
		"no status in format 1.0":      {one, `{"items": []}`, Response{Status: 500, Body: []byte(`{"message":"Internal Server Error"}`), Header: http.Header{"Content-Type": {"application/json"}}}},
		"no status for a REST API":     {proxy, `"hello"`, Response{Status: 502, Body: []byte(`{"message":"Internal server error"}`), Header: http.Header{"Content-Type": {"application/json"}}}},
		"a body that is an object":     {proxy, `{"statusCode": 200, "body": {}}`, Response{Status: 502, Body: []byte(`{"message":"Internal server error"}`), Header: http.Header{"Content-Type": {"application/json"}}}},
		"many values for a REST API":   {proxy, `{"statusCode": 200, "headers": {"x-a": "0"}, "multiValueHeaders": {"x-a": ["1", "2"]}, "body": "[]"}`, Response{Status: 200, Body: []byte("[]"), Header: http.Header{"X-A": {"1", "2"}, "Content-Type": {"application/json"}}}},
		"a body that is not in Base64": {two, `{"statusCode": 200, "body": "?", "isBase64Encoded": true}`, Response{Status: 500, Body: []byte(`{"message":"Internal Server Error"}`), Header: http.Header{"Content-Type": {"application/json"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.match.Response([]byte(c.payload))
			if (got.Note != "") != (c.expected.Status >= 500) {
				t.Errorf("found note %q", got.Note)
			}
			got.Note = ""
			if diff := cmp.Diff(c.expected, got); diff != "" {
				t.Errorf("(-expected +found):\n%s", diff)
			}
		})
	}
}
