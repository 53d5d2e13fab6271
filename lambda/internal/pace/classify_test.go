package pace

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// given is an error of a call that was repeated already, as that for credentials is.
type given struct{ error }

func (given) RetryableError() bool { return false }
func (g given) Unwrap() error      { return g.error }

func TestClassify(t *testing.T) {
	api := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	status := func(status int) error {
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: errors.New("no document")}
	}
	for name, c := range map[string]struct {
		err      error
		expected Class
	}{
		"denied":                            {api("AccessDenied"), Final},
		"an internal error":                 {api("InternalError"), Transient},
		"SlowDown":                          {api("SlowDown"), Throttled},
		"a throttled KMS key":               {api("KMS.ThrottlingException"), Throttled},
		"a request that came too late":      {api("RequestTimeTooSkewed"), Transient},
		"a table without throughput":        {api("ProvisionedThroughputExceededException"), Throttled},
		"503 without a document":            {status(503), Throttled},
		"502 without a document":            {status(502), Transient},
		"404 without a document":            {status(404), Final},
		"an expired session":                {api("ExpiredToken"), Session},
		"an answer that cannot be read":     {&smithy.DeserializationError{Err: errors.New("cut")}, Transient},
		"a connection that broke":           {&smithyhttp.RequestSendError{Err: errors.New("reset")}, Transient},
		"throttled credentials":             {fmt.Errorf("get credentials: %w", given{api("Throttling")}), Final},
		"expired credentials of the caller": {fmt.Errorf("get credentials: %w", given{api("ExpiredToken")}), Final},
		"credentials without an answer":     {fmt.Errorf("get credentials: %w", given{&smithyhttp.RequestSendError{Err: errors.New("reset")}}), Final},
	} {
		if got := Classify(c.err); got != c.expected {
			t.Errorf("%s: found %v, expected %v", name, got, c.expected)
		}
	}
}
