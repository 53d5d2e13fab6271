package awsclient

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// suffixes are the DNS suffixes of the partitions by the beginning of a region's code: of endpoints, and of those that have IPv6 as well.
var suffixes = [][3]string{
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
	{"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"", "amazonaws.com", "api.aws"},
}

// Endpoint returns the endpoint of a service in the region of a configuration, whose host begins with name, such as "sts". It is for services that
// have one in each region; S3 has more rules. The configuration may name another.
// See https://docs.aws.amazon.com/general/latest/gr/rande.html.
func Endpoint(config aws.Config, service, name string) (url.URL, error) {
	text := aws.ToString(config.BaseEndpoint)
	fips, dual := false, false
	for _, source := range config.ConfigSources {
		if e, ok := source.(environment); ok {
			if own, found, _ := e.GetServiceBaseEndpoint(context.Background(), service); found {
				text = own
			}
			state, _, _ := e.GetUseFIPSEndpoint(context.Background())
			fips = state == aws.FIPSEndpointStateEnabled
			stack, _, _ := e.GetUseDualStackEndpoint(context.Background())
			dual = stack == aws.DualStackEndpointStateEnabled
		}
	}
	if text == "" {
		text = "https://" + host(config.Region, name, fips, dual) + "/"
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || parsed.Scheme == "" {
		return url.URL{}, fmt.Errorf("endpoint of %s: found %q, expected a URL such as https://%s.%s.amazonaws.com", service, text, name, config.Region)
	}
	if smithyhttp.ValidateEndpointHost(parsed.Host) != nil {
		return url.URL{}, fmt.Errorf("endpoint of %s: found the host %q, expected the name of a host", service, parsed.Host)
	}
	if parsed.Path == "" {
		parsed.Path = "/"
	}
	return *parsed, nil
}

func host(region, name string, fips, dual bool) string {
	suffix := ""
	for _, s := range suffixes {
		if strings.HasPrefix(region, s[0]) {
			suffix = s[1]
			if dual {
				suffix = s[2]
			}
			break
		}
	}
	// In the US Government's regions, the usual endpoints are FIPS endpoints.
	if fips && (dual || !strings.HasPrefix(region, "us-gov-")) {
		name += "-fips"
	}
	return name + "." + region + "." + suffix
}
