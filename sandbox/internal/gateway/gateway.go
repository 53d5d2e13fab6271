// Package gateway stands before the local AWS: it authenticates each request, lets the proof decide it by the policies of the stacks that are deployed now and
// the route that the caller has, and answers as AWS does or passes it on. It has no policies and no rules of IAM of its own.
package gateway

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/identity"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/record"
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
