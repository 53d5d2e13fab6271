package workload

import (
	"net/http"
	"strconv"
)

// Operation is what an OpenAPI document says of a GET beyond what its API knows: what the function takes and answers.
type Operation struct {
	// Title and Version are the document's own. Required.
	Title, Version string
	// ID names the operation to those who generate clients, such as "listItems". Required.
	ID string
	// Summary is one line, Description as many as it takes. Summary is required.
	Summary, Description string
	// Parameters are OpenAPI Parameter Objects, in order. Default none.
	Parameters []map[string]any
	// Responses are the function's own answers by status, 200 among them. Required.
	Responses map[int]Response
	// Schemas are OpenAPI Schema Objects by the names that Responses use. Required.
	Schemas map[string]any
}

// Response is one kind of answer, with a JSON body.
type Response struct {
	// Description says when it comes. Required.
	Description string
	// Schema is the body's name in [Operation.Schemas]. Required.
	Schema string
}

// gatewayProblem names the body of what API Gateway answers by itself.
const gatewayProblem = "GatewayProblem"

// gatewayAnswers are what API Gateway answers to a GET in place of the function.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
var gatewayAnswers = map[int]string{
	http.StatusForbidden:           "API Gateway: the request is not signed, or the signer may not call this route.",
	http.StatusTooManyRequests:     "API Gateway: more requests came than it lets through.",
	http.StatusInternalServerError: "API Gateway: the function failed, or was throttled.",
	http.StatusServiceUnavailable:  "API Gateway: the function did not answer in time.",
}

// OpenAPI describes the API as an OpenAPI 3.0.3 document, to be encoded as JSON: its GET, the authorization, and API Gateway's own answers
// beside the function's. It is plain data without anything that only a deployment knows: the API's id is a variable of the server's address.
// It takes nothing of the props but Path and Authorization, and does not check them.
//
// https://spec.openapis.org/oas/v3.0.3.html
func (p FunctionAPIProps) OpenAPI(get Operation) map[string]any {
	p = p.withDefaults()
	schemas := map[string]any{gatewayProblem: map[string]any{
		"type": "object", "required": []string{"message"}, "description": "What API Gateway answers by itself.",
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
		// As API Gateway exports it.
		components["securitySchemes"] = map[string]any{"sigv4": map[string]any{
			"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4",
			"description": "AWS Signature Version 4 for the service execute-api, by credentials that permit execute-api:Invoke on the route.",
		}}
		operation["security"] = []any{map[string]any{"sigv4": []any{}}}
	}
	return map[string]any{
		"openapi": "3.0.3",
		"info":    map[string]any{"title": get.Title, "version": get.Version},
		"servers": []any{map[string]any{
			"url": "https://{api}.execute-api.{region}.amazonaws.com",
			"variables": map[string]any{
				"api":    map[string]any{"default": "a1b2c3d4e5", "description": "The API's id, which AWS makes up when it is deployed."},
				"region": map[string]any{"default": "us-east-1"},
			},
		}},
		"paths":      map[string]any{p.Path: map[string]any{"get": operation}},
		"components": components,
	}
}

func (p FunctionAPIProps) responses(own map[int]Response) map[string]any {
	reference := func(name string) map[string]any { return map[string]any{"$ref": "#/components/schemas/" + name} }
	answer := func(description string, schema map[string]any) map[string]any {
		return map[string]any{"description": description, "content": map[string]any{"application/json": map[string]any{"schema": schema}}}
	}
	all := map[string]any{}
	for status, response := range own {
		all[strconv.Itoa(status)] = answer(response.Description, reference(response.Schema))
	}
	for status, description := range gatewayAnswers {
		if status == http.StatusForbidden && p.Authorization == NoAuthorization {
			continue
		}
		schema := reference(gatewayProblem)
		if response, both := own[status]; both {
			description = response.Description + " " + description
			schema = map[string]any{"anyOf": []any{reference(response.Schema), schema}}
		}
		all[strconv.Itoa(status)] = answer(description, schema)
	}
	return all
}
