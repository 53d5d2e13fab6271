package awsclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// Caller makes signed calls to one service. The SDK's middleware costs more of a processor than the request itself; a Caller signs as the SDK does,
// and its errors have the same form. It is safe for concurrent use.
type Caller struct {
	// Service is the SDK's name of the service, such as "S3".
	Service string
	// Credentials sign the requests. If they are a [Session], one that the service refuses is replaced.
	Credentials aws.CredentialsProvider
	// HTTP sends the requests.
	HTTP aws.HTTPClient
	// Pace decides when a request is sent, and whether it is sent again.
	Pace *pace.Pace
	// Signer signs them.
	Signer *v4.Signer

	skew atomic.Int64 // how far the service's clock is ahead, in nanoseconds
}

// Session is a provider of credentials that can be told that a service refuses them.
type Session interface {
	// Drop forgets the credentials with this access key ID, if they are still the current ones.
	Drop(accessKeyID string)
}

// Call is one call of a service.
type Call struct {
	// Operation is its name, such as "CopyObject".
	Operation string
	// Target is what the pace is kept for, such as "BUCKET/KEY".
	Target string
	// Build returns the request of an attempt, unsigned.
	Build func() *http.Request
	// PayloadHash is the SHA-256 of the body, in hexadecimal digits.
	PayloadHash string
	// SigningName and SigningRegion are the service and the region that the signature is for.
	SigningName, SigningRegion string
	// MostBytes is the longest answer that is read.
	MostBytes int64
	// Read reads a whole answer; it keeps nothing of body. Its error is a smithy.APIError, or says why the answer cannot be read, and is then
	// repeated. It is called for errors, too.
	Read func(status int, header http.Header, body []byte) error
}

// Do makes a call.
func (c *Caller) Do(ctx context.Context, call Call) error {
	err := c.Pace.Do(ctx, call.Target, func() error { return c.attempt(ctx, &call) })
	if err != nil {
		return &smithy.OperationError{ServiceID: c.Service, OperationName: call.Operation, Err: err}
	}
	return nil
}

func (c *Caller) attempt(ctx context.Context, call *Call) error {
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("get credentials: %w", err)
	}
	request := call.Build().WithContext(ctx)
	skew := time.Duration(c.skew.Load())
	err = c.Signer.SignHTTP(ctx, credentials, request, call.PayloadHash, call.SigningName, call.SigningRegion, time.Now().Add(skew))
	if err != nil {
		return fmt.Errorf("sign the request: %w", err)
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return sendError(ctx, &url.Error{Op: request.Method, URL: request.URL.Scheme + "://" + request.URL.Host, Err: err})
	}
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= mostKept {
			buffers.Put(buffer)
		}
	}()
	buffer.Reset()
	if length := response.ContentLength; length > 0 {
		buffer.Grow(int(min(length, call.MostBytes, mostKept/2)) + bytes.MinRead) // which one more read needs to see the end
	}
	// To its end: a connection whose answer was not read is not used again.
	_, err = buffer.ReadFrom(io.LimitReader(response.Body, call.MostBytes+1))
	_ = response.Body.Close()
	switch {
	case err != nil && ctx.Err() != nil:
		return sendError(ctx, err)
	case err != nil:
		err = &smithy.DeserializationError{Err: fmt.Errorf("the answer ended too early: %w", err)}
	case int64(buffer.Len()) > call.MostBytes:
		err = fmt.Errorf("found an answer of more than %d bytes, expected fewer", call.MostBytes)
	default:
		err = call.Read(response.StatusCode, response.Header, buffer.Bytes())
	}
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		err = c.learn(err, api.ErrorCode(), skew, response.Header.Get("Date"))
		if session, ok := c.Credentials.(Session); ok && pace.Classify(api) == pace.Session {
			session.Drop(credentials.AccessKeyID)
		}
	}
	if within := (interface{ HTTPStatusCode() int })(nil); errors.As(err, &within) {
		response.StatusCode = within.HTTPStatusCode() // of an error within a success
	}
	id := response.Header.Get("X-Amz-Request-Id")
	if id == "" {
		id = response.Header.Get("X-Amzn-Requestid")
	}
	return &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: response}, Err: err}, RequestID: id,
	}
}

// mostKept is the longest buffer that is kept for other calls, in bytes. Half of it is allocated at most before an answer comes.
const mostKept = 8 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// sendError is the error of a request that got no answer. If the caller's time is over, it says so first.
func sendError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &aws.RequestCanceledError{Err: fmt.Errorf("%w: %w", cause, err)}
	}
	return &smithyhttp.RequestSendError{Err: err}
}

// mostSkew is how far AWS lets a request's clock be off, with some reserve.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, RequestTimeTooSkewed.
const mostSkew = 4 * time.Minute

// learn sets the clock by an answer that refuses the request's time.
func (c *Caller) learn(err error, code string, used time.Duration, date string) error {
	switch code {
	case "RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure":
	default:
		return err
	}
	at, parseErr := http.ParseTime(date)
	if parseErr != nil {
		return err
	}
	skew := time.Until(at)
	if off := skew - used; off < mostSkew && off > -mostSkew {
		return err
	}
	c.skew.Store(int64(skew))
	return &skewed{err}
}

// skewed is the error of a request with a wrong time; the next one has the service's.
type skewed struct{ err error }

func (e *skewed) Error() string        { return "the function's clock is off: " + e.err.Error() }
func (e *skewed) Unwrap() error        { return e.err }
func (e *skewed) RetryableError() bool { return true }
