// Package answer has the forms and the size limit of the answers of all functions. It does not decide what an answer says.
package answer

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

// MaxBytes is the most bytes of an answer: Lambda accepts 6,291,456, and half a mebibyte is reserved for what surrounds the entries.
// See https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const MaxBytes = 5<<20 + 1<<19

// JSON encodes v without the escapes for HTML, which would turn one byte into six.
func JSON(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

type problem struct {
	StatusCode   int    `json:"statusCode,omitempty"`
	Error        string `json:"error"`
	RequestID    string `json:"requestId,omitempty"`
	AWSRequestID string `json:"awsRequestId,omitempty"`
}

// Problem is the answer to a plain event that failed. Only a failure has a statusCode.
func Problem(f failure.Failure, requestID string) []byte {
	return mustJSON(problem{f.Status, f.Message, requestID, f.AWSRequestID})
}

// Proxy is the answer to an event of API Gateway, of either payload version; body is the JSON for the HTTP client.
// See https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
func Proxy(status int, body []byte) []byte {
	headers := map[string]string{"content-type": "application/json", "cache-control": "no-store"}
	switch status {
	case http.StatusMethodNotAllowed:
		headers["allow"] = http.MethodGet
	case http.StatusTooManyRequests:
		headers["retry-after"] = "1"
	}
	return mustJSON(struct {
		StatusCode      int               `json:"statusCode"`
		Headers         map[string]string `json:"headers"`
		Body            string            `json:"body"`
		IsBase64Encoded bool              `json:"isBase64Encoded"`
	}{status, headers, string(body), false})
}

// ProxyProblem is the answer to an event of API Gateway that failed.
func ProxyProblem(f failure.Failure, requestID string) []byte {
	return Proxy(f.Status, mustJSON(problem{Error: f.Message, RequestID: requestID, AWSRequestID: f.AWSRequestID}))
}

// Batch is the answer to a batch from SQS: the IDs of the messages that SQS is to deliver again, none if all succeeded.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func Batch(failed []string) []byte {
	type item struct {
		ItemIdentifier string `json:"itemIdentifier"`
	}
	items := []item{}
	for _, id := range failed {
		items = append(items, item{id})
	}
	return mustJSON(map[string]any{"batchItemFailures": items})
}

// mustJSON encodes values of this package: strings, numbers and maps of strings, which always succeeds.
func mustJSON(v any) []byte {
	out, err := JSON(v)
	if err != nil {
		panic(err)
	}
	return out
}
