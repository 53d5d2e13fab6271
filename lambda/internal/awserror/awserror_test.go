package awserror

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
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
		"none":                {nil, found{operation: " "}},
		"an error of our own": {errors.New("x"), found{operation: " "}},
		"without an answer":   {&smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: errors.New("dial")}, found{operation: "S3 GetObject"}},
		"an answer":           {sts, found{"AccessDenied", "no", 403, "R1", "STS AssumeRole"}},
		"no answer, as the SDK wraps it": {&smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{}}, Err: &smithyhttp.RequestSendError{Err: errors.New("dial")}}}}, found{operation: "S3 GetObject"}},
		"the answer beside the context's error": {errors.Join(&smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: context.DeadlineExceeded}, sts),
			found{"AccessDenied", "no", 403, "R1", "STS AssumeRole"}},
		"the answer within a call, beside another error": {&smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: fmt.Errorf("%w: %w", context.DeadlineExceeded, answered)},
			found{"AccessDenied", "no", 403, "R1", "S3 GetObject"}},
		"a status alone": {&smithy.OperationError{ServiceID: "S3", OperationName: "HeadObject", Err: &awshttp.ResponseError{RequestID: "R2", ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 301}}, Err: errors.New("x")}}}, found{status: 301, requestID: "R2", operation: "S3 HeadObject"}},
		"credentials for the call": {fmt.Errorf("x: %w", &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: fmt.Errorf("y: %w", sts)}), found{"AccessDenied", "no", 403, "R1", "STS AssumeRole"}},
	} {
		service, operation := Operation(c.err)
		if is := (found{Code(c.err), Message(c.err), Status(c.err), Read(c.err).RequestID, service + " " + operation}); is != c.expected {
			t.Errorf("%s: found %+v, expected %+v", name, is, c.expected)
		}
	}
}

func TestRegion(t *testing.T) {
	for name, c := range map[string]struct{ header, message, expected string }{
		"a redirect":           {"eu-west-1", "", "eu-west-1"},
		"a wrong signature":    {"", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'us-gov-west-1'", "us-gov-west-1"},
		"neither":              {"", "Moved", ""},
		"what is no region":    {"<script>", "", ""},
		"a word that is none":  {"europe", "", ""},
		"what is far too long": {"eu-west-1-eu-west-1-eu-west-1", "", ""},
	} {
		err := &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{
			StatusCode: 301, Header: http.Header{"X-Amz-Bucket-Region": {c.header}}}}, Err: &smithy.GenericAPIError{Message: c.message}}}
		if got := Read(err).Region(); got != c.expected {
			t.Errorf("%s: found %q, expected %q", name, got, c.expected)
		}
	}
}

func TestHost(t *testing.T) {
	for name, c := range map[string]struct {
		err      error
		expected string
	}{
		"a request":       {fmt.Errorf("x: %w", &url.Error{Op: "Get", URL: "https://b.s3.eu-west-1.amazonaws.com:443/k?X-Amz-Security-Token=secret", Err: errors.New("x")}), "b.s3.eu-west-1.amazonaws.com"},
		"a name":          {&net.DNSError{Name: "sts.nope.invalid"}, "sts.nope.invalid"},
		"an address":      {&net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 443}, Err: errors.New("x")}, "10.0.0.1:443"},
		"no request":      {errors.New("x"), ""},
		"a malformed URL": {&url.Error{URL: "%zz", Err: errors.New("x")}, ""},
	} {
		if got := Host(c.err); got != c.expected {
			t.Errorf("%s: found %q, expected %q", name, got, c.expected)
		}
	}
}

func TestIsCall(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"a call that AWS refused", &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: &smithy.GenericAPIError{Code: "SlowDown"}}, true},
		{"a call without an answer", &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: errors.New("connection refused")}, true},
		{"an error of a service alone", &smithy.GenericAPIError{Code: "SlowDown"}, true},
		{"an answer that is odd", errors.New("found a key twice"), false},
	} {
		if got := IsCall(c.err); got != c.want {
			t.Errorf("%s: found %t", c.name, got)
		}
	}
}
