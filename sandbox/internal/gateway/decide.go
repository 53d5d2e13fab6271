package gateway

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/identity"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
)

// errUnreachable means that a request does not reach the service.
var errUnreachable = reply.ErrNoRoute

// permit returns an error unless the session may do one thing.
func (e *Endpoint) permit(r *http.Request, c *call, ask request.Ask, now *deployed.Now) error {
	encrypted, err := e.gateway.encryptionOf(r, c, ask)
	if err != nil {
		return err
	}
	if encrypted.own || encrypted.managed != "" {
		ask.OwnKey, ask.ManagedKey = encrypted.own, encrypted.managed
	}
	chain, err := e.decide(r, c, ask, now)
	if err != nil {
		return err
	}
	if chain.Passes != policy.Yes && ask.IfTagged && !e.gateway.hasTags(r.Context(), c) {
		return nil
	}
	if err := c.outcome(chain); err != nil {
		return err
	}
	for _, one := range encrypted.asks { // what S3 asks KMS for, for the caller
		if err := e.permit(r, c, one, now); err != nil {
			return err
		}
	}
	return nil
}

// decide decides whether the session may do one thing.
func (e *Endpoint) decide(r *http.Request, c *call, ask request.Ask, now *deployed.Now) (*proof.Chain, error) {
	access, err := e.access(r, c.session, now)
	if err != nil {
		return nil, err
	}
	access.Action, access.Resource, access.Region, access.Through, access.AnyKey, access.ManagedKey = ask.Action, ask.Resource, c.region, ask.Through, ask.OwnKey, ask.ManagedKey
	maps.Copy(access.Context, ask.Context)
	if bucket, ok := bucketOf(ask.Resource); ok && !now.Has(bucket) {
		access.Owner, access.Nonexistent = c.session.Account(), !e.gateway.exists(r.Context(), c, bucket)
	} else if !ok && ask.Resource != "*" && !hasDefaultPolicy(ask.Resource) {
		access.Nonexistent = !now.MayHave(ask.Resource) // or it is not in a stack, and got no policy, since the gateway lets nobody make one
	}
	return now.Decide(access), nil
}

// outcome records how an access was decided, and returns the error of one that does not pass.
func (c *call) outcome(chain *proof.Chain) error {
	c.decision.Asked(chain)
	return outcome(chain)
}

// hasDefaultPolicy says that what an ARN is of has a policy even if nobody wrote one.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func hasDefaultPolicy(resource string) bool {
	a, _ := arn.Parse(resource)
	return a.Service == "kms" || a.Service == "iam"
}

// unseen is the error of a request that changes by what others are decided, of which the gateway sees nothing.
func unseen(action string) error {
	return &reply.Denied{Message: "the sandbox denies " + action + ": it decides by the policies of the deployed stacks, and would not see this change; deploy it with CloudFormation"}
}

// outcome is the error of an access that does not pass.
func outcome(chain *proof.Chain) error {
	h, stops := chain.Stops()
	switch {
	case !stops:
		return nil
	case h.Path != nil && h.Passes == policy.No:
		return fmt.Errorf("%w: %s: %s", errUnreachable, h.What, policy.Readable(strings.Join(h.Says, "; ")))
	}
	return &reply.Denied{Message: deployed.Denial(chain)}
}

// access is an access of a session from this endpoint, with the condition keys that each request has.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (e *Endpoint) access(r *http.Request, s *identity.Session, now *deployed.Now) (proof.Access, error) {
	access := proof.Access{}
	if e.workload != "" {
		var err error
		if access, err = now.Start(e.workload); err != nil {
			return access, fmt.Errorf("find where the request comes from: %w", err)
		}
	}
	access.Caller, access.Session, access.Administrator, access.SessionPolicies, access.SessionOf, access.Made = s.Role, s.Name, s.Administrator, s.Policies, s.Role, true
	access.Context = sessionContext(s)
	at := time.Now().UTC()
	access.Context["aws:CurrentTime"] = []string{at.Format(time.RFC3339)}
	access.Context["aws:EpochTime"] = []string{strconv.FormatInt(at.Unix(), 10)}
	access.Context["aws:UserAgent"] = []string{r.UserAgent()}
	if referer := r.Referer(); referer != "" {
		access.Context["aws:Referer"] = []string{referer}
	}
	if address, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		access.Context["aws:SourceIp"] = []string{address}
	}
	return access, nil
}

// sessionContext are the condition keys that come with a session.
func sessionContext(s *identity.Session) map[string][]string {
	context := map[string][]string{
		"aws:TokenIssueTime": {s.Issued.UTC().Format(time.RFC3339)}, "aws:userid": {s.UserID()}, "aws:MultiFactorAuthPresent": {"false"},
	}
	if s.SourceIdentity != "" {
		context["aws:SourceIdentity"] = []string{s.SourceIdentity}
	}
	for key, value := range s.Tags {
		context["aws:PrincipalTag/"+key] = []string{value}
	}
	return context
}

// bucketOf is the ARN of the bucket of a resource of S3.
func bucketOf(resource string) (bucket string, ok bool) {
	a, _ := arn.Parse(resource)
	a.Resource, _, _ = strings.Cut(a.Resource, "/")
	return a.String(), a.Service == "s3" && a.Resource != ""
}

// exists says that the local AWS has a bucket.
func (g *Gateway) exists(ctx context.Context, c *call, bucket string) bool {
	response, err := g.ask(ctx, c, http.MethodHead, bucket[strings.LastIndexByte(bucket, ':')+1:], "")
	if err != nil {
		return true
	}
	response.Body.Close()
	return response.StatusCode != http.StatusNotFound
}

// hasTags says that the object that is copied has tags. One of which that cannot be told has.
func (g *Gateway) hasTags(ctx context.Context, c *call) bool {
	for _, one := range c.Asks {
		if !one.IfTagged && strings.HasPrefix(one.Action, "s3:GetObject") {
			a, _ := arn.Parse(one.Resource)
			query := "tagging"
			if version := one.Context["s3:VersionId"]; len(version) == 1 {
				query += "&versionId=" + url.QueryEscape(version[0])
			}
			response, err := g.ask(ctx, c, http.MethodGet, a.Resource, query)
			if err != nil {
				return true
			}
			defer response.Body.Close()
			text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
			return err != nil || response.StatusCode == http.StatusOK && strings.Contains(string(text), "<Tag>")
		}
	}
	return true
}
