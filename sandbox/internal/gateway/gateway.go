// Package gateway stands before the local AWS: it authenticates each request, lets the proof decide it by the policies of the stacks that are deployed now and
// the route that the caller has, and answers as AWS does or passes it on. It has no policies and no rules of IAM of its own.
package gateway

import (
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/identity"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/record"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/sigv4"
)

// Gateway is a running gateway. It is safe for use by several goroutines.
type Gateway struct {
	options   Options
	backend   *url.URL
	directory string
	transport *http.Transport
	proxy     *httputil.ReverseProxy
	sessions  identity.Sessions
	stacks    *deployed.Stacks
	keys      ownKeys
	decisions *record.Record
	front     *Endpoint

	deployments deployments

	mutex     sync.Mutex
	endpoints []*Endpoint
}

// partition is that of the local AWS.
const partition = "aws"

// Options are what a gateway does otherwise than AWS. The zero value does nothing otherwise.
type Options struct {
	// PassUnknown passes on requests of which the gateway does not know what they ask for, if a route leads to their service. Default they are denied. What
	// is known and not permitted is denied in either case.
	PassUnknown bool
	// FailFast answers requests without a route at once with the error SandboxNoRoute. Default nobody answers them, as in AWS, until the client gives up.
	FailFast bool
	// Organizations are those of accounts, such as "o-a1b2c3d4e5", by account. Default unknown, so that what depends on them is denied.
	Organizations map[string]string
	// Log is where the gateway says, a line each, what it passed on unknown and why the local AWS did not answer. Writes may come at once. Default nowhere.
	Log io.Writer
}

// Start starts a gateway before the local AWS at a URL, on a free loopback port. The caller must call Stop.
func Start(backend string, o Options) (*Gateway, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	u, err := url.Parse(backend)
	if err != nil {
		return nil, fmt.Errorf("read the URL of the local AWS: %w", err)
	}
	directory, err := os.MkdirTemp("", "crossgrant-gateway-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the gateway: %w", err)
	}
	g := &Gateway{options: o, backend: u, directory: directory, decisions: record.New(record.Most, record.MostBytes), transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	g.proxy = &httputil.ReverseProxy{
		Transport: g.transport, FlushInterval: -1, BufferPool: &buffers{}, ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: g.rewrite, ModifyResponse: g.answered, ErrorHandler: g.failed,
	}
	if g.stacks, err = deployed.Open(directory, proof.Options{Organizations: o.Organizations}, g.asOwner); err == nil {
		g.front, err = g.From("")
	}
	if err != nil {
		return nil, errors.Join(err, g.Stop())
	}
	return g, nil
}

// Stop ends the gateway and all connections to it.
func (g *Gateway) Stop() error {
	g.mutex.Lock()
	all := g.endpoints
	g.endpoints = nil
	g.mutex.Unlock()
	for _, e := range all {
		e.Close()
	}
	g.transport.CloseIdleConnections()
	return os.RemoveAll(g.directory)
}

// URL is the endpoint for the CDK command line, with a host name, and AddressURL the one for AWS SDKs, with an IP address, which makes them put bucket names into
// the path. Requests to them come from outside of every VPC.
func (g *Gateway) URL() string { return "http://localhost:" + g.front.port() }

// AddressURL is the endpoint for AWS SDKs.
func (g *Gateway) AddressURL() string { return g.front.URL() }

// Deployed are the stacks that are deployed now, as the gateway decides by them. They must not be changed.
func (g *Gateway) Deployed() *assembly.Assembly { return g.stacks.Now().Assembly() }

// Decision is one request and how it was decided.
type Decision = record.Decision

// Usage says what the deployed policies permit that no request needed.
type Usage = record.Usage

// Decisions are the last decisions, those with a greater number than after, the oldest one first: at most 4,000, with texts of at most 8 MiB together.
func (g *Gateway) Decisions(after int64) []Decision { return g.decisions.After(after) }

// Usage says which Allow statements of the deployed identity, trust and resource policies, and which of their actions and resources, permitted no request since
// the gateway started or forgot.
func (g *Gateway) Usage() Usage { return g.decisions.Usage(g.stacks.Now().Permits()) }

// Reset forgets all that was: the stacks, the sessions but for those of administrators, and the decisions. The local AWS has to be empty by then.
func (g *Gateway) Reset() error {
	g.sessions.Forget()
	g.decisions.Forget()
	g.deployments.forget()
	return g.stacks.Forget()
}

// Endpoint is where the requests of one workload arrive, which determines their route.
type Endpoint struct {
	gateway  *Gateway
	workload string // ARN; "" for outside of every VPC
	listener net.Listener
	server   *http.Server
}

// From opens an endpoint for the requests of a function or an instance, by its ARN; "" for those from outside of every VPC.
func (g *Gateway) From(workload string) (*Endpoint, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the gateway: %w", err)
	}
	e := &Endpoint{gateway: g, workload: workload, listener: listener}
	e.server = &http.Server{Handler: e, ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	g.mutex.Lock()
	g.endpoints = append(g.endpoints, e)
	g.mutex.Unlock()
	go e.server.Serve(listener)
	return e, nil
}

// URL is the endpoint for AWS SDKs.
func (e *Endpoint) URL() string { return "http://" + e.listener.Addr().String() }

func (e *Endpoint) port() string {
	_, port, _ := net.SplitHostPort(e.listener.Addr().String())
	return port
}

// Close ends the endpoint and all connections to it.
func (e *Endpoint) Close() {
	e.server.Close()
	e.listener.Close() // the server closes it only after Serve has begun
}

// call is one request on its way.
type call struct {
	*request.Request
	endpoint *Endpoint
	decision *record.Decision
	session  *identity.Session
	region   string
	account  string // whose resource the local AWS takes it to be on
	// authorization is the header by which the local AWS finds the service.
	authorization string
	body          *watched
	text          []byte // the body, if it has the parameters
	followed      bool   // the request changes by what others are decided, and that is followed
	refused       []refused
	set           *changeSet // what CloudFormation is to deploy
}

type callKey struct{}

// watched is a body that remembers why it could not be read.
type watched struct {
	io.Reader
	failed error
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		b.failed = err
	}
	return n, err
}

func (b *watched) Close() error { return nil }

// ServeHTTP authenticates, decides and passes on one request.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := &record.Decision{Time: time.Now(), From: e.workload}
	err := e.serve(w, r, d)
	if err == nil {
		return
	}
	unreachable, denied := errors.Is(err, errUnreachable), errors.Is(err, reply.ErrDenied)
	switch {
	case unreachable:
		e.gateway.decisions.Add(d, record.NoRoute, err.Error())
	case denied:
		e.gateway.decisions.Add(d, record.Denied, err.Error())
	default:
		e.gateway.decisions.Add(d, record.Refused, err.Error())
	}
	if unreachable && !e.gateway.options.FailFast {
		<-r.Context().Done() // as in AWS: packets without a route go nowhere, and nobody answers
		return
	}
	answer(w, r, err)
}

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, d *record.Decision) error {
	g := e.gateway
	if err := e.checkHost(r); err != nil {
		return err
	}
	s, err := sigv4.Read(r)
	if errors.Is(err, sigv4.ErrMissing) {
		err = cmp.Or(refuseFederated(r), err)
	}
	if err != nil {
		return err
	}
	d.Service = s.Service
	c, err := g.authenticate(w, r, s)
	if err != nil {
		return err
	}
	c.endpoint, c.decision, d.Caller = e, d, c.session.ARN()
	now := g.stacks.Now()
	c.Request, err = request.Read(r, s.Service, c.text, request.Place{Partition: partition, Account: c.session.Account(), Region: s.Region}, now)
	if unknown := (*request.Unknown)(nil); errors.As(err, &unknown) {
		if !g.options.PassUnknown {
			return &reply.Denied{Message: "the sandbox denies what it does not know: " + unknown.Says}
		}
		return e.passUnknown(w, r, c, s.Service, unknown, now)
	} else if err != nil {
		return err
	}
	d.Service, d.Operation = c.Service, c.Operation
	if err := c.inRegion(r); err != nil {
		return err
	}
	if c.Service == "sts" {
		return e.serveSTS(w, r, c, now)
	}
	for _, ask := range c.Asks {
		if err := e.permit(r, c, ask, now); err != nil {
			return err
		}
	}
	c.account = c.session.Account()
	first := c.Asks
	if len(c.Objects) > 0 {
		first = c.Objects[0].Asks
		if some, err := e.permitObjects(r, c, now); err != nil || !some {
			return e.refuseAll(w, c, err)
		}
	}
	if owner := now.Owner(first[0].Resource); isAccount(owner) {
		c.account = owner
	}
	if err := c.inOneAccount(); err != nil {
		return err
	}
	if err := c.follow(now); err != nil {
		return err
	}
	g.decisions.Add(d, record.Allowed, "")
	if err := g.keyPolicy(r.Context(), c, now); err != nil {
		return err
	}
	if c.Service == "cloudformation" {
		return g.serveCloudFormation(w, r, c, func() { e.pass(w, r, c) })
	}
	e.pass(w, r, c)
	return nil
}

// pass passes a request on.
func (e *Endpoint) pass(w http.ResponseWriter, r *http.Request, c *call) {
	r.Body = c.body
	e.gateway.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
}

// passUnknown passes on a request of which nobody knows what it asks for, if a route leads to its service.
func (e *Endpoint) passUnknown(w http.ResponseWriter, r *http.Request, c *call, service string, unknown *request.Unknown, now *deployed.Now) error {
	access, err := e.access(r, c.session, now)
	if err != nil {
		return err
	}
	access.Administrator, access.Action, access.Resource, access.Region = true, service+":Unknown", "*", c.region
	chain := now.Decide(access)
	if h, stops := chain.Stops(); stops && h.Path != nil {
		return c.outcome(chain)
	}
	c.Request, c.account = &request.Request{Service: service, Protocol: request.ProtocolOf(service)}, c.session.Account()
	fmt.Fprintf(e.gateway.options.Log, "passed on, unknown: %s %s of %s: %s\n", r.Method, r.URL.Path, c.session.ARN(), unknown.Says)
	e.gateway.decisions.Add(c.decision, record.PassedUnknown, unknown.Says)
	e.pass(w, r, c)
	return nil
}

// follow returns an error for a request that changes by what others are decided, unless the change is followed. New buckets and roles are followed, too.
func (c *call) follow(now *deployed.Now) (err error) {
	action := c.Changes()
	c.followed, err = now.Follows(c.Request, c.place())
	if unknown := (*request.Unknown)(nil); errors.As(err, &unknown) {
		return &reply.Denied{Message: "the sandbox denies " + action + ", since it could not follow this change: " + unknown.Says}
	}
	if err == nil && !c.followed && action != "" {
		return unseen(action)
	}
	return err
}

// place is where the local AWS takes a request to be.
func (c *call) place() deployed.Place { return deployed.Place{Account: c.account, Region: c.region} }

// inOneAccount returns an error for a request on resources of several accounts, which the local AWS would take to be all in the first. Buckets have names of their own in all.
func (c *call) inOneAccount() error {
	for _, ask := range c.Asks {
		owner := arn.Account(ask.Resource)
		if strings.HasPrefix(ask.Action, c.Service+":") && c.Service != "s3" && isAccount(owner) && owner != c.account {
			return &reply.Denied{Message: "the sandbox denies what it does not know: found a request on resources of the accounts " + c.account + " and " + owner + ", expected one on those of one account"}
		}
	}
	return nil
}

func isAccount(id string) bool { return len(id) == 12 && strings.Trim(id, "0123456789") == "" }

// own are the paths of the local AWS's own interfaces, which are no part of AWS, and of S3 Control, which the local AWS would take a request to S3 for.
var own = []string{"/moto-api", "/latest/", "/v20180820/"}

// checkHost refuses requests for other hosts, and those to the local AWS itself.
func (e *Endpoint) checkHost(r *http.Request) error {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil || port != e.port() || host != "127.0.0.1" && host != "localhost" && !strings.HasSuffix(host, ".localhost") {
		return fmt.Errorf("%w: found a request for host %q, expected localhost:%s", request.ErrMalformed, r.Host, e.port())
	}
	for _, prefix := range own {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return &reply.Denied{Message: "the sandbox denies requests to " + prefix + ", which is no part of AWS's services that it knows"}
		}
	}
	return readsAlike(r)
}

// readsAlike refuses requests that the local AWS may read otherwise than they are decided.
func readsAlike(r *http.Request) error {
	problem := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", request.ErrMalformed, fmt.Sprintf(format, args...))
	}
	if strings.HasPrefix(r.URL.Path, "//") && request.HostBucket(r) == "" {
		return problem("found path %q, expected one with a bucket or nothing behind the first slash", r.URL.Path)
	}
	if bucket, _, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/"); strings.Contains(strings.ToUpper(bucket), "%2F") && request.HostBucket(r) == "" {
		return problem("found path %q, expected a bucket without a slash in its name", r.URL.EscapedPath())
	}
	if !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0) {
		return problem("found path %q, expected UTF-8 without the character NUL", r.URL.Path)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem("found query %q: %v", r.URL.RawQuery, err)
	}
	// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
	if r.Header.Get("Authorization") != "" && (query.Has("X-Amz-Algorithm") || query.Has("X-Amz-Signature")) {
		return problem("found a signature in the headers and one in the query, expected one of both")
	}
	return nil
}

// regionOfHost is the region in a host name of AWS, which the local AWS takes for that of the request wherever it is in the URL.
var regionOfHost = regexp.MustCompile(`\.([^.]+)\.amazonaws\.com`)

// inRegion refuses requests that the local AWS would take to be for another region than the signed one. Names of buckets are those of all regions.
func (c *call) inRegion(r *http.Request) error {
	text, _ := url.PathUnescape(r.URL.RequestURI())
	if found := regionOfHost.FindStringSubmatch(text); found != nil && found[1] != c.region && c.Protocol != request.REST {
		return fmt.Errorf("%w: found a host name of region %s in the URL of a request for %s, expected it in the body", request.ErrMalformed, found[1], c.region)
	}
	return nil
}

// maxParameters limits the body of a request whose body has its parameters: DynamoDB takes 16 MB.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-api
const maxParameters = 17 << 20

// authenticate finds whose request it is, and checks the signature.
func (g *Gateway) authenticate(w http.ResponseWriter, r *http.Request, s *sigv4.Signature) (*call, error) {
	session := g.sessions.Find(s.AccessKeyID)
	now := time.Now()
	switch {
	case session == nil:
		return nil, reply.ErrUnknownKey
	case subtle.ConstantTimeCompare([]byte(session.Token), []byte(s.SessionToken)) != 1:
		return nil, reply.ErrInvalidToken
	case !now.Before(session.Expires):
		return nil, reply.ErrExpiredToken
	case !session.Administrator && session.RoleID != g.stacks.Now().UniqueID(session.Role): // the role is gone, or made again
		return nil, reply.ErrInvalidToken
	}
	c := &call{session: session, region: s.Region, authorization: verified(s)}
	body, err := s.Body(r, session.Secret)
	if err != nil {
		return nil, err
	}
	digest := ""
	if request.HasParameters(r, s.Service) {
		if c.text, err = io.ReadAll(http.MaxBytesReader(w, io.NopCloser(body), maxParameters)); err != nil {
			return nil, bodyError(err)
		}
		body, digest = bytes.NewReader(c.text), sigv4.Digest(c.text)
	}
	c.body = &watched{Reader: body}
	return c, s.Verify(r, session.Secret, digest, now, skew(s.Service))
}

// verified is the Authorization header of a request for the local AWS, which verifies no signature.
func verified(s *sigv4.Signature) string {
	return unsigned(s.AccessKeyID, s.Time, s.Region, s.Service)
}

// ownKey is the access key by which the gateway itself asks the local AWS.
const ownKey = "AKIAGATEWAYOFSANDBOX"

// unsigned is an Authorization header without a signature, by which the local AWS finds the service and the region.
func unsigned(key string, at time.Time, region, service string) string {
	return "AWS4-HMAC-SHA256 Credential=" + key + "/" + at.Format("20060102") + "/" + region + "/" + service + "/aws4_request, SignedHeaders=host, Signature=none"
}

// bodyError is the error of a body that could not be read.
func bodyError(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fmt.Errorf("%w: found more than %d bytes", request.ErrMalformed, tooLarge.Limit)
	}
	return err
}

// skew is by how much the time of a signature may differ.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
func skew(service string) time.Duration {
	if service == "s3" {
		return 15 * time.Minute
	}
	return 5 * time.Minute
}

// answer answers a request with an error, as its service does.
func answer(w http.ResponseWriter, r *http.Request, err error) {
	service := ""
	if s, err := sigv4.Read(r); err == nil {
		service = s.Service
	}
	reply.Error(w, r, service, protocol(r), err)
}

// protocol is the protocol of a request of which perhaps nothing is known but how it looks.
func protocol(r *http.Request) request.Protocol {
	if s, err := sigv4.Read(r); err == nil {
		if s.Service == "monitoring" && r.Header.Get("X-Amz-Target") != "" {
			return request.JSON
		}
		if p := request.ProtocolOf(s.Service); p != request.JSON || r.Header.Get("X-Amz-Target") != "" {
			return p
		}
		return request.Query
	}
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		return request.JSON
	case r.URL.Query().Has("AWSAccessKeyId"): // a URL of S3, presigned in Version 2
		return request.REST
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return request.Query
	}
	return request.REST
}

// buffers are those through which bodies pass, each of which serves many requests.
type buffers struct{ free sync.Pool }

func (b *buffers) Get() []byte {
	if one, ok := b.free.Get().(*[]byte); ok {
		return *one
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(one []byte) { b.free.Put(&one) }

// userAgent is that of the gateway.
const userAgent = "crossgrant"

// rewrite sends a request to the local AWS, which checks no signature but reads the service and the region in it.
func (g *Gateway) rewrite(p *httputil.ProxyRequest) {
	c := p.In.Context().Value(callKey{}).(*call)
	p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = g.backend.Scheme, g.backend.Host, p.In.Host
	if host, port, _ := net.SplitHostPort(p.In.Host); strings.HasSuffix(host, ".localhost") { // the local AWS would look for a service or a bucket in it
		p.Out.Host = "localhost:" + port
	}
	if bucket := request.HostBucket(p.In); c.Protocol == request.REST && bucket != "" {
		p.Out.URL.Path, p.Out.URL.RawPath = "/"+bucket+p.In.URL.Path, "/"+bucket+p.In.URL.EscapedPath()
	}
	if c.Protocol == request.REST && strings.HasPrefix(p.In.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		p.Out.Header.Set("Content-Type", "binary/octet-stream") // S3's own default: the local AWS would read the content of the object as a form, and lose it
	}
	for name := range p.Out.Header { // which WSGI would take for the name with hyphens
		if strings.Contains(name, "_") && !strings.HasPrefix(name, "X-Amz-Meta-") {
			delete(p.Out.Header, name)
		}
	}
	p.Out.Header.Set("User-Agent", userAgent) // the local AWS would take a region from it
	if c.CopySource != "" {
		p.Out.Header.Set("X-Amz-Copy-Source", c.CopySource)
	}
	p.Out.Header.Set("X-Moto-Account-Id", c.account)
	// Only what was verified: the local AWS would take the service from whatever it finds first.
	p.Out.Header.Set("Authorization", c.authorization)
	if c.Key != "" { // as AWS answers it, whatever the client has called it
		p.Out.Header.Set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", c.Key)
	}
	var rest []string
	for part := range strings.SplitSeq(p.In.URL.RawQuery, "&") {
		switch name, _, _ := strings.Cut(part, "="); name {
		case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token":
		default:
			rest = append(rest, part)
		}
	}
	p.Out.URL.RawQuery = strings.Join(rest, "&")
}

// failed answers a request that could not be passed on: because of its body, because the local AWS did not answer, or because the client has gone.
func (g *Gateway) failed(w http.ResponseWriter, r *http.Request, err error) {
	c, ok := r.Context().Value(callKey{}).(*call)
	switch {
	case r.Context().Err() != nil: // nobody reads an answer
	case ok && c.body.failed != nil:
		err = c.body.failed
	default:
		fmt.Fprintf(g.options.Log, "the local AWS did not answer %s %s: %v\n", r.Method, r.URL.Path, err)
		err = fmt.Errorf("%w: %w", reply.ErrUnavailable, err)
	}
	answer(w, r, err)
}

// deploys are the operations that change what is deployed.
var deploys = map[string]bool{"CreateStack": true, "UpdateStack": true, "DeleteStack": true, "ExecuteChangeSet": true, "RollbackStack": true, "ContinueUpdateRollback": true}

// answered reads the stacks again before an answer says that they are deployed, adds to an answer what was refused, and takes from it what the caller may not know.
func (g *Gateway) answered(response *http.Response) error {
	c := response.Request.Context().Value(callKey{}).(*call)
	if len(c.refused) > 0 && response.StatusCode == http.StatusOK {
		return c.addRefused(response)
	}
	if err := g.keys.remember(c, response); err != nil {
		return err
	}
	if c.followed && response.StatusCode < 300 {
		return g.stacks.Change(c.Request, c.place())
	}
	switch {
	case c.Service == "s3" && response.StatusCode == http.StatusNotFound:
		return c.missing(response)
	case c.Service == "cloudformation":
		if err := listsAsTexts(c, response); err != nil {
			return err
		}
		return g.answeredCloudFormation(response, c)
	case c.Service == "iam" && (c.Operation == "CreatePolicy" || c.Operation == "DeletePolicy") && response.StatusCode == http.StatusOK:
		body, err := text(response)
		if err != nil {
			return err
		}
		return g.managedPolicy(c, body)
	}
	return nil
}

// parameterValue is the value of a parameter in an answer of CloudFormation.
var parameterValue = regexp.MustCompile(`<ParameterValue>([^<]*)</ParameterValue>`)

// listsAsTexts writes the parameters of stacks that are lists as CloudFormation does. The CDK's command line gives them back when it bootstraps again.
func listsAsTexts(c *call, response *http.Response) error {
	if c.Operation != "DescribeStacks" || response.StatusCode != http.StatusOK {
		return nil
	}
	body, err := text(response)
	if err != nil {
		return err
	}
	setText(response, parameterValue.ReplaceAllFunc(body, func(element []byte) []byte {
		return []byte(reply.Element("ParameterValue", deployed.Listed(html.UnescapeString(string(parameterValue.FindSubmatch(element)[1])))))
	}))
	return nil
}

// asOwner is the configuration by which the gateway itself asks the local AWS for what is in a place.
func (g *Gateway) asOwner(at deployed.Place) aws.Config {
	return aws.Config{
		Region: at.Region, BaseEndpoint: aws.String(g.backend.String()), HTTPClient: &http.Client{Transport: inAccount{g.transport, at.Account}},
		Credentials: credentials.NewStaticCredentialsProvider(ownKey, "none", ""),
	}
}

// inAccount sends requests to the local AWS in an account.
type inAccount struct {
	*http.Transport
	account string
}

func (t inAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Moto-Account-Id", t.account)
	return t.Transport.RoundTrip(r)
}
