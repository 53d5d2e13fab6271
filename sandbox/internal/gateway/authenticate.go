package gateway

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/sigv4"
)

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
