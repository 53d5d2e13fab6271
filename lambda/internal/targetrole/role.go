// Package targetrole gives an AWS configuration the credentials of the trusted role in the other account. It calls STS only, not the services to
// which the role has access.
package targetrole

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// Role is the trusted role and how to assume it.
type Role struct {
	// ARN of the role. If it is empty, no role is assumed: the function's own role has access.
	ARN string
	// ExternalID that the trust policy requires. Default none.
	ExternalID string
	// SourceIdentity that the trust policy requires. Default none.
	SourceIdentity string
	// Session is the duration of the session to request, the longest that the trust policy permits. Default 1 hour, the maximum for role
	// chaining.
	Session time.Duration
	// SessionName identifies this function in the CloudTrail logs of the other account; see [SessionName].
	SessionName string
}

// Limits bound the call to STS, which without a route would hang until the function's timeout.
type Limits struct {
	// Call is the longest wait for credentials, all attempts together. Default 5 s.
	Call time.Duration
	// Refresh is how long before they expire credentials are replaced. Default 5 minutes.
	Refresh time.Duration
}

// Config returns a copy of base whose clients sign with the credentials of role. They share one cache, which is safe for concurrent use; make one
// Config per process. STS is called at its regional endpoint, or the one that base names. A session that a service refuses, since it has expired or was
// revoked, is dropped, so that the next attempt has another. Without a role, the copy has the credentials of base.
func Config(base aws.Config, role Role, limits Limits) aws.Config {
	out := base.Copy()
	if role.ARN == "" {
		return out
	}
	limits = limits.withDefaults()
	bounded := &boundedProvider{role: role.ARN, limit: limits.Call, refresh: limits.Refresh}
	bounded.next, bounded.broken = newAssumer(base, role)
	provider := &cachedProvider{bounded: bounded, cache: aws.NewCredentialsCache(bounded, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = limits.Refresh
	})}
	out.Credentials = provider
	out.APIOptions = append(out.APIOptions[:len(out.APIOptions):len(out.APIOptions)], provider.dropRefused)
	return out
}

func (l Limits) withDefaults() Limits {
	if l.Call == 0 {
		l.Call = 5 * time.Second
	}
	if l.Refresh == 0 {
		l.Refresh = 5 * time.Minute
	}
	return l
}

// SessionName turns the name of a function into a role session name: characters that STS refuses become "-", the name has at most 64 characters,
// and "crossgrant" precedes one shorter than 2.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
func SessionName(function string) string {
	name := identifier.SessionName(function)
	if len(name) < 2 {
		return "crossgrant" + name
	}
	return name[:min(len(name), 64)]
}

// boundedProvider assumes the role within a time limit of its own. The cache calls it with a context that no invocation cancels, so an invocation
// that gives up does not end the call for the next one.
type boundedProvider struct {
	next    aws.CredentialsProvider
	broken  error // of the configuration; then there is no next
	role    string
	limit   time.Duration
	refresh time.Duration // how long before they expire the cache asks for new credentials
	current attemptBox
	expires time.Time // of the newest credentials; the cache makes one call at a time
	newest  atomic.Pointer[string]
}

// Retrieve assumes the role; its error is a *NoRoute if STS did not answer, and *Refused if it did.
func (p *boundedProvider) Retrieve(caller context.Context) (aws.Credentials, error) {
	if p.broken != nil {
		return aws.Credentials{}, p.broken
	}
	a := &attempt{}
	p.current.set(a)
	// With a time of its own, but counted with the caller's requests.
	ctx := pace.WithStatsOf(context.WithValue(context.Background(), attemptKey{}, a), caller)
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	a.abandon.Store(&cancel)
	got, err := p.next.Retrieve(ctx)
	switch {
	case err == nil:
		p.expires = got.Expires
		p.newest.Store(&got.AccessKeyID)
	case !a.answered.Load() && unreachable(err):
		err = &NoRoute{RoleARN: p.role, Host: a.hostName(), Connected: a.connected.Load(), Err: err}
	default:
		err = &Refused{RoleARN: p.role, Host: a.hostName(), Reason: reasonOf(err), Err: err}
	}
	return got, err
}

// retryRefresh is how long credentials that could not be replaced are used before the next attempt.
const retryRefresh = 30 * time.Second

// HandleFailToRefresh continues with the previous credentials while they are valid: the cache asks for new ones some minutes early, and STS may
// answer again by then.
func (p *boundedProvider) HandleFailToRefresh(_ context.Context, before aws.Credentials, err error) (aws.Credentials, error) {
	left := time.Until(p.expires)
	if !before.HasKeys() || left <= 0 {
		return aws.Credentials{}, err
	}
	// The cache subtracts the refresh time.
	before.Expires = time.Now().Add(min(left, retryRefresh) + p.refresh)
	return before, nil
}

// Drop makes the next call assume the role again, if the credentials with this access key ID are still the newest.
func (p *cachedProvider) Drop(accessKeyID string) {
	newest := p.bounded.newest.Load()
	if newest != nil && *newest == accessKeyID && p.bounded.newest.CompareAndSwap(newest, nil) {
		p.cache.Invalidate()
	}
}

// dropRefused drops the session of a request of the SDK's clients that was refused. Retries come before it in the stack, so that the next attempt asks
// for credentials again.
func (p *cachedProvider) dropRefused(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("crossgrant:DropRefusedSession",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleFinalize(ctx, in)
			if request, ok := in.Request.(*smithyhttp.Request); ok && err != nil && pace.Classify(err) == pace.Session {
				_, rest, _ := strings.Cut(request.Header.Get("Authorization"), "Credential=")
				id, _, _ := strings.Cut(rest, "/")
				p.Drop(id)
			}
			return out, metadata, err
		}), "Signing", middleware.After)
}

// cachedProvider says why there are no credentials if an invocation ends while the cache waits for STS.
type cachedProvider struct {
	cache   *aws.CredentialsCache
	bounded *boundedProvider
}

// mostJoined is how many calls to STS a caller waits for that others abandoned.
const mostJoined = 3

// Retrieve returns the cached credentials, or waits for new ones no longer than ctx allows. The call to STS ends then, too: Lambda stops a process
// between invocations, and the next one would wait for an answer that never comes.
func (p *cachedProvider) Retrieve(ctx context.Context) (got aws.Credentials, err error) {
	for range mostJoined {
		got, err = p.cache.Retrieve(ctx)
		a := p.bounded.current.get()
		switch {
		case err == nil, a == nil:
			return got, err
		case ctx.Err() != nil:
			a.end()
			return got, p.because(a, err)
		case !errors.Is(err, context.Canceled):
			return got, err
		}
	}
	return got, err
}

// because is the error of a caller whose time ended while it waited: what STS last said, if it said anything.
func (p *cachedProvider) because(a *attempt, err error) error {
	said := a.said.Load()
	switch {
	case !a.answered.Load():
		return &NoRoute{RoleARN: p.bounded.role, Host: a.hostName(), Connected: a.connected.Load(), Err: err}
	case said == nil:
		return err
	}
	return &Refused{RoleARN: p.bounded.role, Host: a.hostName(), Reason: reasonOf(*said), Err: &smithy.OperationError{
		ServiceID: "STS", OperationName: "AssumeRole", Err: fmt.Errorf("%w (until the time was over: %w)", *said, err)}}
}
