package answer

import (
	"testing"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

func TestForms(t *testing.T) {
	denied := failure.Failure{Status: 403, Message: `no "x"`, AWSRequestID: "AWS1"}
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"a plain failure", Problem(denied, "L1"), `{"statusCode":403,"error":"no \"x\"","requestId":"L1","awsRequestId":"AWS1"}`},
		{"a plain failure without ids", Problem(failure.Failure{Status: 400, Message: "m"}, ""), `{"statusCode":400,"error":"m"}`},
		{"a proxy success", Proxy(200, []byte(`{"items":["<&>"]}`)),
			`{"statusCode":200,"headers":{"cache-control":"no-store","content-type":"application/json"},"body":"{\"items\":[\"<&>\"]}","isBase64Encoded":false}`},
		{"a proxy failure", ProxyProblem(denied, "L1"),
			`{"statusCode":403,"headers":{"cache-control":"no-store","content-type":"application/json"},"body":"{\"error\":\"no \\\"x\\\"\",\"requestId\":\"L1\",\"awsRequestId\":\"AWS1\"}","isBase64Encoded":false}`},
		{"405 says what is allowed", ProxyProblem(failure.Failure{Status: 405, Message: "m"}, "L1"),
			`{"statusCode":405,"headers":{"allow":"GET","cache-control":"no-store","content-type":"application/json"},"body":"{\"error\":\"m\",\"requestId\":\"L1\"}","isBase64Encoded":false}`},
		{"429 says when to come back", ProxyProblem(failure.Failure{Status: 429, Message: "m"}, "L1"),
			`{"statusCode":429,"headers":{"cache-control":"no-store","content-type":"application/json","retry-after":"1"},"body":"{\"error\":\"m\",\"requestId\":\"L1\"}","isBase64Encoded":false}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if string(c.got) != c.want {
				t.Errorf("got  %s\nwant %s", c.got, c.want)
			}
		})
	}
}

func TestTheBoundLeavesRoomBelowLambdasLimit(t *testing.T) {
	if MaxBytes != 5767168 {
		t.Errorf("MaxBytes is %d, want 5.5 MiB", MaxBytes)
	}
}

func TestBatchNamesWhatComesAgain(t *testing.T) {
	for _, c := range []struct {
		failed []string
		want   string
	}{
		{nil, `{"batchItemFailures":[]}`},
		{[]string{"m1", "m2"}, `{"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"m2"}]}`},
	} {
		if got := string(Batch(c.failed)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
