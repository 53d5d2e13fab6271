// Package targetrole gives an AWS configuration the credentials of the trusted role in the other
// account. It calls STS only, never the services that the role opens.
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
	// ARN of the role. Without it no role is assumed: the function's own credentials have access.
	ARN string
	// ExternalID that the trust policy asks for. Default none.
	ExternalID string
	// SourceIdentity that the trust policy asks for. Default none.
	SourceIdentity string
	// Session is the longest session that the trust policy allows, and how long one is asked for. Default 1 hour, the most that
	// a role can get of another role.
	Session time.Duration
	// SessionName is how the trail of the other account shows this function; see SessionName.
	SessionName string
}

// Limits bound the call to STS, which without a route would hang until the function's own timeout.
type Limits struct {
	// Connect is the longest wait for a connection. Default 3 s.
	Connect time.Duration
	// Call is the longest wait for credentials, all attempts together. Default 5 s.
	Call time.Duration
	// Refresh is how long before their expiry credentials are replaced. Default 5 minutes.
	Refresh time.Duration
}

// Config returns a copy of base whose clients sign with the credentials of role. All of them share one
// cache, which is safe for concurrent use; make one Config a process. The STS client uses the regional
// endpoint of base.Region, or AWS_ENDPOINT_URL where that is set. Without a role it is base with its own credentials.
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
	out.Credentials = &patientProvider{cache: cache, bounded: bounded}
	return out
}

// newClient returns a client of STS whose waits between attempts leave room for several of them within limits.Call.
func newClient(base aws.Config, limits Limits) *sts.Client {
	return sts.NewFromConfig(base, func(o *sts.Options) {
		o.HTTPClient = witness{httpClient(base.HTTPClient, limits.Connect)}
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

// SessionName turns the name of a function into a role session name: characters that STS refuses become
// "-", 64 characters at most, and "crossgrant" before a name that is shorter than STS's 2.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
func SessionName(function string) string {
	name := identifier.SessionName(function)
	if len(name) < 2 {
		return "crossgrant" + name
	}
	return name[:min(len(name), 64)]
}

// boundedProvider assumes the role within a limit of its own. The cache hands it a context that no
// invocation cancels, so one invocation that gives up does not spoil the call for the next.
type boundedProvider struct {
	next    aws.CredentialsProvider
	role    string
	limit   time.Duration
	refresh time.Duration // how long before their expiry the cache asks for new credentials
	current attemptBox
	expires time.Time // of the newest credentials; the cache calls for one at a time
}

// Retrieve assumes the role; where STS did not answer, its error is a *NoRoute.
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

// HandleFailToRefresh goes on with the credentials of before while they are really valid: the cache asks for new ones some
// minutes early, and STS may be back by then.
func (p *boundedProvider) HandleFailToRefresh(_ context.Context, before aws.Credentials, err error) (aws.Credentials, error) {
	left := time.Until(p.expires)
	if !before.HasKeys() || left <= 0 {
		return aws.Credentials{}, err
	}
	// The cache takes the refresh time off again.
	before.Expires = time.Now().Add(min(left, retryRefresh) + p.refresh)
	return before, nil
}

// patientProvider adds to the cache what an invocation waited for when its own time ran out.
type patientProvider struct {
	cache   *aws.CredentialsCache
	bounded *boundedProvider
}

// Retrieve returns the cached credentials, or waits for new ones no longer than ctx allows.
func (p *patientProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := p.cache.Retrieve(ctx)
	if err == nil || ctx.Err() == nil {
		return got, err
	}
	if a := p.bounded.current.get(); a != nil && !a.answered.Load() {
		return got, &NoRoute{RoleARN: p.bounded.role, Host: a.hostName(), Err: err}
	}
	return got, err
}
