package exposure

import "strings"

const invoke = `Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt Function.Arn, Action: "lambda:InvokeFunction", `

// bucketWith and tableWith are the data with more properties.
func bucketWith(properties string) string {
	return `Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, ` + properties + `}}`
}

func tableWith(properties string) string {
	return `Shop: {Type: AWS::DynamoDB::Table, Properties: {TableName: shop, ` + properties + `}}`
}

func allow(principal string) string {
	return `{Statement: [{Effect: Allow, Principal: ` + principal + `, Action: "*", Resource: "*"}, {Effect: Deny, Principal: "*", Action: "s3:PutObject", Resource: "*"}]}`
}

// asRole are the cases of a type that runs something as the trusted role.
func asRole(kind, service, properties string) []change {
	runner := "Runner: {Type: " + kind + ", Properties: " + properties + "}\n"
	return []change{
		{"as the trusted role", "", runner + "Role: " + roleOf("reports", service), broken, "role reports (trusted role), which only grantees may use"},
		{"as the trusted role, which does not trust the service", "", runner + "Role: " + roleOf("reports", "other.amazonaws.com"), fine, ""},
		{"as the trusted role, if it trusts it", "", runner + `Role: {Type: AWS::IAM::Role, Properties: {RoleName: reports, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: !GetAtt Lake.Unknown}, Action: "sts:AssumeRole"}]}}}`, undecided, "lets " + service + " assume it"},
	}
}

// cases are changes to what each type opens.
var cases = func() map[string][]change {
	all := map[string][]change{}
	for _, some := range []map[string][]change{apiCases, dataCases, lambdaCases, messagingCases, operationCases, runnerCases} {
		for kind, changes := range some {
			all[kind] = append(all[kind], changes...)
		}
	}
	return all
}()

var lambdaCases = map[string][]change{
	"AWS::Lambda::Permission": {
		{"everybody", invoke + `Principal: "*"}}`, "", broken, "it lets everybody invoke function list (workload)"},
		{"everybody, by its URL", invoke + `Principal: "*", FunctionUrlAuthType: NONE}}`, "", broken, "by its URL (NONE)"},
		{"everybody of an organization", invoke + `Principal: "*", PrincipalOrgID: o-abcdefghij}}`, "", broken, "everybody"},
		{"everybody, for a source of its account", invoke + `Principal: "*", SourceAccount: "111111111111"}}`, "", fine, ""},
		{"everybody, for a source of another account", invoke + `Principal: "*", SourceArn: "arn:aws:sns:eu-west-1:333333333333:x"}}`, "", broken, "on behalf of account 333333333333"},
		{"everybody, for an unknown source", invoke + `Principal: "*", SourceAccount: !GetAtt Function.Unknown}}`, "", undecided, "not known before deployment"},
		{"another account", invoke + `Principal: "333333333333"}}`, "", broken, "333333333333 of another account"},
		{"the data's account", invoke + `Principal: "arn:aws:iam::222222222222:root"}}`, "", broken, "of another account"},
		{"somebody unknown", invoke + `Principal: !GetAtt Function.Unknown}}`, "", undecided, "not known before deployment"},
		{"its account", invoke + `Principal: "111111111111"}}`, "", fine, ""},
		{"a role of its account", invoke + `Principal: "arn:aws:iam::111111111111:role/x"}}`, "", fine, ""},
		{"a role of another account, as it has to", `Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: list, Action: "lambda:InvokeFunction", Principal: "arn:aws:iam::222222222222:role/sender"}}`,
			`Sender: ` + roleOf("sender", "events.amazonaws.com") + `
Rule: {Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {EventPattern: {source: [shop]}, Targets: [{Arn: "arn:aws:lambda:eu-west-1:111111111111:function:list", RoleArn: !GetAtt Sender.Arn}]}}`, fine, ""},
		{"a service, which another rule asks about", invoke + `Principal: sns.amazonaws.com}}`, "", fine, ""},
		{"by an alias of another function", `Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: "other:list", Action: "lambda:InvokeFunction", Principal: "*"}}`, "", fine, ""},
		{"by the name of a version", `Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: "list:7", Action: "lambda:InvokeFunction", Principal: "*"}}`, "", broken, "everybody"},
		{"everybody, under a condition", "Permission: {Type: AWS::Lambda::Permission, Condition: Unknown, Properties: {FunctionName: list, Action: \"lambda:InvokeFunction\", Principal: \"*\"}}",
			"", undecided, "whether it exists depends on condition"},
	},
	"AWS::Lambda::Url": {
		{"everybody", `Url: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !GetAtt Function.Arn, AuthType: NONE}}`, "", broken, "AuthType NONE lets everybody on the internet call function list"},
		{"unknown", `Url: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !GetAtt Function.Arn, AuthType: !GetAtt Function.Unknown}}`, "", undecided, "not known"},
		{"IAM", `Url: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !GetAtt Function.Arn, AuthType: AWS_IAM}}`, "", fine, ""},
	},
	"AWS::Lambda::EventInvokeConfig": {
		{"to another account", `Config: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Function, DestinationConfig: {OnSuccess: {Destination: "arn:aws:sqs:eu-west-1:333333333333:q"}}}}`, "",
			broken, "sends the results of function list"},
		{"to somebody unknown", `Config: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Function, DestinationConfig: {OnFailure: {Destination: !GetAtt Function.Unknown}}}}`, "",
			fine, ""}, // an attribute of a resource of this account
		{"to its account", `Config: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Function, DestinationConfig: {OnFailure: {Destination: "arn:aws:sqs:eu-west-1:111111111111:q"}}}}`, "", fine, ""},
	},
	"AWS::Lambda::EventSourceMapping": {
		{"from another account", `Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: list, EventSourceArn: "arn:aws:sqs:eu-west-1:333333333333:q"}}`, "", broken,
			"lets account 333333333333 give function list (workload) events"},
		{"from a broker of its own", `Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: list, SelfManagedEventSource: {}}}`, "", undecided, "SelfManagedEventSource"},
		{"failed events to another account", `Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: list, EventSourceArn: "arn:aws:sqs:eu-west-1:111111111111:q", DestinationConfig: {OnFailure: {Destination: "arn:aws:sqs:eu-west-1:333333333333:q"}}}}`, "", broken, "failed events"},
		{"from another account, as it has to", `Mapping: {Type: AWS::Lambda::EventSourceMapping, Metadata: {CrossGrant::MustWork: true}, Properties: {FunctionName: list, EventSourceArn: "arn:aws:sqs:eu-west-1:333333333333:q"}}`, "", fine, ""},
		{"data to a function of another account", "", `Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: "arn:aws:lambda:eu-west-1:333333333333:function:x", EventSourceArn: !GetAtt Clicks.Arn}}`,
			broken, "sends events of stream clicks (data)"},
		{"within the accounts", `Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: list, EventSourceArn: "arn:aws:sqs:eu-west-1:222222222222:orders"}}`,
			`Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: own, EventSourceArn: !GetAtt Clicks.Arn}}`, fine, ""},
	},
	"AWS::Lambda::Function": {
		{"dead letters to another account", `Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: list, Role: !GetAtt Reader.Arn, DeadLetterConfig: {TargetArn: "arn:aws:sqs:eu-west-1:333333333333:q"}}}`,
			"", broken, "DeadLetterConfig sends failed events"},
		{"dead letters to its account", `Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: list, Role: !GetAtt Reader.Arn, DeadLetterConfig: {TargetArn: "arn:aws:sqs:eu-west-1:111111111111:q"}}}`,
			"", fine, ""},
	},
}

var apiCases = map[string][]change{
	"AWS::ApiGatewayV2::Route": {
		{"no authorization", httpRoute(``, ``), "", broken, "lets everybody who reaches the API call function list (workload): it has no authorization"},
		{"NONE", httpRoute(``, `, AuthorizationType: NONE`), "", broken, "it has no authorization"},
		{"an API key", httpRoute(``, `, ApiKeyRequired: true`), "", broken, "an API key is none"},
		{"an authorizer that is missing", httpRoute(``, `, AuthorizationType: JWT`), "", broken, "has no AuthorizerId"},
		{"unknown", httpRoute(``, `, AuthorizationType: !GetAtt Function.Unknown`), "", undecided, "not known before deployment"},
		{"no authorization, to a queue on the way", `Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: list, EventSourceArn: !GetAtt Queue.Arn}}
Api: {Type: AWS::ApiGatewayV2::Api}
Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationSubtype: SQS-SendMessage, RequestParameters: {QueueUrl: !Ref Queue}}}
Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: POST /a, Target: !Sub "integrations/${Integration}"}}`, "", broken, "call queue jobs (channel)"},
		{"no authorization, to the data", "", `Api: {Type: AWS::ApiGatewayV2::Api}
Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationSubtype: Kinesis-PutRecord, RequestParameters: {StreamName: clicks}}}
Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: POST /a, Target: !Sub "integrations/${Integration}"}}`, broken, "call stream clicks (data)"},
		{"IAM", httpRoute(``, `, AuthorizationType: AWS_IAM`), "", fine, ""},
		{"an authorizer", httpRoute(``, `, AuthorizationType: CUSTOM, AuthorizerId: a1b2c3`), "", fine, ""},
		{"for everybody on purpose", httpRoute(`Metadata: {"CrossGrant::Public": true}, `, ``), "", fine, ""},
		{"to something else", `Api: {Type: AWS::ApiGatewayV2::Api}
Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationUri: "https://www.example.com"}}
Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /a, Target: !Sub "integrations/${Integration}"}}
Used: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationUri: !GetAtt Function.Arn}}`, "", fine, ""},
		{"a WebSocket API without $connect", webSocket(""), "", broken, "no route $connect"},
		{"a WebSocket API with an open $connect", webSocket(`Connect: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $connect}}`), "", broken, "it has no authorization"},
		{"a WebSocket API with authorization", webSocket(`Connect: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $connect, AuthorizationType: AWS_IAM}}`), "", fine, ""},
	},
	"AWS::ApiGatewayV2::Api": {
		{"made at once", `Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Target: !GetAtt Function.Arn}}`, "", broken, "Target makes a route that lets everybody on the internet call function list"},
		{"made at once, with authorization", `Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Target: !GetAtt Function.Arn}}
Overrides: {Type: AWS::ApiGatewayV2::ApiGatewayManagedOverrides, Properties: {ApiId: !Ref Api, Route: {AuthorizationType: AWS_IAM}}}`, "", fine, ""},
		{"made at once, on purpose", `Api: {Type: AWS::ApiGatewayV2::Api, Metadata: {"CrossGrant::Public": true}, Properties: {Target: !GetAtt Function.Arn}}`, "", fine, ""},
		{"of a description", `Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Body: {paths: {/a: {get: {uri: !GetAtt Function.Arn}}}}}}`, "", undecided, "OpenAPI description"},
	},
	"AWS::ApiGatewayV2::Authorizer": {
		{"a function of another account", httpRoute(``, `, AuthorizationType: AWS_IAM`) + `
Authorizer: {Type: AWS::ApiGatewayV2::Authorizer, Properties: {ApiId: !Ref Api, AuthorizerUri: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:333333333333:function:a/invocations"}}`,
			"", broken, "lets account 333333333333 give api"},
		{"a function of its account", httpRoute(``, `, AuthorizationType: AWS_IAM`) + `
Authorizer: {Type: AWS::ApiGatewayV2::Authorizer, Properties: {ApiId: !Ref Api, AuthorizerUri: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111111111111:function:a/invocations"}}`,
			"", fine, ""},
	},
	"AWS::ApiGateway::Authorizer": {
		{"a function of another account", restMethod("", `AuthorizationType: AWS_IAM`) + `
Authorizer: {Type: AWS::ApiGateway::Authorizer, Properties: {RestApiId: !Ref Api, AuthorizerUri: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:333333333333:function:a/invocations"}}`,
			"", broken, "lets account 333333333333 give restapi"},
		{"a user pool", restMethod("", `AuthorizationType: AWS_IAM`) + `
Authorizer: {Type: AWS::ApiGateway::Authorizer, Properties: {RestApiId: !Ref Api, ProviderARNs: ["arn:aws:cognito-idp:eu-west-1:111111111111:userpool/a"]}}`, "", fine, ""},
	},
	"AWS::ApiGateway::Method": {
		{"no authorization", restMethod("", `AuthorizationType: NONE`), "", broken, "it has no authorization"},
		{"no authorization, onto the data", "", `Api: {Type: AWS::ApiGateway::RestApi}
Method: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, Integration: {Type: AWS, Uri: "arn:aws:apigateway:eu-west-1:s3:path/lake/{key}"}}}`, broken, "call bucket lake (data)"},
		{"no authorization, by JSON that names the table", "", `Api: {Type: AWS::ApiGateway::RestApi}
Method: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, Integration: {Type: AWS, Uri: "arn:aws:apigateway:eu-west-1:dynamodb:action/Scan", RequestTemplates: {application/json: '{"TableName":"shop"}'}}}}`,
			broken, "call table shop (data)"},
		{"no authorization, and a policy for everybody", restMethod(`Policy: `+allow(`"*"`), `AuthorizationType: NONE`), "", broken, "the policy of its API lets everybody call"},
		{"no authorization, and a policy for its network", restMethod(onlyIf(`StringEquals: {"aws:SourceVpce": !Ref Endpoint}`), `AuthorizationType: NONE`) + endpoint, "", fine, ""},
		{"no authorization, and a policy for an endpoint of which nobody knows whose it is", restMethod(onlyIf(`StringEquals: {"aws:SourceVpce": vpce-1}`), `AuthorizationType: NONE`), "", undecided, "may let everybody call"},
		{"no authorization, and a policy for a range of addresses", restMethod(onlyIf(`IpAddress: {"aws:SourceIp": 198.51.100.0/24}`), `AuthorizationType: NONE`), "", undecided, "may let everybody call"},
		{"IAM", restMethod("", `AuthorizationType: AWS_IAM`), "", fine, ""},
		{"a user pool", restMethod("", `AuthorizationType: COGNITO_USER_POOLS, AuthorizerId: a1b2c3`), "", fine, ""},
	},
	"AWS::ApiGateway::RestApi": {
		{"a policy for another account", restMethod(`Policy: `+allow(`{AWS: "333333333333"}`), `AuthorizationType: AWS_IAM`), "", broken, "its policy lets 333333333333 call"},
		{"a policy for callers of all accounts", restMethod(`Policy: `+allow(`"*"`), `AuthorizationType: AWS_IAM`), "", broken, "lets a role of another account call"},
		{"a policy for all callers of an organization", restMethod(onlyIf(`StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}`), `AuthorizationType: AWS_IAM`), "", undecided, "may let a role of another account call"},
		{"a policy for one browser", restMethod(onlyIf(`StringLike: {"aws:UserAgent": "Mozilla*"}`), `AuthorizationType: AWS_IAM`), "", undecided, "may let a role of another account call"},
		{"a policy for callers of its account alone", restMethod(onlyIf(`StringEquals: {"aws:PrincipalAccount": "111111111111"}`), `AuthorizationType: AWS_IAM`), "", fine, ""},
		{"a policy for its network", restMethod(onlyIf(`StringEquals: {"aws:SourceVpce": !Ref Endpoint}`), `AuthorizationType: AWS_IAM`) + endpoint, "", fine, ""},
		{"a policy that is not known", restMethod(`Policy: !GetAtt Function.Unknown`, `AuthorizationType: AWS_IAM`), "", undecided, "may let a role of another account call"},
		{"a policy for its account", restMethod(`Policy: `+allow(`{AWS: "111111111111"}`), `AuthorizationType: AWS_IAM`), "", fine, ""},
		{"a description", `Api: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {paths: !GetAtt Function.Arn}}}`, "", undecided, "OpenAPI description"},
	},
	"AWS::AppSync::GraphQLApi": {
		{"a key", graph(`AuthenticationType: API_KEY`), "", broken, "API_KEY lets everybody who has the key"},
		{"a key, to the table", "", `Api: {Type: AWS::AppSync::GraphQLApi, Properties: {AuthenticationType: API_KEY}}
Source: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Api.ApiId, DynamoDBConfig: {TableName: !Ref Shop}}}`, broken, "API_KEY"},
		{"also a key", graph(`AuthenticationType: AWS_IAM, AdditionalAuthenticationProviders: [{AuthenticationType: API_KEY}]`), "", broken, "API_KEY"},
		{"a key, on purpose", publicGraph(`AuthenticationType: API_KEY`), "", fine, ""},
		{"unknown", graph(`AuthenticationType: !GetAtt Function.Unknown`), "", undecided, "not known"},
		{"IAM", graph(`AuthenticationType: AWS_IAM`), "", fine, ""},
	},
	"AWS::ElasticLoadBalancingV2::Listener": {
		{"no authentication", balanced(`{Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {DefaultActions: [{Type: forward, TargetGroupArn: !Ref Group}]}}`), "", broken, "everybody who reaches the load balancer"},
		{"authentication", balanced(`{Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {DefaultActions: [{Type: authenticate-oidc}, {Type: forward, TargetGroupArn: !Ref Group}]}}`), "", fine, ""},
	},
	"AWS::ElasticLoadBalancingV2::ListenerRule": {
		{"no authentication", balanced(`{Type: AWS::ElasticLoadBalancingV2::ListenerRule, Properties: {Actions: [{Type: forward, TargetGroupArn: !Ref Group}]}}`), "", broken, "everybody who reaches the load balancer"},
		{"authentication", balanced(`{Type: AWS::ElasticLoadBalancingV2::ListenerRule, Properties: {Actions: [{Type: authenticate-cognito}, {Type: forward, TargetGroupArn: !Ref Group}]}}`), "", fine, ""},
	},
}

// httpRoute is a route of an HTTP API to the function, with more properties.
func httpRoute(metadata, properties string) string {
	return `Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationUri: !GetAtt Function.Arn}}
Route: {Type: AWS::ApiGatewayV2::Route, ` + metadata + `Properties: {ApiId: !Ref Api, RouteKey: GET /a, Target: !Sub "integrations/${Integration}"` + properties + `}}`
}

// restMethod is a method of a REST API to the function.
func restMethod(api, properties string) string {
	return `Api: {Type: AWS::ApiGateway::RestApi, Properties: {` + api + `}}
Method: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, Integration: {Type: AWS_PROXY, Uri: !Sub "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"}, ` + properties + `}}`
}

// webSocket is a WebSocket API to the function, with another resource.
func webSocket(more string) string {
	return `Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationUri: !GetAtt Function.Arn}}
Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${Integration}"}}
` + more
}

// graph is a GraphQL API to the function.
func graph(properties string) string {
	return `Api: {Type: AWS::AppSync::GraphQLApi, Properties: {` + properties + `}}
Source: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Api.ApiId, LambdaConfig: {LambdaFunctionArn: !GetAtt Function.Arn}}}`
}

// publicGraph is one that is for everybody on purpose.
func publicGraph(properties string) string {
	return strings.Replace(graph(properties), "Properties:", `Metadata: {"CrossGrant::Public": true}, Properties:`, 1)
}

// balanced is a listener or a rule of one, before the function.
func balanced(listener string) string {
	return `Group: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {TargetType: lambda, Targets: [{Id: !GetAtt Function.Arn}]}}
Listener: ` + listener
}

// onlyIf is the policy of a REST API for all callers of whom a condition is true.
func onlyIf(condition string) string {
	return `Policy: {Statement: [{Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "*", Condition: {` + condition + `}}]}`
}

const endpoint = `
Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: vpc-1, ServiceName: com.amazonaws.eu-west-1.execute-api, VpcEndpointType: Interface}}`
