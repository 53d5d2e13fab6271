package stacks

import (
	"net/http"

	"github.com/crossgrant/crossgrant/constructs/workload"
)

// itemsAPI is the API of the scan function, still without the function and what its logs need.
func (c Config) itemsAPI() workload.FunctionAPIProps {
	return workload.FunctionAPIProps{APIName: c.name("items"), Path: "/items", Authorization: c.APIAuthorization, CORSOrigins: c.APIOrigins}
}

// OpenAPI describes the API of the scan function as an OpenAPI 3.0.3 document: what lambda/internal/scanning takes and answers, behind the
// API as it is configured.
func (c Config) OpenAPI() map[string]any {
	type object = map[string]any
	text := func(description string) object { return object{"type": "string", "description": description} }
	problem := func(description string) workload.Response {
		return workload.Response{Description: description, Schema: "Problem"}
	}
	return c.itemsAPI().OpenAPI(workload.Operation{
		Title: "Items", Version: "1.0.0", ID: "listItems", Summary: "The items of the target account's table, page by page.",
		Description: "Items come in the table's own order. Those that are written or deleted meanwhile may be missing or not. No answer is larger " +
			"than Lambda's 6 MB, so one may have fewer items than limit, and still a next. API Gateway answers any other method and path with 404.",
		Parameters: []map[string]any{
			{"name": "limit", "in": "query", "description": "How many items the answer has at most.",
				"schema": object{"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
			{"name": "next", "in": "query", "description": "The next of the answer before, unchanged, to go on after it. Left out to begin.",
				"schema": object{"type": "string", "minLength": 1}},
		},
		Responses: map[int]workload.Response{
			http.StatusOK:                  {Description: "A page of items.", Schema: "Items"},
			http.StatusBadRequest:          problem("A query parameter is unknown, wrong or there twice: error names it, what was found and what is expected."),
			http.StatusForbidden:           problem("AWS denied the function the trusted role or the table: error names the role."),
			http.StatusTooManyRequests:     problem("DynamoDB or STS throttled the function; Retry-After says when to try again."),
			http.StatusInternalServerError: problem("Anything else: error says what to check, or the function's log has the cause under requestId."),
		},
		Schemas: map[string]any{
			"Items": object{
				"type": "object", "required": []string{"items", "count"}, "additionalProperties": false,
				"properties": object{
					"items": object{"type": "array", "maxItems": 1000, "items": object{"type": "object"},
						"description": "The items' attributes by name. A number keeps all its digits, 38 at most; binary is base64; a set is an array."},
					"count": object{"type": "integer", "minimum": 0, "description": "How many items the answer has."},
					"next":  text("Where to go on; left out at the end of the table."),
				},
			},
			"Problem": object{
				"type": "object", "required": []string{"error"}, "additionalProperties": false,
				"properties": object{
					"error":        text("What went wrong, in a sentence."),
					"requestId":    text("Lambda's request id, by which the function's log has the cause."),
					"awsRequestId": text("The request id of the call to AWS that failed, if one did."),
				},
			},
		},
	})
}
