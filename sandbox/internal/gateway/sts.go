package gateway

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/identity"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/record"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
)

const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// serveSTS answers a request to STS.
func (e *Endpoint) serveSTS(w http.ResponseWriter, r *http.Request, c *call, now *deployed.Now) error {
	access, err := e.access(r, c.session, now)
	if err != nil {
		return err
	}
	access.Region = c.region
	if c.Operation == "GetCallerIdentity" {
		// No policy of the caller matters, but the request has to come here.
		s := c.session
		access.Administrator, access.SessionPolicies, access.Action, access.Resource = true, nil, "sts:GetCallerIdentity", "*"
		if err := c.outcome(now.Decide(access)); err != nil {
			return err
		}
		e.gateway.decisions.Add(c.decision, record.Allowed, "")
		reply.XML(w, stsNamespace, c.Operation, reply.Element("Arn", s.ARN())+reply.Element("UserId", s.UserID())+reply.Element("Account", s.Account()))
		return nil
	}
	switch c.Operation {
	case "GetSessionToken", "GetFederationToken": // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
		return &reply.Denied{Message: "Cannot call " + c.Operation + " with session credentials"}
	case "GetAccessKeyInfo":
		return e.accessKeyInfo(w, r, c, now)
	}
	a, err := readAssume(c, now)
	if err != nil {
		return err
	}
	access.Assumes, access.Context = a.assume(access.Context), nil
	if err := c.outcome(now.Decide(access)); err != nil {
		return err
	}
	e.gateway.decisions.Add(c.decision, record.Allowed, "")
	issued := time.Now()
	next := e.gateway.sessions.Add(identity.Session{
		Role: a.role, RoleID: now.UniqueID(a.role), Name: a.name, Policies: a.policies, Tags: a.tags, Transitive: a.transitive, SourceIdentity: a.sourceIdentity,
		Issued: issued, Expires: issued.Add(a.duration),
	})
	result := "<Credentials>" + reply.Element("AccessKeyId", next.AccessKeyID) + reply.Element("SecretAccessKey", next.Secret) + reply.Element("SessionToken", next.Token) +
		reply.Element("Expiration", next.Expires.UTC().Format(time.RFC3339)) + "</Credentials><AssumedRoleUser>" + reply.Element("AssumedRoleId", next.UserID()) + reply.Element("Arn", next.ARN()) +
		"</AssumedRoleUser>" + reply.Element("PackedPolicySize", "0")
	if a.sourceIdentity != "" {
		result += reply.Element("SourceIdentity", a.sourceIdentity)
	}
	reply.XML(w, stsNamespace, c.Operation, result)
	return nil
}

// accessKeyInfo answers whose an access key is.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
func (e *Endpoint) accessKeyInfo(w http.ResponseWriter, r *http.Request, c *call, now *deployed.Now) error {
	if err := e.permit(r, c, c.Asks[0], now); err != nil {
		return err
	}
	s := e.gateway.sessions.Find(c.Parameters.Text("AccessKeyId"))
	if s == nil {
		return fmt.Errorf("%w: found AccessKeyId %q, which nobody in the sandbox has", reply.ErrInvalid, c.Parameters.Text("AccessKeyId"))
	}
	e.gateway.decisions.Add(c.decision, record.Allowed, "")
	reply.XML(w, stsNamespace, c.Operation, reply.Element("Account", s.Account()))
	return nil
}

// federated are the operations that are not signed: whoever has a token of an identity provider calls them.
var federated = []string{"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}

// refuseFederated returns an error for a request without a signature that none would have in AWS, either: the sandbox has no identity providers.
func refuseFederated(r *http.Request) error {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(text))
	if err == nil && slices.Contains(federated, form.Get("Action")) {
		return &reply.Denied{Message: "the sandbox denies what it does not know: found " + form.Get("Action") + ", and it has no identity providers; assume a role with AssumeRole"}
	}
	return nil
}

// maxForm limits a form without a signature: a token has up to 100,000 characters.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
const maxForm = 256 << 10

// assume is what a request to assume a role says.
type assume struct {
	role, name, externalID, sourceIdentity string
	duration                               time.Duration
	policies                               []*policy.Document
	asked, tags                            map[string]string // the tags of the request, and those of the session
	keys, transitive                       []string
}

// The forms of parameters. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
var (
	roleForm       = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:role/[\x21-\x7e]+$`)
	sessionForm    = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalIDForm = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
)

const (
	leastSession = 15 * time.Minute
	// mostChained is the longest session of a role that another role assumes.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
	mostChained = time.Hour
	mostPolicy  = 2048
	// mostPolicies are how many managed policies a session can have.
	mostPolicies = 10
	mostTags     = 50
)

// readAssume reads and checks the parameters of AssumeRole.
func readAssume(c *call, now *deployed.Now) (a assume, err error) {
	p := c.Parameters
	invalid := func(format string, args ...any) (assume, error) {
		return a, fmt.Errorf("%w: %s", reply.ErrInvalid, fmt.Sprintf(format, args...))
	}
	a = assume{role: p.Text("RoleArn"), name: p.Text("RoleSessionName"), externalID: p.Text("ExternalId"), sourceIdentity: p.Text("SourceIdentity"), duration: time.Hour}
	switch {
	case !roleForm.MatchString(a.role):
		return invalid("found RoleArn %q, expected the ARN of a role", a.role)
	case !sessionForm.MatchString(a.name):
		return invalid("found RoleSessionName %q, expected 2 to 64 letters, digits and _+=,.@-", a.name)
	case a.externalID != "" && (len(a.externalID) < 2 || len(a.externalID) > 1224 || !externalIDForm.MatchString(a.externalID)):
		return invalid("found ExternalId %q, expected 2 to 1224 letters, digits and _+=,.@:/-", a.externalID)
	case a.sourceIdentity != "" && !sessionForm.MatchString(a.sourceIdentity):
		return invalid("found SourceIdentity %q, expected 2 to 64 letters, digits and _+=,.@-", a.sourceIdentity)
	case p.Text("SerialNumber") != "" || p.Text("ProvidedContexts.member.1.ProviderArn") != "":
		return a, &reply.Denied{Message: "the sandbox denies what it does not know: found SerialNumber or ProvidedContexts, expected a request to assume a role without them"}
	}
	if text := p.Text("DurationSeconds"); text != "" {
		seconds, err := strconv.Atoi(text)
		if a.duration = time.Duration(seconds) * time.Second; err != nil || a.duration < leastSession || a.duration > 12*time.Hour {
			return invalid("found DurationSeconds %q, expected 900 to 43200", text)
		}
		most, err := now.MaxSession(a.role)
		switch {
		case a.duration > mostChained && !c.session.Administrator:
			return invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
		case err == nil && seconds > most:
			return invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
		}
	}
	if text := p.Text("Policy"); text != "" {
		d, err := policy.Parse([]byte(text))
		if err != nil || len(text) > mostPolicy {
			return invalid("found a session policy of %d characters, expected one of %d or less: %v", len(text), mostPolicy, err)
		}
		d.Name = "the session policy"
		a.policies = []*policy.Document{d}
	}
	if err := a.readPolicyARNs(c, now); err != nil {
		return a, err
	}
	return a, a.readTags(c)
}

// readPolicyARNs reads the managed policies that are session policies: of the role's account, or AWS's.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_RequestParameters
func (a *assume) readPolicyARNs(c *call, now *deployed.Now) error {
	arns := c.Parameters.At("PolicyArns.arn")
	if len(arns) > mostPolicies {
		return fmt.Errorf("%w: found %d policies in PolicyArns, expected %d or less", reply.ErrInvalid, len(arns), mostPolicies)
	}
	for _, one := range arns {
		if owner := arn.Account(one); owner != "aws" && owner != arn.Account(a.role) {
			return fmt.Errorf("%w: found policy %q, expected one of AWS or of the role's account", reply.ErrInvalid, one)
		}
		d, err := now.ManagedPolicy(one)
		if err != nil {
			return &reply.Denied{Message: "the sandbox denies what it does not know: session policy " + one + ": " + err.Error()}
		}
		a.policies = append(a.policies, d)
	}
	return nil
}

// readTags reads the tags of the session: those of the request, and those that the caller's session passes on, which nothing can replace.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
func (a *assume) readTags(c *call) error {
	a.keys, a.asked = c.Parameters.Pairs("Tags")
	a.tags = maps.Clone(a.asked)
	a.transitive = c.Parameters.Texts("TransitiveTagKeys")
	if len(a.keys) > mostTags {
		return fmt.Errorf("%w: found %d session tags, expected %d or less", reply.ErrInvalid, len(a.keys), mostTags)
	}
	seen := map[string]bool{}
	for _, key := range a.keys {
		lower := strings.ToLower(key)
		if seen[lower] || key == "" || len(key) > 128 || len(a.asked[key]) > 256 {
			return fmt.Errorf("%w: found session tag %q twice or too long, expected keys of 1 to 128 and values of up to 256 characters", reply.ErrInvalid, key)
		}
		seen[lower] = true
	}
	for _, key := range a.transitive {
		if !seen[strings.ToLower(key)] {
			return fmt.Errorf("%w: found transitive tag %q, expected one of the session tags", reply.ErrInvalid, key)
		}
	}
	for _, key := range c.session.Transitive {
		if seen[strings.ToLower(key)] {
			return fmt.Errorf("%w: found session tag %q, which the caller's session passes on, so that it cannot be replaced", reply.ErrInvalid, key)
		}
		a.tags[key] = c.session.Tags[key]
		a.transitive = append(a.transitive, key)
	}
	switch before := c.session.SourceIdentity; {
	case before != "" && a.sourceIdentity != "" && a.sourceIdentity != before:
		return fmt.Errorf("%w: found SourceIdentity %q, expected %q, which the caller's session has", reply.ErrInvalid, a.sourceIdentity, before)
	case before != "":
		a.sourceIdentity = before
	}
	return nil
}

// assume is the step of the access that assumes the role, with the condition keys of the request.
func (a *assume) assume(context map[string][]string) *proof.Assume {
	context = maps.Clone(context)
	context["sts:RoleSessionName"] = []string{a.name}
	for _, key := range a.keys {
		context["aws:RequestTag/"+key] = []string{a.asked[key]}
	}
	if len(a.keys) > 0 {
		context["aws:TagKeys"] = slices.Clone(a.keys)
	}
	if len(a.transitive) > 0 {
		context["sts:TransitiveTagKeys"] = slices.Clone(a.transitive)
	}
	return &proof.Assume{Role: a.role, ExternalID: a.externalID, SourceIdentity: a.sourceIdentity, SessionTags: len(a.tags) > 0, Context: context}
}

// administratorOf is the role of the administrators of an account.
func administratorOf(account string) string {
	return "arn:" + partition + ":iam::" + account + ":role/Administrator"
}

// Administrator returns the credentials of a session with every permission of an account, as AWS's own administrators have it.
func (g *Gateway) Administrator(account string) aws.Credentials {
	g.deployments.mutex.Lock()
	if g.deployments.accounts == nil {
		g.deployments.accounts = map[string]bool{}
	}
	g.deployments.accounts[account] = true
	g.deployments.mutex.Unlock()
	now := time.Now()
	return credentialsOf(g.sessions.Add(identity.Session{
		Role: administratorOf(account), RoleID: g.stacks.Now().UniqueID(administratorOf(account)), Name: "crossgrant", Administrator: true, Issued: now, Expires: now.Add(12 * time.Hour),
	}))
}

// Assume returns the credentials of a role that a service assumes for what runs as it, such as "lambda.amazonaws.com" for a function. It errs if the trust policy
// of the role does not let it.
func (g *Gateway) Assume(service, role, session string) (aws.Credentials, error) {
	now := time.Now()
	if err := g.byService("sts:AssumeRole", proof.Access{Caller: service, Made: true, Assumes: &proof.Assume{Role: role}}); err != nil {
		return aws.Credentials{}, fmt.Errorf("%s cannot assume the role %s: %w", service, role, err)
	}
	return credentialsOf(g.sessions.Add(identity.Session{Role: role, RoleID: g.stacks.Now().UniqueID(role), Name: session, Issued: now, Expires: now.Add(6 * time.Hour)})), nil
}

// Permit returns an error unless a service may do something itself for what an ARN is of, in an account, such as "apigateway.amazonaws.com" for an API.
func (g *Gateway) Permit(service, action, resource, source, account string) error {
	return g.byService(action, proof.Access{
		Caller: service, Made: true, Action: action, Resource: resource,
		Context: map[string][]string{"aws:SourceArn": {source}, "aws:SourceAccount": {account}, "aws:PrincipalIsAWSService": {"true"}},
	})
}

// byService decides and records what a service does itself.
func (g *Gateway) byService(action string, access proof.Access) error {
	d := &record.Decision{Time: time.Now(), Caller: access.Caller}
	d.Service, d.Operation, _ = strings.Cut(action, ":")
	chain := g.stacks.Now().Decide(access)
	d.Asked(chain)
	if err := outcome(chain); err != nil {
		g.decisions.Add(d, record.Denied, err.Error())
		return err
	}
	g.decisions.Add(d, record.Allowed, "")
	return nil
}

func credentialsOf(s *identity.Session) aws.Credentials {
	return aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.Secret, SessionToken: s.Token, CanExpire: true, Expires: s.Expires, AccountID: s.Account()}
}
