// Package awsclient makes what the clients of a function share: its configuration from Lambda's environment, its connections, and signed requests
// that are repeated at a common pace. It knows no service.
package awsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// Lookup returns the value of a variable and whether it is set, as os.LookupEnv does.
type Lookup func(variable string) (string, bool)

// Options are what the environment does not say.
type Options struct {
	// Region is the function's region. Required.
	Region string
	// Parallel is how many requests to one service run at once at most. Default 16.
	Parallel int
}

// Config is the configuration of all clients of a function.
type Config struct {
	aws.Config
	// Pace is that of all requests, those of the SDK's clients included.
	Pace *pace.Pace
}

// Load returns the configuration that Lambda's environment describes, as the SDK's package config does for these variables: credentials,
// AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_SERVICE, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and AWS_CA_BUNDLE. It reads no shared files and
// calls nobody: that package would take a third of a function's start to look for profiles, instances and single sign-on.
// See https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html and https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html.
func Load(lookup Lookup, options Options) (Config, error) {
	e := environment{lookup}
	for _, variable := range []string{"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"} {
		if value := e.text(variable); value != "" && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return Config{}, fmt.Errorf("load the AWS configuration: %s: found %q, expected true or false", variable, value)
		}
	}
	security, err := e.security()
	if err != nil {
		return Config{}, fmt.Errorf("load the AWS configuration: %w", err)
	}
	parallel := options.Parallel
	if parallel == 0 {
		parallel = 16
	}
	config := aws.Config{
		Region:        options.Region,
		Credentials:   e.credentials(),
		HTTPClient:    NewHTTP(parallel, security),
		ConfigSources: []any{e},
		Logger:        logger{os.Stdout},
	}
	if url := e.text("AWS_ENDPOINT_URL"); url != "" && !e.ignoresEndpoints() {
		config.BaseEndpoint = aws.String(url)
	}
	shared := pace.New(parallel)
	shared.Apply(&config)
	return Config{config, shared}, nil
}

// NoCredentials says that the function's environment has no credentials.
type NoCredentials struct{}

// Error names the variables.
func (*NoCredentials) Error() string {
	return "the function has no credentials of its own: found no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, expected the ones that Lambda sets for its execution role"
}

// environment answers the questions of the SDK's clients about their configuration.
type environment struct{ lookup Lookup }

func (e environment) text(variable string) string {
	value, _ := e.lookup(variable)
	return value
}

func (e environment) credentials() aws.CredentialsProvider {
	got := aws.Credentials{
		AccessKeyID: e.text("AWS_ACCESS_KEY_ID"), SecretAccessKey: e.text("AWS_SECRET_ACCESS_KEY"),
		SessionToken: e.text("AWS_SESSION_TOKEN"), Source: "environment",
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		if !got.HasKeys() {
			return aws.Credentials{}, &NoCredentials{}
		}
		return got, nil
	})
}

func (e environment) ignoresEndpoints() bool {
	return strings.EqualFold(e.text("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true")
}

// GetIgnoreConfiguredEndpoints reports whether endpoints in the environment are ignored.
func (e environment) GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error) {
	return e.ignoresEndpoints(), true, nil
}

// GetServiceBaseEndpoint returns the endpoint of one service, such as AWS_ENDPOINT_URL_S3, or that of all.
func (e environment) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	if e.ignoresEndpoints() {
		return "", false, nil
	}
	url := e.text("AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(service, " ", "_")))
	if url == "" {
		url = e.text("AWS_ENDPOINT_URL")
	}
	return url, url != "", nil
}

// GetUseFIPSEndpoint reports whether the clients use FIPS endpoints.
func (e environment) GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error) {
	if strings.EqualFold(e.text("AWS_USE_FIPS_ENDPOINT"), "true") {
		return aws.FIPSEndpointStateEnabled, true, nil
	}
	return aws.FIPSEndpointStateUnset, false, nil
}

// GetUseDualStackEndpoint reports whether the clients use endpoints with IPv4 and IPv6.
func (e environment) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	if strings.EqualFold(e.text("AWS_USE_DUALSTACK_ENDPOINT"), "true") {
		return aws.DualStackEndpointStateEnabled, true, nil
	}
	return aws.DualStackEndpointStateUnset, false, nil
}

// security has the certificates that AWS_CA_BUNDLE names; nil means those of the system.
func (e environment) security() (*tls.Config, error) {
	file := e.text("AWS_CA_BUNDLE")
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: found no certificate in %s, expected certificates in PEM format", file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
