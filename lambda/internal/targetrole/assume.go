package targetrole

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
	"github.com/crossgrant/crossgrant/lambda/internal/xmlread"
)

// assumer assumes the role by the one request to STS that functions make. The SDK's client of STS, its endpoint rules and its schemas would take a
// tenth of a function's start.
type assumer struct {
	role   Role
	caller awsclient.Caller
	url    url.URL
	region string
}

func newAssumer(base aws.Config, role Role) (*assumer, error) {
	endpoint, err := awsclient.Endpoint(base, "STS", "sts")
	if err != nil {
		return nil, err
	}
	client := base.HTTPClient
	if client == nil {
		client = awsclient.NewHTTP(1, nil)
	}
	return &assumer{role: role, url: endpoint, region: base.Region, caller: awsclient.Caller{
		Service: "STS", Credentials: base.Credentials, HTTP: recorder{client}, Pace: pace.New(1), Signer: v4.NewSigner(),
	}}, nil
}

// mostAnswer is the longest answer of STS that is read, in bytes. A session token has no documented limit.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html.
const mostAnswer = 256 << 10

// Retrieve assumes the role.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
func (s *assumer) Retrieve(ctx context.Context) (aws.Credentials, error) {
	body := []byte(s.form())
	hash := sha256.Sum256(body)
	var got aws.Credentials
	err := s.caller.Do(ctx, awsclient.Call{
		Operation: "AssumeRole", Target: "sts/", PayloadHash: hex.EncodeToString(hash[:]), SigningName: "sts", SigningRegion: s.region, MostBytes: mostAnswer,
		Build: func() *http.Request {
			return awsclient.Post(s.url, body, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
		},
		Read: func(status int, _ http.Header, body []byte) (err error) {
			if status != http.StatusOK {
				err := readError(status, body)
				if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
					a.said.Store(&err)
				}
				return err
			}
			got, err = readCredentials(body)
			return err
		},
	})
	return got, err
}

func (s *assumer) form() string {
	form := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {s.role.ARN}, "RoleSessionName": {s.role.SessionName},
		"DurationSeconds": {"3600"},
	}
	if s.role.Session != 0 {
		form.Set("DurationSeconds", strconv.Itoa(int(s.role.Session/time.Second)))
	}
	if s.role.SourceIdentity != "" {
		form.Set("SourceIdentity", s.role.SourceIdentity)
	}
	if s.role.ExternalID != "" {
		form.Set("ExternalId", s.role.ExternalID)
	}
	return form.Encode()
}

// readCredentials reads AssumeRoleResponse. An answer without all of them is repeated.
func readCredentials(body []byte) (aws.Credentials, error) {
	got := aws.Credentials{Source: "AssumeRole", CanExpire: true}
	expires := ""
	d := xmlread.New(body)
	var read func(name string) error
	read = func(name string) error {
		switch name {
		case "AssumeRoleResult", "Credentials":
			return d.Each(read)
		case "AccessKeyId":
			return d.String(&got.AccessKeyID)
		case "SecretAccessKey":
			return d.String(&got.SecretAccessKey)
		case "SessionToken":
			return d.String(&got.SessionToken)
		case "Expiration":
			return d.String(&expires)
		}
		return d.Skip()
	}
	_, err := d.Root()
	if err == nil {
		err = d.Each(read)
	}
	if err == nil {
		err = d.End()
	}
	if err == nil {
		got.Expires, err = time.Parse(time.RFC3339, expires)
	}
	if err == nil && (!got.HasKeys() || got.SessionToken == "") {
		err = errors.New("found no credentials in the answer, expected some")
	}
	if err != nil {
		return aws.Credentials{}, awsclient.Incomplete("read the session: %w", err)
	}
	return got, nil
}

// readError reads an error of STS.
func readError(status int, body []byte) error {
	var code, message string
	d := xmlread.New(body)
	var read func(name string) error
	read = func(name string) error {
		switch name {
		case "Error":
			return d.Each(read)
		case "Code":
			return d.String(&code)
		case "Message":
			return d.String(&message)
		}
		return d.Skip()
	}
	if name, err := d.Root(); err == nil && name == "ErrorResponse" {
		_ = d.Each(read)
	}
	return awsclient.APIError(status, code, message)
}
