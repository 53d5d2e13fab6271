package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/sigv4"
)

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

// ask asks the local AWS for something of S3.
func (g *Gateway) ask(ctx context.Context, c *call, method, path, query string) (*http.Response, error) {
	u := *g.backend
	u.Path, u.RawQuery = "/"+path, query
	r, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, err
	}
	return g.send(r, c.session.Account(), c.region, "s3")
}

// send sends a request of the gateway itself to the local AWS.
func (g *Gateway) send(r *http.Request, account, region, service string) (*http.Response, error) {
	r.Header.Set("Authorization", unsigned(ownKey, time.Now(), region, service))
	r.Header.Set("X-Moto-Account-Id", account)
	return g.transport.RoundTrip(r)
}

// askForm asks the local AWS for something of a service with forms.
func (g *Gateway) askForm(ctx context.Context, account, region, service string, form url.Values) (text string, status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.backend.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := g.send(r, account, region, service)
	if err != nil {
		return "", 0, err
	}
	defer response.Body.Close()
	all, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return string(all), response.StatusCode, err
}

// text is the body of an answer, which stays.
func text(response *http.Response) ([]byte, error) {
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read an answer of the local AWS: %w", err)
	}
	setText(response, body)
	return body, nil
}

// setText replaces the body of an answer.
func setText(response *http.Response, body []byte) {
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
}
