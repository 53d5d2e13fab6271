package targetrole

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// NoRoute says that STS did not answer at all, not even with an error.
type NoRoute struct {
	// RoleARN is the role to assume.
	RoleARN string
	// Host is the endpoint that was tried, such as sts.ap-northeast-1.amazonaws.com.
	Host string
	// Connected says that there was a connection to it: then the route is not to blame.
	Connected bool
	// Err is the error of the last attempt.
	Err error
}

// Hint is the message for the caller: what happened and what to check. It has no secrets.
func (e *NoRoute) Hint() string {
	if e.Connected {
		return fmt.Sprintf("assume role %s: STS (%s) did not answer in time, although it was connected; invoke again, and look at the AWS Health Dashboard if it stays", e.RoleARN, e.Host)
	}
	return fmt.Sprintf("assume role %s: no answer from %s: there may be no route to STS from this subnet; "+
		"check that its VPC has an STS interface endpoint with private DNS and port 443 open "+
		"from the function's security group, or that the subnet has a route to a NAT", e.RoleARN, e.Host)
}

// Error is the hint followed by the cause.
func (e *NoRoute) Error() string { return e.Hint() + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *NoRoute) Unwrap() error { return e.Err }

// RetryableError is false: the call has been repeated as often as it may be.
func (e *NoRoute) RetryableError() bool { return false }

// unreachable reports whether err is a failed connection, a failed DNS lookup (part of dialing) or a timeout.
func unreachable(err error) bool {
	var operation *net.OpError
	var timeout net.Error
	return errors.As(err, &operation) && operation.Op == "dial" ||
		errors.As(err, &timeout) && timeout.Timeout() ||
		errors.Is(err, context.DeadlineExceeded)
}

// attempt is what is known of one call to STS.
type attempt struct {
	host      atomic.Pointer[string]
	connected atomic.Bool
	answered  atomic.Bool
	said      atomic.Pointer[error] // by the last answer that was none of success
	abandon   atomic.Pointer[context.CancelFunc]
}

type attemptKey struct{}

func (a *attempt) hostName() string {
	if host := a.host.Load(); host != nil {
		return *host
	}
	return "STS"
}

// end ends the call.
func (a *attempt) end() {
	if cancel := a.abandon.Load(); cancel != nil {
		(*cancel)()
	}
}

type attemptBox struct{ current atomic.Pointer[attempt] }

func (b *attemptBox) set(a *attempt) { b.current.Store(a) }
func (b *attemptBox) get() *attempt  { return b.current.Load() }

// recorder records in the attempt of a request's context which host was tried and whether it answered.
type recorder struct{ next aws.HTTPClient }

// Do sends the request.
func (w recorder) Do(request *http.Request) (*http.Response, error) {
	a, ok := request.Context().Value(attemptKey{}).(*attempt)
	if ok {
		host := request.URL.Host
		a.host.Store(&host)
		request = request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
			GotConn: func(httptrace.GotConnInfo) { a.connected.Store(true) },
		}))
	}
	response, err := w.next.Do(request)
	if ok && err == nil {
		a.answered.Store(true)
	}
	return response, err
}
