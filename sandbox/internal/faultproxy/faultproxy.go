// Package faultproxy stands between a program and an AWS service, and lets requests go wrong as networks and services do, by rules and a seed. It
// knows S3, DynamoDB and STS. It does not judge what the program makes of it.
package faultproxy

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Rule says which requests go wrong, and how.
type Rule struct {
	// Operation is the name of an operation, such as CopyObject, or * for all but AssumeRole. Required.
	Operation string
	// Fault is how they go wrong. Required.
	Fault Fault
	// Probability of the fault, by the seed. Default 1.
	Probability float64
	// Skip is how many of the operation's requests go well first.
	Skip int
	// Most is how many requests go wrong. Default no limit.
	Most int
	// Contains is a text that the request's path and query have. Default any.
	Contains string
	// Delay of Stall and Slow.
	Delay time.Duration
}

type activeRule struct {
	Rule
	seen, hits int
}

// Proxy is a running proxy. It is safe for concurrent use.
type Proxy struct {
	server *http.Server
	client *http.Transport
	back   string
	sts    string
	url    string

	running sync.RWMutex // read by calls of before, so that Set waits for their end

	mutex    sync.Mutex
	rules    []*activeRule
	random   *rand.Rand
	requests map[string]int
	faults   map[string]int
	total    int
	before   func(operation string, n int)
	pages    map[string][]byte // the first page of each listing
	secrets  map[string]bool
}

// Start starts a proxy in front of the service at the URL back, and of the STS at another one. The caller must call Stop.
func Start(back, sts string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the fault proxy: %w", err)
	}
	p := &Proxy{back: back, sts: sts, url: "http://" + listener.Addr().String(), client: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}, secrets: map[string]bool{}}
	p.Set(1)
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve)}
	go p.server.Serve(listener)
	return p, nil
}

// URL is the endpoint for the program.
func (p *Proxy) URL() string { return p.url }

// Stop ends the proxy and the connections to it.
func (p *Proxy) Stop() {
	p.server.Close()
	p.client.CloseIdleConnections()
}

// Set replaces the rules, and forgets the counts. The first rule that applies counts. It waits for running calls of what Before was given.
func (p *Proxy) Set(seed uint64, rules ...Rule) {
	p.running.Lock()
	defer p.running.Unlock()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.rules = nil
	for _, r := range rules {
		if r.Probability == 0 {
			r.Probability = 1
		}
		p.rules = append(p.rules, &activeRule{Rule: r})
	}
	p.random = rand.New(rand.NewPCG(seed, seed))
	p.requests, p.faults, p.pages, p.total, p.before = map[string]int{}, map[string]int{}, map[string][]byte{}, 0, nil
}

// Before calls f before each request goes on, with how many requests there were. It replaces the last f, until Set.
func (p *Proxy) Before(f func(operation string, n int)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.before = f
}

// Requests are the numbers of requests by operation, those that went wrong included.
func (p *Proxy) Requests() map[string]int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return maps.Clone(p.requests)
}

// Faults are the numbers of requests that went wrong, by operation and fault.
func (p *Proxy) Faults() map[string]int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return maps.Clone(p.faults)
}

// Secrets are the secret keys and session tokens in answers to AssumeRole since the start.
func (p *Proxy) Secrets() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var all []string
	for s := range p.secrets {
		all = append(all, s)
	}
	return all
}

// Operation returns which operation a request is.
func Operation(r *http.Request, body []byte) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndexByte(target, '.')+1:]
	}
	query, copies := r.URL.Query(), r.Header.Get("X-Amz-Copy-Source") != ""
	switch r.Method {
	case http.MethodHead:
		return "HeadObject"
	case http.MethodGet:
		for _, c := range []struct{ parameter, operation string }{{"list-type", "ListObjectsV2"}, {"tagging", "GetObjectTagging"}, {"uploadId", "ListParts"}, {"uploads", "ListMultipartUploads"}} {
			if query.Has(c.parameter) {
				return c.operation
			}
		}
		return "GetObject"
	case http.MethodPut:
		switch {
		case copies && query.Has("partNumber"):
			return "UploadPartCopy"
		case copies:
			return "CopyObject"
		}
		return "PutObject"
	case http.MethodPost:
		switch {
		case bytes.Contains(body, []byte("Action=AssumeRole")):
			return "AssumeRole"
		case query.Has("uploads"):
			return "CreateMultipartUpload"
		case query.Has("uploadId"):
			return "CompleteMultipartUpload"
		}
	case http.MethodDelete:
		if query.Has("uploadId") {
			return "AbortMultipartUpload"
		}
	}
	return r.Method
}

// choose counts a request and returns its rule, which has no fault if it goes well.
func (p *Proxy) choose(operation string, r *http.Request) (Rule, func(string, int), int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.requests[operation]++
	p.total++
	for _, rule := range p.rules {
		if rule.Operation != operation && (rule.Operation != "*" || operation == "AssumeRole") || !strings.Contains(r.URL.RequestURI(), rule.Contains) {
			continue
		}
		rule.seen++
		if rule.seen <= rule.Skip || rule.Most > 0 && rule.hits >= rule.Most || p.random.Float64() >= rule.Probability {
			continue
		}
		rule.hits++
		p.faults[operation+": "+string(rule.Fault)]++
		return rule.Rule, p.before, p.total
	}
	return Rule{}, p.before, p.total
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	operation := Operation(r, body)
	rule := p.begin(operation, r)
	if answer, ok := replyTo(rule.Fault, r); ok {
		for name, value := range answer.header {
			w.Header().Set(name, value)
		}
		w.Header().Set("x-amz-request-id", "4442587FB7D0A2F9")
		w.WriteHeader(answer.status)
		io.WriteString(w, answer.body)
		return
	}
	switch rule.Fault {
	case Reset:
		reset(w)
		return
	case Stall:
		wait(r, rule.Delay)
		reset(w)
		return
	case Slow:
		wait(r, rule.Delay)
	case Hang:
		<-r.Context().Done()
		return
	case Blank200:
		w.Header().Set("Content-Length", "200")
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n      ")
		http.NewResponseController(w).Flush()
		reset(w)
		return
	}
	listing := r.URL.Path + "?" + r.URL.Query().Get("prefix")
	if rule.Fault == RepeatedPage {
		if page := p.page(listing); page != nil {
			w.Header().Set("Content-Type", "application/xml")
			w.Write(page)
			return
		}
	}
	answer, text, err := p.forward(operation, r, body)
	if err != nil {
		reset(w)
		return
	}
	p.remember(operation, listing, rule.Fault, text)
	header := w.Header()
	for name, values := range answer.Header {
		if name != "Connection" {
			header[name] = values
		}
	}
	switch rule.Fault {
	case AnswerLost:
		reset(w)
		return
	case AnswerLost500:
		lost, _ := replyTo(InternalError, r)
		clear(header)
		w.WriteHeader(lost.status)
		io.WriteString(w, lost.body)
		return
	case TruncatedXML:
		text = text[:len(text)*2/3]
		header.Del("X-Amz-Crc32") // of the whole answer
	case TruncatedBody:
		header.Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(answer.StatusCode)
		w.Write(text[:len(text)/2])
		http.NewResponseController(w).Flush()
		reset(w)
		return
	}
	if r.Method != http.MethodHead {
		header.Set("Content-Length", strconv.Itoa(len(text)))
	}
	w.WriteHeader(answer.StatusCode)
	w.Write(text)
}

// begin returns the rule of a request, after the call of what Before was given.
func (p *Proxy) begin(operation string, r *http.Request) Rule {
	p.running.RLock()
	defer p.running.RUnlock()
	rule, before, n := p.choose(operation, r)
	if before != nil {
		before(operation, n)
	}
	return rule
}

func (p *Proxy) page(listing string) []byte {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.pages[listing]
}

var secret = regexp.MustCompile(`<(?:SecretAccessKey|SessionToken)>([^<]{8,})<`)

func (p *Proxy) remember(operation, listing string, fault Fault, text []byte) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if fault == RepeatedPage {
		p.pages[listing] = text
	}
	if operation == "AssumeRole" {
		for _, match := range secret.FindAllSubmatch(text, -1) {
			p.secrets[string(match[1])] = true
		}
	}
}

// forward sends the request on as it is: its signature covers the host and the path.
func (p *Proxy) forward(operation string, r *http.Request, body []byte) (*http.Response, []byte, error) {
	on := r.Clone(r.Context())
	to := p.back
	if operation == "AssumeRole" {
		to = p.sts
	}
	back, err := url.Parse(to)
	if err != nil {
		return nil, nil, err
	}
	on.URL.Scheme, on.URL.Host = back.Scheme, back.Host
	on.RequestURI = ""
	on.Body = io.NopCloser(bytes.NewReader(body))
	on.ContentLength = int64(len(body))
	on.TransferEncoding = nil
	on.Header.Del("Expect")
	answer, err := p.client.RoundTrip(on)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer, text, err
}

// reset ends the connection as a router or a crash does, without the end of an orderly conversation.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

func wait(r *http.Request, delay time.Duration) {
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
	}
}
