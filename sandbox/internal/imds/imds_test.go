package imds

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	sdkimds "github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

var expires = time.Now().Add(30 * time.Minute).UTC().Truncate(time.Second)

func serve(t *testing.T, provider aws.CredentialsProvider) *Server {
	t.Helper()
	s, err := Serve(Config{Role: "reader", Region: "ap-northeast-1", Credentials: provider})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

var fixed = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "ASIAINSTANCE", SecretAccessKey: "secret", SessionToken: "token", Expires: expires}, nil
})

// The client of the SDK reads the service as that of an instance.
func TestTheSDKGetsTheRolesCredentials(t *testing.T) {
	var served atomic.Int32
	s := serve(t, aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		served.Add(1)
		return fixed(ctx)
	}))
	client := sdkimds.New(sdkimds.Options{Endpoint: s.URL()})
	got, err := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = client }).Retrieve(context.Background())
	if err != nil || got.AccessKeyID != "ASIAINSTANCE" || got.SecretAccessKey != "secret" || got.SessionToken != "token" || !got.Expires.Equal(expires) {
		t.Errorf("found %v, %v", got, err)
	}
	region, err := client.GetMetadata(context.Background(), &sdkimds.GetMetadataInput{Path: "placement/region"})
	if err != nil {
		t.Fatal(err)
	}
	defer region.Content.Close()
	if text, _ := io.ReadAll(region.Content); string(text) != "ap-northeast-1" {
		t.Errorf("found region %s", text)
	}
	if n := served.Load(); n != 1 {
		t.Errorf("found %d requests for credentials, expected 1", n)
	}
}

func request(t *testing.T, method, url string, header map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

func TestNothingWithoutAToken(t *testing.T) {
	s := serve(t, fixed)
	_, token := request(t, "PUT", s.URL()+"/latest/api/token", map[string]string{lifetimeHeader: "60"})
	for _, path := range []string{credentials, credentials + "reader", "/latest/meta-data/placement/region"} {
		if status, body := request(t, "GET", s.URL()+path, nil); status != 401 || strings.Contains(body, "ASIA") {
			t.Errorf("%s without a token: found %d %s, expected 401", path, status, body)
		}
		if status, _ := request(t, "GET", s.URL()+path, map[string]string{tokenHeader: token + "x"}); status != 401 {
			t.Errorf("%s with another token: found %d, expected 401", path, status)
		}
		if status, body := request(t, "GET", s.URL()+path, map[string]string{tokenHeader: token}); status != 200 || body == "" {
			t.Errorf("%s with the token: found %d %s", path, status, body)
		}
	}
	s.mu.Lock()
	s.tokens[token] = time.Now().Add(-time.Second)
	s.mu.Unlock()
	if status, _ := request(t, "GET", s.URL()+credentials, map[string]string{tokenHeader: token}); status != 401 {
		t.Errorf("an old token: found %d, expected 401", status)
	}
}

func TestTokensOnlyForValidRequests(t *testing.T) {
	s := serve(t, fixed)
	for name, c := range map[string]struct {
		header map[string]string
		status int
	}{
		"a lifetime of six hours":       {map[string]string{lifetimeHeader: "21600"}, 200},
		"no lifetime":                   {nil, 400},
		"a lifetime of nothing":         {map[string]string{lifetimeHeader: "0"}, 400},
		"a lifetime of over six hours":  {map[string]string{lifetimeHeader: "21601"}, 400},
		"a request through a proxy":     {map[string]string{lifetimeHeader: "60", "X-Forwarded-For": "10.0.0.1"}, 403},
		"a lifetime that is no number":  {map[string]string{lifetimeHeader: "long"}, 400},
		"a lifetime with a part second": {map[string]string{lifetimeHeader: "1.5"}, 400},
	} {
		if status, _ := request(t, "PUT", s.URL()+"/latest/api/token", c.header); status != c.status {
			t.Errorf("%s: found %d, expected %d", name, status, c.status)
		}
	}
}

func TestAnotherRoleAndNoCredentials(t *testing.T) {
	s := serve(t, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("gone") }))
	_, token := request(t, "PUT", s.URL()+"/latest/api/token", map[string]string{lifetimeHeader: "60"})
	with := map[string]string{tokenHeader: token}
	if status, _ := request(t, "GET", s.URL()+credentials+"other", with); status != 404 {
		t.Errorf("another role: found %d, expected 404", status)
	}
	if status, body := request(t, "GET", s.URL()+credentials+"reader", with); status != 500 || !strings.Contains(body, "gone") {
		t.Errorf("no credentials: found %d %s, expected 500", status, body)
	}
}
