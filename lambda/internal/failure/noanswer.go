package failure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"syscall"

	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// withoutAnswer is the failure of an error in which AWS says nothing: of the network, of the time, or one that nobody foresaw.
func withoutAnswer(err error, facts awserror.Facts, grant Grant) Failure {
	f := Failure{Status: http.StatusInternalServerError}
	call := facts.Service + " " + facts.Operation
	if facts.Operation == "" {
		call = "the call to AWS"
	}
	says := func(code, format string, args ...any) Failure {
		f.Code, f.Message = code, call+" "+fmt.Sprintf(format, args...)
		return f
	}
	on := grant.on(facts.Service)
	host := awserror.Host(err)
	if host == "" {
		host = codeOr(facts.Service, "the service")
	}
	var name *net.DNSError
	var operation *net.OpError
	switch {
	case errors.As(err, &name):
		return says(CodeNoRoute, "failed: the name %s was not found; check the region and the endpoint, and that the VPC resolves names (enableDnsSupport)", host)
	case isCertificate(err):
		return says(CodeNoRoute, "failed: the certificate of %s is not trusted; check AWS_CA_BUNDLE, and what is between this function and AWS", host)
	case errors.As(err, &operation) && operation.Op == "dial" && errors.Is(err, syscall.ECONNREFUSED):
		return says(CodeNoRoute, "failed: %s refused the connection; %s", host, route(facts.Service))
	case errors.As(err, &operation) && operation.Op == "dial":
		return says(CodeNoRoute, "failed: no connection to %s; %s", host, route(facts.Service))
	case hasTimeout(err):
		return says(CodeNoAnswer, "failed%s: %s did not answer in time, although it was connected; invoke again, and look at the AWS Health Dashboard if it stays", on, host)
	case (isBadAnswer(err) || facts.Status != 0) && !errors.Is(err, context.DeadlineExceeded):
		return says(CodeBadAnswer, "failed%s: the answer of %s could not be read to its end; invoke again, and check what is between this function and AWS if it stays", on, host)
	case isBroken(err):
		return says(CodeNoAnswer, "failed%s: %s closed the connection without an answer; invoke again, and check what is between this function and AWS if it stays", on, host)
	case errors.Is(err, pace.ErrTooLate):
		return says(CodeOutOfTime, "was not made any more%s: the function's time was nearly over; invoke again to continue, or raise its timeout", on)
	case errors.As(err, new(*Reached)):
		return says(CodeOutOfTime, "was not done%s before the function's time was nearly over, although %s answered other requests; invoke again to continue", on, host)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return says(CodeOutOfTime, "timed out%s: %s had not answered when the function's time was nearly over; invoke again; if it stays, %s", on, host,
			route(facts.Service))
	}
	return internal()
}

// Reached is the error of a request without an answer to a service that answered others in the same invocation: there is a route to it.
type Reached struct {
	// Err is the error.
	Err error
}

// Error is the text of Err.
func (e *Reached) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Reached) Unwrap() error { return e.Err }

// route says how a subnet reaches a service.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html: S3 and DynamoDB have gateway endpoints, which work by route tables.
func route(service string) string {
	switch service {
	case "S3", "DynamoDB":
		return fmt.Sprintf("there may be no route to %s from this subnet: check that its route table has the %s gateway endpoint of this region or a NAT, "+
			"and that the function's security group lets port 443 out", service, service)
	case "STS":
		return "there may be no route to STS from this subnet: check that its VPC has an STS interface endpoint with private DNS and port 443 open from the " +
			"function's security group, or that the subnet has a route to a NAT"
	}
	return "check that its subnet has a route to the service"
}

func isCertificate(err error) bool {
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	return errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid) || errors.As(err, &verification)
}

// hasTimeout reports whether the wait for an answer was limited by something else than the invocation's time, and ended.
func hasTimeout(err error) bool {
	switch wrapper := err.(type) {
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapper.Unwrap(), hasTimeout)
	case interface{ Unwrap() error }:
		if inner := wrapper.Unwrap(); inner != nil {
			return hasTimeout(inner)
		}
	}
	timeout, ok := err.(interface{ Timeout() bool })
	return ok && timeout.Timeout() && err != context.DeadlineExceeded
}

// isBadAnswer reports whether an answer began and was cut or malformed.
func isBadAnswer(err error) bool {
	return errors.As(err, new(*smithy.DeserializationError)) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isBroken reports whether the connection ended before an answer.
func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}
