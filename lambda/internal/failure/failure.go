// Package failure turns an error into the status and the message that a caller may see, and into the text that a log may have. It does not
// write answers or logs.
package failure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// Failure is what a caller may see of an error. A package returns one as its error if it knows the status itself.
type Failure struct {
	// Status is an HTTP status: 400, 403, 405, 429 or 500.
	Status int
	// Message is one sentence without secrets.
	Message string
	// AWSRequestID is the request ID of the AWS call that failed; empty if there was none.
	AWSRequestID string
}

// Error is the message.
func (f *Failure) Error() string { return f.Message }

// Grant is what a message may name: the role that the function uses and the resource that it reads.
type Grant struct {
	// RoleARN is the trusted role.
	RoleARN string
	// Resource is the resource with its type, such as "bucket reports".
	Resource string
}

// Of classifies err: 400 for an invalid event, 403 if AWS denied access, 429 if AWS throttled, and 500 for everything else. The message repeats
// nothing of what AWS returned.
func Of(err error, grant Grant) Failure {
	f := classify(err, grant)
	if f.AWSRequestID == "" {
		f.AWSRequestID = awserror.RequestID(err)
	}
	return f
}

func classify(err error, grant Grant) Failure {
	var own *Failure
	var invalid *event.Invalid
	var noRoute *targetrole.NoRoute
	switch {
	case errors.As(err, &own):
		return *own
	case errors.As(err, &invalid):
		return Failure{Status: http.StatusBadRequest, Message: invalid.Error()}
	case errors.As(err, &noRoute):
		return Failure{Status: http.StatusInternalServerError, Message: noRoute.Hint()}
	}
	operation := "the call to AWS"
	if service, name := awserror.Operation(err); name != "" {
		operation = service + " " + name
	}
	code := awserror.Code(err)
	switch {
	case denied(code):
		return Failure{Status: http.StatusForbidden, Message: denial(operation, grant)}
	case throttled(code):
		return Failure{Status: http.StatusTooManyRequests, Message: operation + " is throttled: try again later and less often"}
	case code == "NoSuchBucket", code == "ResourceNotFoundException":
		return internal("%s: there is no %s in the account and region of this role and function", operation, grant.Resource)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return internal("%s timed out on %s: the function's time was nearly over; "+
			"raise its timeout, and check that its subnet has a route to the service", operation, grant.Resource)
	}
	return internal("internal error: the function's log has the cause under this request id")
}

func internal(format string, args ...any) Failure {
	return Failure{Status: http.StatusInternalServerError, Message: fmt.Sprintf(format, args...)}
}

func denial(operation string, grant Grant) string {
	if operation == "STS AssumeRole" {
		return fmt.Sprintf("STS AssumeRole was denied: this function may not assume role %s; check the role's trust policy, "+
			"this function's own policy and the policy of the STS endpoint", grant.RoleARN)
	}
	return fmt.Sprintf("%s was denied to role %s on %s", operation, grant.RoleARN, grant.Resource)
}

// denied knows the codes of all services: AccessDenied, AccessDeniedException, KMS.AccessDeniedException and so on.
func denied(code string) bool {
	return strings.Contains(code, "AccessDenied") || code == "UnauthorizedOperation" || code == "AuthorizationError"
}

func throttled(code string) bool {
	_, known := retry.DefaultThrottleErrorCodes[code]
	return known || strings.HasPrefix(code, "Throttl")
}

// secret finds credentials: AWS repeats the canonical request, session token included, when a signature does not match. It is compiled at
// the first error, not at each cold start.
var secret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(
		`(?i)((?:x-amz-)?security-?token|session-?token|secret-?access-?key|authorization|credential|signature)("?\s*[:=>]\s*"?)[^\r\n"<&]+`)
})

// LogText returns the text of an error for the log, without the values of credentials and signatures.
func LogText(err error) string {
	return secret().ReplaceAllString(err.Error(), "$1$2[removed]")
}
