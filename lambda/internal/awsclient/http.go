package awsclient

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// connectWait is the longest wait for a connection. Without a route, dialing would hang until the function's timeout.
	connectWait = 3 * time.Second
	// readStall and writeStall are how long a service may send nothing while an answer is expected. While S3 copies, it may send nothing at
	// first, and white space later.
	// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html.
	readStall  = 10 * time.Second
	writeStall = time.Minute
)

// HTTP sends requests by HTTP/1.1, with connections that are kept for the next request. It follows no redirect.
type HTTP struct{ reads, writes *http.Transport }

// NewHTTP returns connections for so many requests at once. Each has its own, since S3 and DynamoDB have no HTTP/2. security may be nil.
func NewHTTP(parallel int, security *tls.Config) *HTTP {
	if security == nil {
		security = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	security.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	transport := func(stall time.Duration, idle int) *http.Transport {
		dialer := &net.Dialer{Timeout: connectWait}
		return &http.Transport{
			Proxy: http.ProxyFromEnvironment,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dialer.DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return &impatient{conn, stall}, nil
			},
			TLSClientConfig:     security,
			TLSHandshakeTimeout: connectWait,
			MaxIdleConnsPerHost: idle,
			DisableCompression:  true,
			ReadBufferSize:      4 << 10,
			WriteBufferSize:     4 << 10,
		}
	}
	// Lambda permits 1,024 open files: connections that read are kept for a quarter, while as many may write.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	return &HTTP{reads: transport(readStall, max(parallel/4, 16)), writes: transport(writeStall, parallel)}
}

// Do sends a request.
func (h *HTTP) Do(request *http.Request) (*http.Response, error) {
	// The SDK closes the body as soon as an answer begins, and its WriteTo then reports the end as an error, for which the connection is dropped
	// with the rest of the answer. A body without WriteTo is read instead.
	if request.Body != nil && request.Body != http.NoBody {
		request = request.Clone(request.Context())
		request.Body = struct{ io.ReadCloser }{request.Body}
	}
	// Only S3 has requests that write with a query, for uploads.
	if request.Method == http.MethodPut || strings.Contains(request.URL.RawQuery, "upload") {
		return h.writes.RoundTrip(request)
	}
	return h.reads.RoundTrip(request)
}

// impatient is a connection that fails if nothing arrives for some time after the last request or the last bytes of an answer. One that waits for
// the next request is closed then.
type impatient struct {
	net.Conn
	stall time.Duration
}

func (c *impatient) Read(b []byte) (int, error) {
	_ = c.SetReadDeadline(time.Now().Add(c.stall))
	return c.Conn.Read(b)
}

func (c *impatient) Write(b []byte) (int, error) {
	_ = c.SetReadDeadline(time.Now().Add(c.stall))
	return c.Conn.Write(b)
}
