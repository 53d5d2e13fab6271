// Package awserror reads what an error of the AWS SDK says: the operation that failed, the service's error code and the HTTP status. It
// does not decide what a caller may see.
package awserror

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Facts are what an error says of one call. If it joins several errors, such as the last answer and the context's error, they are those of the
// first that AWS answered, or else of the first that is of a call.
type Facts struct {
	// Service and Operation are the innermost call that failed, such as "S3" and "GetObject": if S3 fails for want of credentials, it is the call
	// to STS. Both are empty if the error is not of a call.
	Service, Operation string
	// Code is the service's error code, such as "NoSuchKey"; empty if there is none.
	Code string
	// Message is the service's message; empty if there is none. It may name accounts and repeat credentials: it is for the log only.
	Message string
	// Status is the HTTP status of the answer; 0 if there was none.
	Status int
	// RequestID is the ID under which AWS knows the call; empty if there was no answer.
	RequestID string

	header http.Header
}

// Read returns the facts of an error.
func Read(err error) Facts {
	facts, _ := read(err, Facts{})
	return facts
}

// read walks the tree of errors; f is what the outer ones say.
func read(err error, f Facts) (Facts, bool) {
	if err == nil {
		return f, f.Status != 0
	}
	if call, ok := err.(*smithy.OperationError); ok {
		f = Facts{Service: call.Service(), Operation: call.Operation()}
	}
	if response, ok := err.(interface{ HTTPResponse() *smithyhttp.Response }); ok && f.Status == 0 {
		if got := response.HTTPResponse(); got != nil && got.Response != nil {
			f.Status, f.header = got.StatusCode, got.Header
		}
	}
	if response, ok := err.(interface{ ServiceRequestID() string }); ok && f.RequestID == "" {
		f.RequestID = response.ServiceRequestID()
	}
	if api, ok := err.(smithy.APIError); ok {
		f.Code, f.Message = api.ErrorCode(), api.ErrorMessage()
		return f, true
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return read(wrapper.Unwrap(), f)
	case interface{ Unwrap() []error }:
		first := f
		for _, inner := range wrapper.Unwrap() {
			found, answered := read(inner, f)
			if answered {
				return found, true
			}
			if first.Operation == "" {
				first = found
			}
		}
		return first, first.Status != 0
	}
	return f, f.Status != 0
}

// Code returns the service's error code, such as "NoSuchKey"; empty if there is none.
func Code(err error) string { return Read(err).Code }

// Message returns the service's message; empty if there is none.
func Message(err error) string { return Read(err).Message }

// Status returns the HTTP status of the answer; 0 if there was none.
func Status(err error) int { return Read(err).Status }

// Operation returns the innermost call that failed, such as "S3" and "GetObject"; both are empty if err is not of a call.
func Operation(err error) (service, operation string) {
	f := Read(err)
	return f.Service, f.Operation
}

// Region returns the region in which S3 says that the bucket is; empty if it does not say. S3 names it in a header of each redirect, and in the
// message about a signature for another region.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html.
func (f Facts) Region() string {
	found := f.header.Get("X-Amz-Bucket-Region")
	if _, after, ok := strings.Cut(f.Message, "expecting '"); found == "" && ok {
		found, _, _ = strings.Cut(after, "'")
	}
	letters := strings.Trim(found, "abcdefghijklmnopqrstuvwxyz0123456789-")
	if letters != "" || len(found) > 25 || strings.Count(found, "-") < 2 {
		return ""
	}
	return found
}

// Host returns the host to which a request was sent without an answer, or the name that was not found, or else the address; empty if err does not say.
func Host(err error) string {
	var request *url.Error
	if errors.As(err, &request) {
		if target, parseErr := url.Parse(request.URL); parseErr == nil && target.Host != "" {
			return target.Hostname()
		}
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return name.Name
	}
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Addr != nil {
		return operation.Addr.String()
	}
	return ""
}

// IsCall reports whether err is that of a call to AWS, refused or without an answer, and not of what this program made of an answer.
func IsCall(err error) bool {
	f := Read(err)
	return f.Operation != "" || f.Code != ""
}
