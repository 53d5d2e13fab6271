// Package targetrole gives an AWS configuration the credentials of the trusted role in the other account. It calls STS only, not the services to
// which the role has access.
package targetrole

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
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
	// Connect is the longest wait for a connection. Default 3 s.
	Connect time.Duration
	// Call is the longest wait for credentials, all attempts together. Default 5 s.
	Call time.Duration
	// Refresh is how long before they expire credentials are replaced. Default 5 minutes.
	Refresh time.Duration
}

// Config returns a copy of base whose clients sign with the credentials of role. They share one cache, which is safe for concurrent use; make one
// Config per process. The STS client uses the regional endpoint of base.Region, or AWS_ENDPOINT_URL if that is set. Without a role, the copy has
// the credentials of base.
func Config(base aws.Config, role Role, limits Limits) aws.Config {
	if role.ARN == "" {
		return base.Copy()
	}
	limits = limits.withDefaults()
	assume := stscreds.NewAssumeRoleProvider(newClient(base, limits), role.ARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = role.SessionName
		o.Duration = time.Hour
		if role.Session != 0 {
			o.Duration = role.Session
		}
		if role.SourceIdentity != "" {
			o.SourceIdentity = aws.String(role.SourceIdentity)
		}
		if role.ExternalID != "" {
			o.ExternalID = aws.String(role.ExternalID)
		}
	})
	bounded := &boundedProvider{next: assume, role: role.ARN, limit: limits.Call, refresh: limits.Refresh}
	cache := aws.NewCredentialsCache(bounded, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = limits.Refresh
	})
	out := base.Copy()
	out.Credentials = &cachedProvider{cache: cache, bounded: bounded}
	return out
}

// newClient returns a client of STS. Its wait between attempts is short enough for several of them within limits.Call.
func newClient(base aws.Config, limits Limits) *sts.Client {
	return sts.NewFromConfig(base, func(o *sts.Options) {
		o.HTTPClient = recorder{httpClient(base.HTTPClient, limits.Connect)}
		o.Retryer = retry.AddWithMaxBackoffDelay(o.Retryer, limits.Call/5)
	})
}

func (l Limits) withDefaults() Limits {
	if l.Connect == 0 {
		l.Connect = 3 * time.Second
	}
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
	role    string
	limit   time.Duration
	refresh time.Duration // how long before they expire the cache asks for new credentials
	current attemptBox
	expires time.Time // of the newest credentials; the cache makes one call at a time
}

// Retrieve assumes the role; its error is a *NoRoute if STS did not answer.
func (p *boundedProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	a := &attempt{}
	p.current.set(a)
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, attemptKey{}, a), p.limit)
	defer cancel()
	got, err := p.next.Retrieve(ctx)
	if err != nil && !a.answered.Load() && unreachable(err) {
		return aws.Credentials{}, &NoRoute{RoleARN: p.role, Host: a.hostName(), Err: err}
	}
	if err == nil {
		p.expires = got.Expires
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

// cachedProvider returns a *NoRoute if an invocation ends while the cache waits for STS.
type cachedProvider struct {
	cache   *aws.CredentialsCache
	bounded *boundedProvider
}

// Retrieve returns the cached credentials, or waits for new ones no longer than ctx allows.
func (p *cachedProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := p.cache.Retrieve(ctx)
	if err == nil || ctx.Err() == nil {
		return got, err
	}
	if a := p.bounded.current.get(); a != nil && !a.answered.Load() {
		return got, &NoRoute{RoleARN: p.bounded.role, Host: a.hostName(), Err: err}
	}
	return got, err
}
