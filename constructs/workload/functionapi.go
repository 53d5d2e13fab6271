package workload

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2authorizers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// Authorization is who may call an API.
type Authorization string

const (
	// IAM is whoever signs requests with AWS credentials that permit execute-api:Invoke on the route.
	IAM Authorization = "iam"
	// NoAuthorization is everybody on the internet.
	NoAuthorization Authorization = "none"
)

// Authorizations are all of them, the default first.
func Authorizations() []Authorization { return []Authorization{IAM, NoAuthorization} }

// FunctionAPIProps configures a [FunctionAPI].
type FunctionAPIProps struct {
	// APIName is the API's name, at most 128 letters, digits, "-" and "_". Required.
	APIName string
	// Path is what GET is for, such as "/items". Required.
	Path string
	// Function answers. Required.
	Function *GoFunction
	// Authorization is who may call. Default IAM.
	Authorization Authorization
	// RatePerSecond is how many requests a second are let through on the average, and Burst how many at once, 1 to 10,000 and 1 to 5,000;
	// more get 429. Default 10 and 20.
	RatePerSecond, Burst int
	// CORSOrigins are the web sites whose pages may call from a browser, such as "https://www.example.com". Default none: no CORS.
	CORSOrigins []string
	// LogRetention is how long access logs are kept. Default awslogs.RetentionDays_ONE_MONTH.
	LogRetention awslogs.RetentionDays
	// RemovalPolicy is what happens to the access logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

var (
	apiName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,128}$`)
	apiPath = regexp.MustCompile(`^(/[a-zA-Z0-9._~-]+)+$`)
)

// Validate returns everything that is wrong with the props, or nil.
func (p FunctionAPIProps) Validate() error {
	var problems []error
	if !apiName.MatchString(p.APIName) {
		problems = append(problems, fmt.Errorf("APIName: found %q, expected 1 to 128 letters, digits, - and _", p.APIName))
	}
	if !apiPath.MatchString(p.Path) {
		problems = append(problems, fmt.Errorf("Path: found %q, expected one such as /items, without parameters", p.Path))
	}
	if p.Function == nil {
		problems = append(problems, errors.New("Function: found nil, expected what answers"))
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
			problems = append(problems, fmt.Errorf("CORSOrigins[%d]: found %q, expected a web site's scheme and host, such as https://www.example.com", i, origin))
		}
	}
	return errors.Join(problems...)
}

// IsOrigin reports whether text is an origin of pages, as a browser sends it: scheme and host, perhaps a port, and no wildcard.
func IsOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && !strings.Contains(u.Host, "*") &&
		text == u.Scheme+"://"+u.Host && text == strings.ToLower(text)
}

// FunctionAPI is an HTTP API with one GET, which a function answers.
type FunctionAPI struct {
	api   awsapigatewayv2.HttpApi
	props FunctionAPIProps
}

// NewFunctionAPI creates the API with its route, throttling and access log. It panics, with the construct's path and every problem, if
// the props are invalid.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
func NewFunctionAPI(scope constructs.Construct, id string, props FunctionAPIProps) *FunctionAPI {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("API %s:\n%w", pathOf(scope, id), err))
	}
	a := &FunctionAPI{props: props.withDefaults()}
	props = a.props
	node := constructs.NewConstruct(scope, jsii.String(id))
	api := awsapigatewayv2.HttpApiProps{ApiName: jsii.String(props.APIName), CreateDefaultStage: jsii.Bool(false)}
	if len(props.CORSOrigins) > 0 {
		api.CorsPreflight = &awsapigatewayv2.CorsPreflightOptions{
			AllowOrigins: jsii.Strings(props.CORSOrigins...), AllowMethods: &[]awsapigatewayv2.CorsHttpMethod{awsapigatewayv2.CorsHttpMethod_GET},
			// What a signed request has.
			AllowHeaders: jsii.Strings("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"),
		}
	}
	a.api = awsapigatewayv2.NewHttpApi(node, jsii.String("Api"), &api)
	var authorizer awsapigatewayv2.IHttpRouteAuthorizer = awsapigatewayv2authorizers.NewHttpIamAuthorizer()
	if props.Authorization == NoAuthorization {
		authorizer = awsapigatewayv2.NewHttpNoneAuthorizer()
	}
	routes := a.api.AddRoutes(&awsapigatewayv2.AddRoutesOptions{
		Path: jsii.String(props.Path), Methods: &[]awsapigatewayv2.HttpMethod{awsapigatewayv2.HttpMethod_GET}, Authorizer: authorizer,
		Integration: awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("Function"), props.Function.function, nil),
	})
	for _, route := range *routes {
		intent.Mark(route.Node().DefaultChild().(awscdk.CfnResource))
		if props.Authorization == NoAuthorization {
			suppress.At(route.Node().DefaultChild().(awscdk.CfnResource), suppress.Rule{
				ID: "AwsSolutions-APIG4", Reason: "The configuration asks for an API without authorization, by name; IAM is the default.",
			})
		}
	}
	a.addStage(node)
	return a
}

// accessLog is one line a request, without anything that the caller sent beyond the path.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
const accessLog = `{"requestId":"$context.requestId","time":"$context.requestTime","ip":"$context.identity.sourceIp",` +
	`"caller":"$context.identity.userArn","method":"$context.httpMethod","path":"$context.path","status":"$context.status",` +
	`"bytes":"$context.responseLength","milliseconds":"$context.responseLatency","error":"$context.error.message"}`

func (a *FunctionAPI) addStage(node constructs.Construct) {
	logs := awslogs.NewLogGroup(node, jsii.String("AccessLogs"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String("/aws/vendedlogs/apis/" + a.props.APIName), Retention: a.props.LogRetention, RemovalPolicy: a.props.RemovalPolicy,
	})
	stage := awsapigatewayv2.NewHttpStage(node, jsii.String("Stage"), &awsapigatewayv2.HttpStageProps{
		HttpApi: a.api, StageName: jsii.String("$default"), AutoDeploy: jsii.Bool(true),
		Throttle: &awsapigatewayv2.ThrottleSettings{RateLimit: jsii.Number(a.props.RatePerSecond), BurstLimit: jsii.Number(a.props.Burst)},
	})
	stage.Node().DefaultChild().(awsapigatewayv2.CfnStage).SetAccessLogSettings(&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
		DestinationArn: logs.LogGroupArn(), Format: jsii.String(accessLog),
	})
}

func (p FunctionAPIProps) withDefaults() FunctionAPIProps {
	if p.Authorization == "" {
		p.Authorization = IAM
	}
	if p.RatePerSecond == 0 {
		p.RatePerSecond = 10
	}
	if p.Burst == 0 {
		p.Burst = 20
	}
	if p.LogRetention == "" {
		p.LogRetention = awslogs.RetentionDays_ONE_MONTH
	}
	if p.RemovalPolicy == "" {
		p.RemovalPolicy = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	return p
}

// URL returns where the API is called, as CDK has it: https://…/PATH.
func (a *FunctionAPI) URL() *string {
	return jsii.String(*a.api.ApiEndpoint() + a.props.Path)
}

// ARN returns what a caller's policy has to permit execute-api:Invoke on.
func (a *FunctionAPI) ARN() *string {
	return a.api.ArnForExecuteApi(jsii.String("GET"), jsii.String(a.props.Path), jsii.String("$default"))
}
