package awsclient

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func lookup(variables map[string]string) Lookup {
	return func(name string) (string, bool) { value, ok := variables[name]; return value, ok }
}

// The SDK knows which endpoints there are.
func TestEndpointsAreTheSDKs(t *testing.T) {
	for _, region := range []string{
		"ap-northeast-1", "us-east-1", "eu-central-2", "mx-central-1", "cn-north-1", "us-gov-west-1", "us-gov-east-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1",
	} {
		for _, fips := range []string{"", "true"} {
			for _, dual := range []string{"", "true"} {
				config, err := Load(lookup(map[string]string{"AWS_USE_FIPS_ENDPOINT": fips, "AWS_USE_DUALSTACK_ENDPOINT": dual}), Options{Region: region})
				if err != nil {
					t.Fatal(err)
				}
				want, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), sts.EndpointParameters{
					Region: aws.String(region), UseFIPS: aws.Bool(fips != ""), UseDualStack: aws.Bool(dual != ""), UseGlobalEndpoint: aws.Bool(false),
				})
				if err != nil {
					continue // there is none
				}
				got, err := Endpoint(config.Config, "STS", "sts")
				if err != nil || got.Scheme != want.URI.Scheme || got.Host != want.URI.Host {
					t.Errorf("STS in %s, FIPS %q, IPv6 %q: found %v, %v, expected %v", region, fips, dual, got.Host, err, want.URI.Host)
				}
				table, err := dynamodb.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), dynamodb.EndpointParameters{
					Region: aws.String(region), UseFIPS: aws.Bool(fips != ""), UseDualStack: aws.Bool(dual != ""),
				})
				if err != nil {
					continue
				}
				if got, err := Endpoint(config.Config, "DynamoDB", "dynamodb"); err != nil || got.Host != table.URI.Host {
					t.Errorf("DynamoDB in %s, FIPS %q, IPv6 %q: found %v, %v, expected %v", region, fips, dual, got.Host, err, table.URI.Host)
				}
			}
		}
	}
}

func TestEndpointsOfTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		name        string
		environment map[string]string
		expected    string
	}{
		{"of all services", map[string]string{"AWS_ENDPOINT_URL": "http://all:1"}, "http://all:1/"},
		{"of one service", map[string]string{"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_STS": "http://sts:2/path"}, "http://sts:2/path"},
		{"of another service", map[string]string{"AWS_ENDPOINT_URL_S3": "http://s3:2"}, "https://sts.eu-west-1.amazonaws.com/"},
		{"ignored", map[string]string{"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_STS": "http://sts:2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "https://sts.eu-west-1.amazonaws.com/"},
		{"no URL", map[string]string{"AWS_ENDPOINT_URL": "sts"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, err := Load(lookup(c.environment), Options{Region: "eu-west-1"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := Endpoint(config.Config, "STS", "sts")
			if c.expected == "" {
				if err == nil || !strings.Contains(err.Error(), `"sts"`) {
					t.Errorf("found %v, expected an error that names what was found", err)
				}
			} else if got.String() != c.expected || err != nil {
				t.Errorf("found %s, %v, expected %s", got.String(), err, c.expected)
			}
		})
	}
}
