package awserror

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestErrors(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}
	answered := &awshttp.ResponseError{RequestID: "R1", ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 403}}, Err: denied,
	}}
	sts := &smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: answered}
	type found struct {
		code      string
		message   string
		status    int
		requestID string
		operation string
	}
	for name, c := range map[string]struct {
		err      error
		expected found
	}{
		"none":                     {nil, found{operation: " "}},
		"an error of our own":      {errors.New("x"), found{operation: " "}},
		"without an answer":        {&smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: errors.New("dial")}, found{operation: "S3 GetObject"}},
		"an answer":                {sts, found{"AccessDenied", "no", 403, "R1", "STS AssumeRole"}},
		"credentials for the call": {fmt.Errorf("x: %w", &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: fmt.Errorf("y: %w", sts)}), found{"AccessDenied", "no", 403, "R1", "STS AssumeRole"}},
	} {
		service, operation := Operation(c.err)
		if is := (found{Code(c.err), Message(c.err), Status(c.err), RequestID(c.err), service + " " + operation}); is != c.expected {
			t.Errorf("%s: found %+v, expected %+v", name, is, c.expected)
		}
	}
}
