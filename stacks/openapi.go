package stacks

import (
	"net/http"

	"github.com/crossgrant/crossgrant/constructs/workload"
)

// itemsAPI returns the props of the scan function's API, without the function and the settings of its logs.
func (c Config) itemsAPI() workload.FunctionAPIProps {
	return workload.FunctionAPIProps{APIName: c.name("items"), Path: c.APIPath, Authorization: c.APIAuthorization, CORSOrigins: c.APIOrigins}
}

// OpenAPI describes the API of the scan function as an OpenAPI 3.0.3 document: the parameters and responses of lambda/internal/scanning, and
// the authorization as configured.
func (c Config) OpenAPI() map[string]any {
	type object = map[string]any
	text := func(description string) object { return object{"type": "string", "description": description} }
	problem := func(description string) workload.Response {
		return workload.Response{Description: description, Schema: "Problem"}
	}
	return c.itemsAPI().OpenAPI(workload.Operation{
		Title: "Items", Version: "1.0.0", ID: "listItems", Summary: "Items of the target account's table, in pages.",
		Description: "Items are in the table's own order. Items that are written or deleted during the scan may be missing. A response has at most " +
			"Lambda's 6 MB, so it can have fewer items than limit and still a next. API Gateway answers any other method or path with 404.",
		Parameters: []map[string]any{
			{"name": "limit", "in": "query", "description": "The largest number of items in the response.",
				"schema": object{"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
			{"name": "next", "in": "query", "description": "The next of the previous response, unchanged. Omit it for the first page.",
				"schema": object{"type": "string", "minLength": 1}},
		},
		Responses: map[int]workload.Response{
			http.StatusOK:                  {Description: "A page of items.", Schema: "Items"},
			http.StatusBadRequest:          problem("A query parameter is unknown, invalid or repeated: error has its name, what was found and what was expected."),
			http.StatusForbidden:           problem("AWS denied the function access to the trusted role or the table: error has the role."),
			http.StatusTooManyRequests:     problem("DynamoDB or STS throttled the function; Retry-After has the time to wait."),
			http.StatusInternalServerError: problem("Any other error: error says what to check, or the function's log has the cause under requestId."),
		},
		Schemas: map[string]any{
			"Items": object{
				"type": "object", "required": []string{"items", "count"}, "additionalProperties": false,
				"properties": object{
					"items": object{"type": "array", "maxItems": 1000, "items": object{"type": "object"},
						"description": "The items' attributes by name. Numbers keep all digits, up to 38; binary values are base64; sets are arrays."},
					"count": object{"type": "integer", "minimum": 0, "description": "The number of items in the response."},
					"next":  text("The position after this page; omitted at the end of the table."),
				},
			},
			"Problem": object{
				"type": "object", "required": []string{"error"}, "additionalProperties": false,
				"properties": object{
					"error":        text("The error, in one sentence."),
					"requestId":    text("Lambda's request ID, by which to find the cause in the function's log."),
					"awsRequestId": text("The request ID of the call to AWS that failed, if any."),
				},
			},
		},
	})
}
