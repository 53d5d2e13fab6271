package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxServiceAnswer limits the body of a response of RequestService, in bytes.
const maxServiceAnswer = 8 << 20

// RequestService sends a request to the URL of an AWS service, such as https://dynamodb.ap-northeast-1.amazonaws.com/, signed with the credentials of the
// administrator of an account, from outside of every VPC.
func (s *Sandbox) RequestService(ctx context.Context, account *Account, r APIRequest) (APIResponse, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return APIResponse{}, fmt.Errorf("read the URL: %w", err)
	}
	service, region, bucket, err := serviceOf(u)
	if err != nil {
		return APIResponse{}, err
	}
	to, err := url.Parse(s.gateway.AddressURL())
	if err != nil {
		return APIResponse{}, err
	}
	path := u.EscapedPath()
	if bucket != "" {
		path = "/" + bucket + "/" + strings.TrimPrefix(path, "/")
	}
	if path == "" {
		path = "/"
	}
	if to.Path, err = url.PathUnescape(path); err != nil {
		return APIResponse{}, fmt.Errorf("read the URL: %w", err)
	}
	to.RawPath, to.RawQuery = path, u.RawQuery
	request, err := http.NewRequestWithContext(ctx, r.Method, to.String(), bytes.NewReader(r.Body))
	if err != nil {
		return APIResponse{}, err
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	if !r.Unsigned {
		c, err := account.credentials.Retrieve(ctx)
		if err != nil {
			return APIResponse{}, err
		}
		sum := sha256.Sum256(r.Body)
		digest := hex.EncodeToString(sum[:])
		request.Header.Set("X-Amz-Content-Sha256", digest)
		if err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" }).SignHTTP(ctx, c, request, digest, service, region, time.Now()); err != nil {
			return APIResponse{}, fmt.Errorf("sign the request: %w", err)
		}
	}
	response, err := serviceClient.Do(request)
	if err != nil {
		return APIResponse{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxServiceAnswer+1))
	if err != nil {
		return APIResponse{}, fmt.Errorf("read the response: %w", err)
	}
	if len(body) > maxServiceAnswer {
		return APIResponse{}, fmt.Errorf("found a response of more than %d bytes, expected no more: get it with the AWS command line", maxServiceAnswer)
	}
	return APIResponse{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// serviceClient goes to loopback, whatever the proxies of the environment are, and follows no redirects.
var serviceClient = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// serviceOf is the service and the region of an endpoint of AWS, and the bucket in its host.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func serviceOf(u *url.URL) (service, region, bucket string, err error) {
	name, ok := strings.CutSuffix(u.Hostname(), ".amazonaws.com")
	if !ok || u.Scheme != "https" {
		return "", "", "", fmt.Errorf("found URL %s, expected a path of a deployed API, or the URL of one or of an AWS service, such as https://sts.%s.amazonaws.com/", u, Region)
	}
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if part == "s3" && i > 0 && len(parts)-i <= 2 {
			bucket, parts = strings.Join(parts[:i], "."), parts[i:]
			break
		}
	}
	switch len(parts) {
	case 1:
		return parts[0], "us-east-1", bucket, nil // the global endpoint
	case 2:
		return parts[0], parts[1], bucket, nil
	}
	return "", "", "", fmt.Errorf("found host %s, expected one such as SERVICE.REGION.amazonaws.com", u.Hostname())
}
