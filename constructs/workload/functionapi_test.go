package workload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAPIRequiresSignedRequests(t *testing.T) {
	f := newFixture(t)
	NewFunctionAPI(f.source, "Items", FunctionAPIProps{APIName: "app-items", Path: "/items", Function: f.function("app-scan", GoFunctionProps{})})
	template := f.template(t, f.source)
	route := only(t, template, "AWS::ApiGatewayV2::Route").Properties
	if route["RouteKey"] != "GET /items" || route["AuthorizationType"] != "AWS_IAM" {
		t.Errorf("found route %s, expected GET /items with AWS_IAM", asJSON(route))
	}
	checkIntents(t, template, "delivery", map[string]string{
		"Items/Requests": `{"from":{"Fn::Join":["",["arn:aws:execute-api:ap-northeast-1:111111111111:",{"Ref":"ItemsApi"},"/$default/GET/items"]]},"to":{"Fn::GetAtt":["appscanFunction","Arn"]}}`,
	})
	api := only(t, template, "AWS::ApiGatewayV2::Api").Properties
	if api["CorsConfiguration"] != nil || api["Name"] != "app-items" {
		t.Errorf("found API %s, expected no CORS", asJSON(api))
	}
	integration := only(t, template, "AWS::ApiGatewayV2::Integration").Properties
	if integration["IntegrationType"] != "AWS_PROXY" || integration["PayloadFormatVersion"] != "2.0" {
		t.Errorf("found integration %s", asJSON(integration))
	}
	stage := only(t, template, "AWS::ApiGatewayV2::Stage").Properties
	if diff := cmp.Diff(map[string]any{"ThrottlingRateLimit": 10.0, "ThrottlingBurstLimit": 20.0}, stage["DefaultRouteSettings"]); diff != "" {
		t.Errorf("throttling (-expected +found):\n%s", diff)
	}
	if log := asJSON(stage["AccessLogSettings"]); !strings.Contains(log, "$context.status") || strings.Contains(log, "authorization") {
		t.Errorf("found access log %s", log)
	}
	// Only this route of this API may invoke the function.
	if source := asJSON(only(t, template, "AWS::Lambda::Permission").Properties["SourceArn"]); !strings.Contains(source, ":execute-api:ap-northeast-1:111111111111:") || !strings.Contains(source, "/*/*/items") {
		t.Errorf("found a permission for %s", source)
	}
}

func TestAPIWithoutAuthorization(t *testing.T) {
	f := newFixture(t)
	NewFunctionAPI(f.source, "Items", FunctionAPIProps{
		APIName: "app-items", Path: "/items", Function: f.function("app-scan", GoFunctionProps{}), Authorization: NoAuthorization,
		RatePerSecond: 1, Burst: 2, CORSOrigins: []string{"https://www.example.com"},
	})
	template := f.template(t, f.source)
	if found := only(t, template, "AWS::ApiGatewayV2::Route").Properties["AuthorizationType"]; found != "NONE" {
		t.Errorf("found authorization %v, expected NONE", found)
	}
	cors := only(t, template, "AWS::ApiGatewayV2::Api").Properties["CorsConfiguration"].(map[string]any)
	if asJSON(cors["AllowOrigins"]) != `["https://www.example.com"]` || asJSON(cors["AllowMethods"]) != `["GET"]` || cors["AllowCredentials"] != nil {
		t.Errorf("found CORS %s", asJSON(cors))
	}
	stage := only(t, template, "AWS::ApiGatewayV2::Stage").Properties
	if diff := cmp.Diff(map[string]any{"ThrottlingRateLimit": 1.0, "ThrottlingBurstLimit": 2.0}, stage["DefaultRouteSettings"]); diff != "" {
		t.Errorf("throttling (-expected +found):\n%s", diff)
	}
}

func TestOrigins(t *testing.T) {
	for text, expected := range map[string]bool{
		"https://www.example.com": true, "https://www.example.com:8443": true, "http://localhost:3000": true,
		"*": false, "": false, "https://": false, "https://*.example.com": false, "https://www.example.com/": false, "www.example.com": false,
		"https://www.example.com/path": false, "ftp://example.com": false, "https://user@example.com": false, "https://WWW.example.com": false, "null": false,
	} {
		if IsOrigin(text) != expected {
			t.Errorf("%q: found %t, expected %t", text, !expected, expected)
		}
	}
}
