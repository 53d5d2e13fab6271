package targetrole

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// Reason is why STS gave no session.
type Reason int

const (
	// Other is any other reason; the error's code says which.
	Other Reason = iota
	// Denied: the role's trust policy, the function's policy, or the policy of the STS endpoint does not allow the call.
	Denied
	// OwnCredentials: the function's own credentials have expired, are invalid, or are missing.
	OwnCredentials
	// RegionDisabled: STS is not active in this region for the function's account. An administrator activates it, or the function's region is
	// wrong.
	RegionDisabled
	// DurationRefused: the session would be longer than the role permits. The role's maximum session duration is shorter than the grant's session.
	DurationRefused
	// Throttled: the account calls STS too often.
	Throttled
	// Unavailable: STS answered with 5xx until the time was over.
	Unavailable
)

// Refused says that STS answered, and gave no session. Its text is that of Err.
type Refused struct {
	// RoleARN is the role to assume.
	RoleARN string
	// Host is the endpoint that answered.
	Host string
	// Reason is why.
	Reason Reason
	// Err is the error of the last attempt: a smithy.OperationError of AssumeRole.
	Err error
}

// Error is the text of the last attempt's error.
func (e *Refused) Error() string { return e.Err.Error() }

// Unwrap returns the last attempt's error.
func (e *Refused) Unwrap() error { return e.Err }

// RetryableError is false: the call has been repeated as often as it may be.
func (e *Refused) RetryableError() bool { return false }

// reasonOf reads the codes of STS.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
func reasonOf(err error) Reason {
	var api smithy.APIError
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, new(*awsclient.NoCredentials)) {
		return OwnCredentials
	}
	if !errors.As(err, &api) {
		return Other
	}
	code := api.ErrorCode()
	switch code {
	case "AccessDenied", "AccessDeniedException":
		return Denied
	case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "IncompleteSignature",
		"MissingAuthenticationToken", "InvalidAccessKeyId":
		return OwnCredentials
	case "RegionDisabledException":
		return RegionDisabled
	case "ValidationError":
		if strings.Contains(api.ErrorMessage(), "DurationSeconds") {
			return DurationRefused
		}
		return Other
	}
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	switch {
	case code == "ServiceUnavailable" || code == "InternalFailure" || code == "InternalError":
		return Unavailable
	case pace.Classify(api) == pace.Throttled || status == http.StatusTooManyRequests:
		return Throttled
	case status >= 500:
		return Unavailable
	}
	return Other
}
