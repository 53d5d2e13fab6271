package workload

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2authorizers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// Authorization is who may call an API.
type Authorization string

const (
	// IAM lets principals call whose policies allow execute-api:Invoke on the route; they sign their requests.
	IAM Authorization = "iam"
	// NoAuthorization lets everyone on the internet call.
	NoAuthorization Authorization = "none"
)

// Authorizations returns all kinds of authorization, the default first.
func Authorizations() []Authorization { return []Authorization{IAM, NoAuthorization} }

// FunctionAPIProps configures a [FunctionAPI].
type FunctionAPIProps struct {
	// APIName is the API's name, at most 128 letters, digits, "-" and "_". Required.
	APIName string
	// Path is the path of the GET route, such as "/items". Required.
	Path string
	// Function handles the requests. Required.
	Function *GoFunction
	// Authorization is who may call. Default IAM.
	Authorization Authorization
	// RatePerSecond and Burst limit requests: the steady rate, 1 to 10,000, and the burst, 1 to 5,000. API Gateway answers others with
	// status 429. Default 10 and 20.
	RatePerSecond, Burst int
	// CORSOrigins are the websites whose pages may call the API from a browser, such as "https://www.example.com". Default none: no CORS.
	CORSOrigins []string
	// LogRetention is how long access logs are kept. Default awslogs.RetentionDays_ONE_MONTH.
	LogRetention awslogs.RetentionDays
	// RemovalPolicy is what happens to the access logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

var (
	apiName = nameForm{regexp.MustCompile(`^[a-zA-Z0-9-_]*$`), 1, 128}
	apiPath = regexp.MustCompile(`^(/[a-zA-Z0-9._~-]+)+$`)
)

// Validate returns all problems with the props, joined, or nil.
func (p FunctionAPIProps) Validate() error {
	var problems []error
	if !apiName.MatchString(p.APIName) {
		problems = append(problems, fmt.Errorf("APIName: found %q, expected 1 to 128 letters, digits, - and _", p.APIName))
	}
	if !IsAPIPath(p.Path) {
		problems = append(problems, fmt.Errorf("Path: found %q, expected one such as /items, without parameters", p.Path))
	}
	if p.Function == nil {
		problems = append(problems, errors.New("Function: found nil, expected the function that handles requests"))
	}
	if p.Authorization != "" && !slices.Contains(Authorizations(), p.Authorization) {
		problems = append(problems, fmt.Errorf("Authorization: found %q, expected one of %q", p.Authorization, Authorizations()))
	}
	if p.RatePerSecond < 0 || p.RatePerSecond > 10000 {
		problems = append(problems, fmt.Errorf("RatePerSecond: found %d, expected 1 to 10000", p.RatePerSecond))
	}
	if p.Burst < 0 || p.Burst > 5000 {
		problems = append(problems, fmt.Errorf("Burst: found %d, expected 1 to 5000", p.Burst))
	}
	for i, origin := range p.CORSOrigins {
		if !IsOrigin(origin) {
			problems = append(problems, fmt.Errorf("CORSOrigins[%d]: found %q, expected a website's scheme and host, such as https://www.example.com", i, origin))
		}
	}
	return errors.Join(problems...)
}

// IsAPIPath reports whether text is the path of a route without parameters, such as "/items".
func IsAPIPath(text string) bool { return apiPath.MatchString(text) }

// IsOrigin reports whether text is an origin as a browser sends it: scheme, host and an optional port, without a wildcard.
func IsOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && !strings.Contains(u.Host, "*") &&
		text == u.Scheme+"://"+u.Host && text == strings.ToLower(text)
}

// FunctionAPI is an HTTP API with one GET route, handled by a function.
type FunctionAPI struct {
	node  constructs.Construct
	api   awsapigatewayv2.HttpApi
	stage awsapigatewayv2.HttpStage
	logs  awslogs.LogGroup
	props FunctionAPIProps
}

// NewFunctionAPI creates the API with its route, throttling and access logs. It panics, with the construct's path and all problems, if
// the props are invalid.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
func NewFunctionAPI(scope constructs.Construct, id string, props FunctionAPIProps) *FunctionAPI {
	validate("API", scope, id, props)
	props = props.withDefaults()
	a := &FunctionAPI{node: place.New(scope, id), props: props}
	api := awsapigatewayv2.HttpApiProps{ApiName: jsii.String(props.APIName), CreateDefaultStage: jsii.Bool(false)}
	if len(props.CORSOrigins) > 0 {
		api.CorsPreflight = &awsapigatewayv2.CorsPreflightOptions{
			AllowOrigins: jsii.Strings(props.CORSOrigins...), AllowMethods: &[]awsapigatewayv2.CorsHttpMethod{awsapigatewayv2.CorsHttpMethod_GET},
			// The headers of a signed request.
			AllowHeaders: jsii.Strings("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"),
		}
	}
	a.api = awsapigatewayv2.NewHttpApi(a.node, jsii.String("Api"), &api)
	var authorizer awsapigatewayv2.IHttpRouteAuthorizer = awsapigatewayv2authorizers.NewHttpIamAuthorizer()
	if props.Authorization == NoAuthorization {
		authorizer = awsapigatewayv2.NewHttpNoneAuthorizer()
	}
	routes := a.api.AddRoutes(&awsapigatewayv2.AddRoutesOptions{
		Path: jsii.String(props.Path), Methods: &[]awsapigatewayv2.HttpMethod{awsapigatewayv2.HttpMethod_GET}, Authorizer: authorizer,
		Integration: awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("Function"), props.Function.function, nil),
	})
	intent.Deliver(a.node, "Requests", contract.Delivery{From: *a.ARN(), To: *props.Function.arn})
	for _, route := range *routes {
		if props.Authorization == NoAuthorization {
			intent.MarkPublic(route.Node().DefaultChild().(awscdk.CfnResource))
			suppress.At(route.Node().DefaultChild().(awscdk.CfnResource), suppress.Rule{
				ID: "AwsSolutions-APIG4", Reason: "The configuration asks for an API without authorization, by name; IAM is the default.",
			})
		}
	}
	a.addStage()
	return a
}

// accessLog is the format of one line per request. It has nothing that the caller sent except the path.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
const accessLog = `{"requestId":"$context.requestId","time":"$context.requestTime","ip":"$context.identity.sourceIp",` +
	`"caller":"$context.identity.userArn","method":"$context.httpMethod","path":"$context.path","status":"$context.status",` +
	`"bytes":"$context.responseLength","milliseconds":"$context.responseLatency","error":"$context.error.message"}`

// accessLogName returns the name of the log group of an API's access logs.
func accessLogName(api string) string { return "/aws/vendedlogs/apis/" + api }

func (a *FunctionAPI) addStage() {
	a.logs = awslogs.NewLogGroup(a.node, jsii.String("AccessLogs"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String(accessLogName(a.props.APIName)), Retention: a.props.LogRetention, RemovalPolicy: a.props.RemovalPolicy,
	})
	a.stage = awsapigatewayv2.NewHttpStage(a.node, jsii.String("Stage"), &awsapigatewayv2.HttpStageProps{
		HttpApi: a.api, StageName: jsii.String("$default"), AutoDeploy: jsii.Bool(true),
		Throttle: &awsapigatewayv2.ThrottleSettings{RateLimit: jsii.Number(a.props.RatePerSecond), BurstLimit: jsii.Number(a.props.Burst)},
	})
	a.stage.Node().DefaultChild().(awsapigatewayv2.CfnStage).SetAccessLogSettings(&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
		DestinationArn: a.logs.LogGroupArn(), Format: jsii.String(accessLog),
	})
}

func (p FunctionAPIProps) withDefaults() FunctionAPIProps {
	p.Authorization = cmp.Or(p.Authorization, IAM)
	p.RatePerSecond = cmp.Or(p.RatePerSecond, 10)
	p.Burst = cmp.Or(p.Burst, 20)
	p.LogRetention = cmp.Or(p.LogRetention, awslogs.RetentionDays_ONE_MONTH)
	p.RemovalPolicy = cmp.Or(p.RemovalPolicy, defaultRemoval)
	return p
}

// API returns the HTTP API.
func (a *FunctionAPI) API() awsapigatewayv2.IHttpApi { return a.api }

// Stage returns the API's only stage, $default.
func (a *FunctionAPI) Stage() awsapigatewayv2.IHttpStage { return a.stage }

// AccessLogs returns the log group of the access logs.
func (a *FunctionAPI) AccessLogs() awslogs.ILogGroup { return a.logs }

// Node returns the construct's node in the tree.
func (a *FunctionAPI) Node() constructs.Node { return a.node.Node() }

// URL returns the URL of the route, https://…/PATH, with a token for the host.
func (a *FunctionAPI) URL() *string {
	return jsii.String(*a.api.ApiEndpoint() + a.props.Path)
}

// ARN returns the ARN of the route, the resource on which a caller's policy allows execute-api:Invoke.
func (a *FunctionAPI) ARN() *string {
	return a.api.ArnForExecuteApi(jsii.String("GET"), jsii.String(a.props.Path), jsii.String("$default"))
}

// Operation is the part of a route's OpenAPI description that its API does not know: the function's parameters and responses.
type Operation struct {
	// Title and Version are those of the document. Required.
	Title, Version string
	// ID names the operation in generated clients, such as "listItems". Required.
	ID string
	// Summary is one line and required; Description has any length.
	Summary, Description string
	// Parameters are OpenAPI Parameter Objects, in order. Default none.
	Parameters []map[string]any
	// Responses are the function's responses by status, including 200. Required.
	Responses map[int]Response
	// Schemas are OpenAPI Schema Objects, by the names that Responses use. Required.
	Schemas map[string]any
}

// Response is a response with a JSON body.
type Response struct {
	// Description says when the function returns it. Required.
	Description string
	// Schema is the name of the body's schema in [Operation.Schemas]. Required.
	Schema string
}

// gatewayProblem is the name of the schema of API Gateway's own error responses.
const gatewayProblem = "GatewayProblem"

// gatewayResponses are the descriptions of API Gateway's own error responses, by status.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
var gatewayResponses = map[int]string{
	http.StatusForbidden:           "API Gateway: the request is not signed, or the caller may not invoke this route.",
	http.StatusTooManyRequests:     "API Gateway: too many requests.",
	http.StatusInternalServerError: "API Gateway: the function failed, or was throttled.",
	http.StatusServiceUnavailable:  "API Gateway: the function did not respond in time.",
}

// OpenAPI describes the API as an OpenAPI 3.0.3 document, ready to encode as JSON: the GET route, its authorization, and the error responses
// of API Gateway in addition to the function's. The document has nothing that is known only after deployment: the API's id is a variable of
// the server URL. OpenAPI uses only Path and Authorization of the props, and does not validate them.
//
// https://spec.openapis.org/oas/v3.0.3.html
func (p FunctionAPIProps) OpenAPI(get Operation) map[string]any {
	p = p.withDefaults()
	schemas := map[string]any{gatewayProblem: map[string]any{
		"type": "object", "required": []string{"message"}, "description": "The body of API Gateway's own errors.",
		"properties": map[string]any{"message": map[string]any{"type": "string"}},
	}}
	for name, schema := range get.Schemas {
		schemas[name] = schema
	}
	components := map[string]any{"schemas": schemas}
	operation := map[string]any{"operationId": get.ID, "summary": get.Summary, "responses": p.responses(get.Responses), "security": []any{}}
	if get.Description != "" {
		operation["description"] = get.Description
	}
	if len(get.Parameters) > 0 {
		operation["parameters"] = get.Parameters
	}
	if p.Authorization == IAM {
		// As API Gateway's export has it.
		components["securitySchemes"] = map[string]any{"sigv4": map[string]any{
			"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4",
			"description": "AWS Signature Version 4 for the service execute-api, with credentials that allow execute-api:Invoke on the route.",
		}}
		operation["security"] = []any{map[string]any{"sigv4": []any{}}}
	}
	return map[string]any{
		"openapi": "3.0.3",
		"info":    map[string]any{"title": get.Title, "version": get.Version},
		"servers": []any{map[string]any{
			"url": "https://{api}.execute-api.{region}.amazonaws.com",
			"variables": map[string]any{
				"api":    map[string]any{"default": "a1b2c3d4e5", "description": "The API's ID, which AWS assigns at deployment."},
				"region": map[string]any{"default": "us-east-1"},
			},
		}},
		"paths":      map[string]any{p.Path: map[string]any{"get": operation}},
		"components": components,
	}
}

// responses joins the function's responses with API Gateway's; a status that both have gets both schemas.
func (p FunctionAPIProps) responses(own map[int]Response) map[string]any {
	reference := func(name string) map[string]any { return map[string]any{"$ref": "#/components/schemas/" + name} }
	response := func(description string, schema map[string]any) map[string]any {
		return map[string]any{"description": description, "content": map[string]any{"application/json": map[string]any{"schema": schema}}}
	}
	all := map[string]any{}
	for status, r := range own {
		all[strconv.Itoa(status)] = response(r.Description, reference(r.Schema))
	}
	for status, description := range gatewayResponses {
		if status == http.StatusForbidden && p.Authorization == NoAuthorization {
			continue
		}
		schema := reference(gatewayProblem)
		if r, both := own[status]; both {
			description = r.Description + " " + description
			schema = map[string]any{"anyOf": []any{reference(r.Schema), schema}}
		}
		all[strconv.Itoa(status)] = response(description, schema)
	}
	return all
}
