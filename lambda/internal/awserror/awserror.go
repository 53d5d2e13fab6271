// Package awserror reads what an error of the AWS SDK says: the operation that failed, the service's error code and the HTTP status. It
// does not decide what a caller may see.
package awserror

import (
	"errors"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Code returns the service's error code, such as "NoSuchKey"; empty if there is none.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Message returns the service's message; empty if there is none.
func Message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

// Status returns the HTTP status of the answer; 0 if there was none.
func Status(err error) int {
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// RequestID returns the ID under which AWS knows the call; empty if there was no answer.
func RequestID(err error) string {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.ServiceRequestID()
	}
	return ""
}

// Operation returns the innermost call that failed, such as "S3" and "GetObject": if S3 fails for want of credentials, it is the call to
// STS. Both are empty if err is not of a call.
func Operation(err error) (service, operation string) {
	for {
		var failed *smithy.OperationError
		if !errors.As(err, &failed) {
			return service, operation
		}
		service, operation, err = failed.Service(), failed.Operation(), failed.Unwrap()
	}
}
