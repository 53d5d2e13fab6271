package pace

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Class says what an error means for the next attempt.
type Class int

const (
	// Final errors stay the same: denied, not found, malformed.
	Final Class = iota
	// Transient errors may pass: 5xx, a connection that broke, an answer that is incomplete.
	Transient
	// Throttled requests were too many: "503 Slow Down" and its like.
	Throttled
	// Session errors say that the credentials are no longer valid; a new session may be.
	Session
)

// Classify returns the class of the error of one attempt.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html and
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
func Classify(err error) Class {
	var says interface{ RetryableError() bool }
	if errors.As(err, &says) {
		if says.RetryableError() {
			return Transient
		}
		return Final
	}
	code, status := "", 0
	if api := smithy.APIError(nil); errors.As(err, &api) {
		code = api.ErrorCode()
	}
	if response := (interface{ HTTPStatusCode() int })(nil); errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	// S3 repeats what KMS says, with KMS's name before it.
	if _, known := retry.DefaultThrottleErrorCodes[strings.TrimPrefix(code, "KMS.")]; known {
		return Throttled
	}
	switch code {
	case "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException":
		return Session
	case "InternalError", "RequestTimeout", "RequestTimeoutException", "OperationAborted":
		return Transient
	case "RequestTimeTooSkewed", "RequestExpired":
		return Transient // the next attempt is signed later, by the service's clock if that differs
	}
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return Throttled // the answer to a HEAD has no code
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return Transient
	}
	var certificate *tls.CertificateVerificationError
	var network net.Error // a connection that broke, or a wait for it that took too long
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &certificate):
	case errors.As(err, new(*smithyhttp.RequestSendError)), errors.As(err, new(*smithy.DeserializationError)), errors.As(err, &network),
		errors.Is(err, io.ErrUnexpectedEOF):
		return Transient
	}
	return Final
}
