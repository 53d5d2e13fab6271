package main

import "strings"

// invokeOperators let others invoke a function that runs as a grantee, or change it.
func invokeOperators() []*operator {
	return []*operator{
		permission("anyone may invoke", "lambda:InvokeFunction", "*", nil),
		permission("another account may invoke", "lambda:InvokeFunction", foreignAccount, nil),
		permission("another account's role may invoke", "lambda:InvokeFunction", "arn:aws:iam::"+foreignAccount+":role/other", nil),
		permission("an organization may invoke", "lambda:InvokeFunction", "*", map[string]any{"PrincipalOrgID": "o-other12345"}),
		permission("another account may change the code", "lambda:UpdateFunctionCode", foreignAccount, nil),
		permission("another account may do everything", "lambda:*", foreignAccount, nil),
		permission("a service invokes without a source", "lambda:InvokeFunction", "s3.amazonaws.com", nil),
		permission("a service invokes, another account's source", "lambda:InvokeFunction", "s3.amazonaws.com",
			map[string]any{"SourceAccount": foreignAccount, "SourceArn": "arn:aws:s3:::other"}),
		permission("a topic of another account invokes", "lambda:InvokeFunction", "sns.amazonaws.com",
			map[string]any{"SourceArn": "arn:aws:sns:us-east-1:" + foreignAccount + ":other"}),
		permission("a rule of another account invokes", "lambda:InvokeFunction", "events.amazonaws.com",
			map[string]any{"SourceArn": "arn:aws:events:us-east-1:" + foreignAccount + ":rule/other"}),
		permission("any API invokes", "lambda:InvokeFunction", "apigateway.amazonaws.com", nil),
		adding("a function URL for anyone", isWorkload, func(r *resource) map[string]any {
			return functionURL(get(r, "Arn"), "*")
		}),
		adding("a function URL for another account", isWorkload, func(r *resource) map[string]any {
			resources := functionURL(get(r, "Arn"), foreignAccount)
			properties := object(object(resources["OtherUrl"])["Properties"])
			properties["AuthType"] = "AWS_IAM"
			delete(object(object(resources["OtherPermission"])["Properties"]), "FunctionUrlAuthType")
			return resources
		}),
		adding("anyone may invoke an alias", isWorkload, func(r *resource) map[string]any {
			return map[string]any{
				"OtherVersion": made("AWS::Lambda::Version", map[string]any{"FunctionName": ref(r)}),
				"OtherAlias": made("AWS::Lambda::Alias", map[string]any{"FunctionName": ref(r), "Name": "other",
					"FunctionVersion": map[string]any{"Fn::GetAtt": []any{"OtherVersion", "Version"}}}),
				"OtherPermission": made("AWS::Lambda::Permission", map[string]any{"FunctionName": map[string]any{"Ref": "OtherAlias"},
					"Action": "lambda:InvokeFunction", "Principal": "*"}),
			}
		}),
		adding("an HTTP API for anyone", isWorkload, func(r *resource) map[string]any {
			return map[string]any{
				"OtherApi": made("AWS::ApiGatewayV2::Api", map[string]any{"Name": "other", "ProtocolType": "HTTP", "Target": get(r, "Arn")}),
				"OtherPermission": made("AWS::Lambda::Permission", map[string]any{"FunctionName": get(r, "Arn"), "Action": "lambda:InvokeFunction",
					"Principal": "apigateway.amazonaws.com", "SourceArn": map[string]any{"Fn::Join": []any{"", []any{
						"arn:aws:execute-api:" + r.Stack.Region + ":" + r.Stack.Account + ":", map[string]any{"Ref": "OtherApi"}, "/*"}}}}),
			}
		}),
		adding("a REST API for anyone", isWorkload, func(r *resource) map[string]any {
			api := map[string]any{"Ref": "OtherApi"}
			return map[string]any{
				"OtherApi": made("AWS::ApiGateway::RestApi", map[string]any{"Name": "other"}),
				"OtherMethod": made("AWS::ApiGateway::Method", map[string]any{"RestApiId": api, "ResourceId": map[string]any{
					"Fn::GetAtt": []any{"OtherApi", "RootResourceId"}}, "HttpMethod": "GET", "AuthorizationType": "NONE",
					"Integration": map[string]any{"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": map[string]any{"Fn::Join": []any{"", []any{
						"arn:aws:apigateway:" + r.Stack.Region + ":lambda:path/2015-03-31/functions/", get(r, "Arn"), "/invocations"}}}}}),
				"OtherPermission": made("AWS::Lambda::Permission", map[string]any{"FunctionName": get(r, "Arn"), "Action": "lambda:InvokeFunction",
					"Principal": "apigateway.amazonaws.com", "SourceArn": map[string]any{"Fn::Join": []any{"", []any{
						"arn:aws:execute-api:" + r.Stack.Region + ":" + r.Stack.Account + ":", api, "/*/GET/"}}}}),
			}
		}),
		adding("a load balancer's target", isWorkload, func(r *resource) map[string]any {
			return map[string]any{
				"OtherTargets": made("AWS::ElasticLoadBalancingV2::TargetGroup", map[string]any{"TargetType": "lambda",
					"Targets": []any{map[string]any{"Id": get(r, "Arn")}}}),
				"OtherPermission": made("AWS::Lambda::Permission", map[string]any{"FunctionName": get(r, "Arn"), "Action": "lambda:InvokeFunction",
					"Principal": "elasticloadbalancing.amazonaws.com"}),
			}
		}),
		adding("a user pool's trigger", isWorkload, func(r *resource) map[string]any {
			return map[string]any{
				"OtherPool": made("AWS::Cognito::UserPool", map[string]any{"LambdaConfig": map[string]any{"PreSignUp": get(r, "Arn")}}),
				"OtherPermission": made("AWS::Lambda::Permission", map[string]any{"FunctionName": get(r, "Arn"), "Action": "lambda:InvokeFunction",
					"Principal": "cognito-idp.amazonaws.com", "SourceArn": map[string]any{"Fn::GetAtt": []any{"OtherPool", "Arn"}}}),
			}
		}),
		adding("a data source of a GraphQL API", isWorkload, func(r *resource) map[string]any {
			return map[string]any{
				"OtherApi": made("AWS::AppSync::GraphQLApi", map[string]any{"Name": "other", "AuthenticationType": "API_KEY"}),
				"OtherSource": made("AWS::AppSync::DataSource", map[string]any{"ApiId": map[string]any{"Fn::GetAtt": []any{"OtherApi", "ApiId"}},
					"Name": "other", "Type": "AWS_LAMBDA", "LambdaConfig": map[string]any{"LambdaFunctionArn": get(r, "Arn")}}),
			}
		}),
		on("the permission's source dropped", isPermission, func(r *resource) []change {
			if r.property("SourceArn") == nil {
				return nil
			}
			return []change{r.set("SourceArn", nothing{}, "none")}
		}),
		setting("the permission for anyone", isPermission, "*", "Principal"),
		on("drop the permission", isPermission, func(r *resource) []change { return []change{r.drop()} }),
		on("the permission's source changed", isPermission, func(r *resource) []change {
			return []change{r.set("SourceArn", r.foreign("execute-api", "abcdefghij/*"), "another account's")}
		}),
	}
}

// isPermission says that a permission is on a function that runs as a grantee.
func isPermission(r *resource) bool {
	if r.Type != "AWS::Lambda::Permission" {
		return false
	}
	for _, f := range r.subject.resources {
		if isWorkload(f) && f.template == r.template && (r.text(place{"FunctionName"}) == f.ARN || r.text(place{"FunctionName"}) == f.Ref) {
			return true
		}
	}
	return false
}

// permission is an operator that adds a permission on a function.
func permission(name, action, principal string, more map[string]any) *operator {
	return adding(name, isWorkload, func(r *resource) map[string]any {
		properties := map[string]any{"FunctionName": get(r, "Arn"), "Action": action, "Principal": principal}
		for key, value := range more {
			if text, ok := value.(string); ok {
				value = strings.Replace(text, "us-east-1", r.Stack.Region, 1)
			}
			properties[key] = value
		}
		return map[string]any{"OtherPermission": made("AWS::Lambda::Permission", properties)}
	})
}

// functionURL is a URL of a function without authentication, with the permission that it takes.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func functionURL(function any, principal string) map[string]any {
	return map[string]any{
		"OtherUrl": made("AWS::Lambda::Url", map[string]any{"TargetFunctionArn": function, "AuthType": "NONE"}),
		"OtherPermission": made("AWS::Lambda::Permission", map[string]any{"FunctionName": function, "Action": "lambda:InvokeFunctionUrl",
			"Principal": principal, "FunctionUrlAuthType": "NONE"}),
		"OtherInvocation": made("AWS::Lambda::Permission", map[string]any{"FunctionName": function, "Action": "lambda:InvokeFunction",
			"Principal": principal, "InvokedViaFunctionUrl": true}),
	}
}

// apiOperators change an API before a function that runs as a grantee.
func apiOperators() []*operator {
	return []*operator{
		setting("a route without authorization", isRoute, "NONE", "AuthorizationType"),
		setting("the route's authorization dropped", isRoute, nothing{}, "AuthorizationType"),
		on("drop the route of the API", isRoute, func(r *resource) []change { return []change{r.drop()} }),
		adding("another route without authorization", isRoute, func(r *resource) map[string]any {
			return map[string]any{"OtherRoute": made("AWS::ApiGatewayV2::Route", map[string]any{"ApiId": r.property("ApiId"),
				"RouteKey": "$default", "Target": r.property("Target")})}
		}),
		setting("the route to another integration", isRoute, "integrations/another", "Target"),
		on("the integration's function", ofAPI("AWS::ApiGatewayV2::Integration"), func(r *resource) []change {
			return []change{r.set("IntegrationUri", r.foreign("lambda", "function:other"), "another account's")}
		}),
		on("drop the stage", ofAPI("AWS::ApiGatewayV2::Stage"), func(r *resource) []change { return []change{r.drop()} }),
		setting("the API's endpoint off", isAPI, true, "DisableExecuteApiEndpoint"),
		setting("methods without authorization", ofMarkedAPI("AWS::ApiGateway::Method"), "NONE", "AuthorizationType"),
	}
}

func isAPI(r *resource) bool {
	return r.Type == "AWS::ApiGatewayV2::Api" && len(routesOf(r, r.Ref)) > 0
}

// isRoute says that a route of an HTTP API asks for authorization, and has to work.
func isRoute(r *resource) bool {
	authorization := r.text(place{"AuthorizationType"})
	return isMarkedType("AWS::ApiGatewayV2::Route")(r) && authorization != "" && authorization != "NONE"
}

// ofAPI says that a resource is of a type, and of an API with a route that has to work.
func ofAPI(kind string) func(*resource) bool {
	return func(r *resource) bool { return r.Type == kind && len(routesOf(r, r.text(place{"ApiId"}))) > 0 }
}

// ofMarkedAPI says that a method asks for authorization.
func ofMarkedAPI(kind string) func(*resource) bool {
	return func(r *resource) bool {
		authorization := r.text(place{"AuthorizationType"})
		return r.Type == kind && authorization != "" && authorization != "NONE"
	}
}

func routesOf(r *resource, api string) (all []*resource) {
	for _, route := range r.subject.resources {
		if isRoute(route) && route.template == r.template && route.text(place{"ApiId"}) == api {
			all = append(all, route)
		}
	}
	return all
}
