// Package s3wire is a client of S3 that writes and reads by itself the requests that functions make often: CopyObject, UploadPartCopy and
// ListObjectsV2. All others, and all that it does not know about these, are left to the SDK's client.
package s3wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyauth "github.com/aws/smithy-go/auth"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/xmlread"
)

// Client is a client of S3, safe for concurrent use. Its methods and errors are those of the SDK's client.
type Client struct {
	*s3.Client
	options s3.Options
	caller  awsclient.Caller
	// endpoints has the endpoint of each bucket that was used; the SDK's rules take longer than a request is written.
	endpoints sync.Map
}

// New returns a client for a configuration.
func New(config awsclient.Config) *Client {
	client := s3.NewFromConfig(config.Config, func(o *s3.Options) { o.APIOptions = append(o.APIOptions, requireResults) })
	options := client.Options()
	return &Client{
		Client: client, options: options,
		caller: awsclient.Caller{
			Service: s3.ServiceID, Credentials: config.Credentials, HTTP: config.HTTPClient, Pace: config.Pace,
			Signer: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }),
		},
	}
}

// endpoint is where the requests for one bucket go to, and how they are signed.
type endpoint struct {
	url          url.URL
	name, region string
	header       http.Header
	understood   bool
}

// endpoint returns the endpoint of a bucket by the rules of the SDK.
func (c *Client) endpoint(ctx context.Context, bucket string) (*endpoint, error) {
	if known, ok := c.endpoints.Load(bucket); ok {
		return known.(*endpoint), nil
	}
	// Directory buckets have sessions of their own, and ARNs may name other services.
	// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-create-session.html.
	if bucket == "" || strings.HasPrefix(bucket, "arn:") || strings.HasSuffix(bucket, "--x-s3") || strings.HasSuffix(bucket, "--xa-s3") {
		return &endpoint{}, nil
	}
	o := &c.options
	resolved, err := o.EndpointResolverV2.ResolveEndpoint(ctx, s3.EndpointParameters{
		Bucket: aws.String(bucket), Region: aws.String(o.Region), Endpoint: o.BaseEndpoint,
		UseFIPS:        aws.Bool(o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack:   aws.Bool(o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
		ForcePathStyle: aws.Bool(o.UsePathStyle), Accelerate: aws.Bool(o.UseAccelerate), UseArnRegion: aws.Bool(o.UseARNRegion),
		DisableMultiRegionAccessPoints: aws.Bool(o.DisableMultiRegionAccessPoints), DisableS3ExpressSessionAuth: aws.Bool(true),
	}.WithDefaults())
	if err != nil {
		return nil, fmt.Errorf("resolve the endpoint: %w", err)
	}
	e := &endpoint{url: resolved.URI, header: resolved.Headers}
	if auth, ok := smithyauth.GetAuthOptions(&resolved.Properties); ok && len(auth) > 0 && auth[0].SchemeID == "sigv4" {
		e.name, _ = smithyhttp.GetSigV4SigningName(&auth[0].SignerProperties)
		e.region, _ = smithyhttp.GetSigV4SigningRegion(&auth[0].SignerProperties)
		e.understood = e.name == "s3" && e.region != "" && len(e.header) == 0
	}
	c.endpoints.Store(bucket, e)
	return e, nil
}

// emptyPayload is the SHA-256 of nothing.
const emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// request builds a request without a body.
func (e *endpoint) request(method, key, query string, header func(http.Header)) *http.Request {
	u := e.url
	if key != "" {
		escaped := httpbinding.EscapePath(key, false)
		if u.RawPath == "" {
			u.RawPath = u.EscapedPath()
		}
		u.Path = strings.TrimSuffix(u.Path, "/") + "/" + key
		u.RawPath = strings.TrimSuffix(u.RawPath, "/") + "/" + escaped
	} else if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = query
	r := &http.Request{Method: method, URL: &u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: make(http.Header, 10)}
	r.Header["User-Agent"] = userAgent
	r.Header["X-Amz-Content-Sha256"] = emptyPayloads
	header(r.Header)
	return r
}

var (
	userAgent     = []string{"crossgrant"}
	emptyPayloads = []string{emptyPayload}
)

// onlySet reports whether an input has no other fields than those that were cleared in it.
func onlySet(cleared any) bool { return reflect.ValueOf(cleared).IsZero() }

// set sets a header if there is a value. The name is in canonical form.
func set(h http.Header, name string, value *string) {
	if value != nil {
		h[name] = []string{*value}
	}
}

func setText(h http.Header, name, value string) {
	if value != "" {
		h[name] = []string{value}
	}
}

// readError reads the answer to a request that failed.
func readError(status int, body []byte) error {
	var code, message string
	d := xmlread.New(body)
	if name, err := d.Root(); err == nil && name == "Error" {
		_ = d.Each(func(name string) error {
			switch name {
			case "Code":
				return d.String(&code)
			case "Message":
				return d.String(&message)
			}
			return d.Skip()
		})
	}
	return awsclient.APIError(status, code, message)
}

func pointer(d *xmlread.Document, to **string) error {
	text, err := d.Text()
	*to = aws.String(string(text))
	return err
}

// readResult reads the document of an answer that reports success, whose root has a name. A 200 may hold an error.
// See https://repost.aws/knowledge-center/s3-resolve-200-internalerror.
func readResult(status int, body []byte, expected string, read func(d *xmlread.Document, name string) error) error {
	if status < 200 || status > 299 {
		return readError(status, body)
	}
	d := xmlread.New(body)
	name, err := d.Root()
	switch {
	case errors.Is(err, xmlread.ErrCut):
		return awsclient.Incomplete("found a success without a result, expected %s", expected)
	case err != nil:
		return awsclient.Incomplete("read the result: %w", err)
	case name == "Error":
		return &asServerError{readError(http.StatusInternalServerError, body)}
	case name != expected:
		return awsclient.Incomplete("found the result %.50q, expected %s", name, expected)
	}
	if err := d.Each(func(name string) error { return read(d, name) }); err != nil {
		return awsclient.Incomplete("read the result: %w", err)
	}
	if err := d.End(); err != nil {
		return awsclient.Incomplete("read the result: %w", err)
	}
	return nil
}

// asServerError is an error within a 200. It is like a 500.
type asServerError struct{ error }

func (e *asServerError) Unwrap() error       { return e.error }
func (e *asServerError) HTTPStatusCode() int { return http.StatusInternalServerError }
