package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/identity"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/record"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/sigv4"
)

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
