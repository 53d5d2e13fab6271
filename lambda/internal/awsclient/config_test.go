package awsclient

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

func TestCredentials(t *testing.T) {
	config, err := Load(lookup(map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}), Options{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := config.Credentials.Retrieve(t.Context()); err != nil || got.AccessKeyID != "A" || got.SecretAccessKey != "s" || got.SessionToken != "t" {
		t.Errorf("found %q, %v", got.AccessKeyID, err)
	}
	config, _ = Load(lookup(nil), Options{Region: "eu-west-1"})
	if _, err := config.Credentials.Retrieve(t.Context()); !errors.As(err, new(*NoCredentials)) {
		t.Errorf("found %v, expected that there are none", err)
	}
}

func TestUnusableVariables(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for variable, value := range map[string]string{
		"AWS_USE_FIPS_ENDPOINT": "yes", "AWS_USE_DUALSTACK_ENDPOINT": "1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "x", "AWS_CA_BUNDLE": empty,
	} {
		if _, err := Load(lookup(map[string]string{variable: value}), Options{Region: "eu-west-1"}); err == nil || !strings.Contains(err.Error(), variable) || !strings.Contains(err.Error(), value) {
			t.Errorf("%s=%s: found %v, expected an error with both", variable, value, err)
		}
	}
	if _, err := Load(lookup(map[string]string{"AWS_CA_BUNDLE": empty + "x"}), Options{Region: "eu-west-1"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("found %v, expected that the file is missing", err)
	}
}

func TestTheSDKsClientsReadTheEnvironment(t *testing.T) {
	config, err := Load(lookup(map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "http://s3", "AWS_USE_FIPS_ENDPOINT": "TRUE"}), Options{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://s3") // the SDK looks whether it is there
	options := s3.NewFromConfig(config.Config).Options()
	if *options.BaseEndpoint != "http://s3" || options.EndpointOptions.UseFIPSEndpoint != aws.FIPSEndpointStateEnabled {
		t.Errorf("found the endpoint %s, FIPS %v", *options.BaseEndpoint, options.EndpointOptions.UseFIPSEndpoint)
	}
}

func TestTheCertificatesOfTheBundle(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	file := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for bundle, good := range map[string]bool{file: true, "": false} {
		config, err := Load(lookup(map[string]string{"AWS_CA_BUNDLE": bundle}), Options{Region: "eu-west-1"})
		if err != nil {
			t.Fatal(err)
		}
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		response, err := config.HTTPClient.Do(request)
		if (err == nil) != good {
			t.Errorf("bundle %q: found %v, expected success %t", bundle, err, good)
		}
		if err == nil {
			_ = response.Body.Close()
		}
	}
}

// A server that says nothing fails the request, and one that sends something now and then does not.
func TestAServerThatHangs(t *testing.T) {
	ours, theirs := net.Pipe()
	c := &impatient{ours, 50 * time.Millisecond}
	go func() {
		_, _ = io.ReadFull(theirs, make([]byte, 7))
		for range 4 {
			time.Sleep(20 * time.Millisecond)
			_, _ = theirs.Write([]byte("x"))
		}
	}()
	if _, err := c.Write([]byte("request")); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if !errors.Is(err, os.ErrDeadlineExceeded) || string(got) != "xxxx" {
		t.Errorf("found %q, %v, expected four bytes and then no more in time", got, err)
	}
}

func TestWarningsAreJSONWithoutSecrets(t *testing.T) {
	var out bytes.Buffer
	l := logger{&out}
	l.Logf(logging.Warn, "retry %d\nof %s", 1, strings.Repeat("é", 3000))
	l.Logf(logging.Warn, "header X-Amz-Security-Token: %s", "abc123")
	for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var record struct{ Level, Msg, Text string }
		if err := json.Unmarshal([]byte(line), &record); err != nil || record.Level != "WARN" || record.Msg != "sdk" || len(record.Text) > mostText+3 {
			t.Errorf("line %d: found %s, %v, expected a short warning in JSON", i, line, err)
		}
	}
	if strings.Contains(out.String(), "abc123") {
		t.Errorf("found a token in %s", out.String())
	}
}
