package network

import (
	"fmt"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// resolver says whether the VPC's own DNS server answers: private DNS works with that alone, and without any server no name resolves.
// https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-dhcpoptions.html
func (k *walk) resolver() policy.Answer {
	for _, a := range k.linked(dhcpAssociationType, "VpcId", k.vpc.Ref, k.vpc) {
		id := text(a.Properties, "DhcpOptionsId")
		options := k.find(dhcpType, id)
		if id == "default" || options != nil && isAmazon(options) {
			continue
		}
		return k.hop(policy.Indeterminate, a.Resource, "ask "+title(a.Resource)+" for AmazonProvidedDNS only",
			"%s may give VPC %s DNS servers of its own, whose answers are unknown", title(a.Resource), title(k.vpc))
	}
	support := flag(k.vpc.Properties, "EnableDnsSupport", policy.Yes)
	if support != policy.Yes {
		k.hop(support, k.vpc, "set EnableDnsSupport of VPC "+title(k.vpc)+" to true",
			"VPC %s has no DNS server%s: EnableDnsSupport is %s",
			title(k.vpc), ifOpen(support), found(k.vpc, "EnableDnsSupport"))
	}
	return support
}

func isAmazon(options *assembly.Resource) bool {
	servers := texts(options.Properties, "DomainNameServers")
	return len(servers) == 0 || slices.Equal(servers, []string{"AmazonProvidedDNS"})
}

// owner returns the interface endpoint whose private DNS has the service's host name in the whole VPC: yes, or no if none has it, or open.
func (k *walk) owner() (*Endpoint, policy.Answer) {
	candidates := k.candidates(Interface)
	for _, e := range candidates {
		if private, _ := k.privateDNS(e.Endpoint); all(e.mine, private) == policy.Yes {
			return e.Endpoint, policy.Yes
		}
	}
	sum := policy.No
	for _, e := range candidates {
		switch private, why := k.privateDNS(e.Endpoint); {
		case private == policy.No && e.mine == policy.Yes:
			k.hop(policy.Yes, e.Resource, "", "interface endpoint %s of %s is not used: %s", title(e.Resource), k.service, why)
		case private == policy.No:
		case e.mine == policy.Yes:
			sum = k.hop(policy.Indeterminate, e.Resource, "say whether private DNS of "+title(e.Resource)+" is for the VPC",
				"interface endpoint %s may have the host name of %s: %s", title(e.Resource), k.service, why)
		default:
			sum = k.unclear(e, "with the host name")
		}
	}
	return nil, sum
}

// privateDNS says whether an interface endpoint's private DNS is for the VPC. For a service that has both kinds it may be for inbound
// Resolver endpoints only; the page names no default, and the API has been seen to take that one.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-vpcendpoint-dnsoptionsspecification.html
func (k *walk) privateDNS(e *Endpoint) (policy.Answer, string) {
	enabled := flag(e.Resource.Properties, "PrivateDnsEnabled", policy.No)
	if enabled == policy.No {
		return policy.No, "it has no private DNS"
	}
	if hasGateway(k.service) {
		switch only := text(e.Resource.Properties["DnsOptions"], "PrivateDnsOnlyForInboundResolverEndpoint"); only {
		case "OnlyInboundResolver":
			return policy.No, "its private DNS is for inbound Resolver endpoints only"
		case "AllResolvers":
		default:
			return policy.Indeterminate, "PrivateDnsOnlyForInboundResolverEndpoint is neither OnlyInboundResolver nor AllResolvers"
		}
	}
	return enabled, "PrivateDnsEnabled is " + found(e.Resource, "PrivateDnsEnabled")
}

// found is what a property says.
func found(r *assembly.Resource, property string) string {
	if r.Properties[property] == nil {
		return "not set"
	}
	return fmt.Sprint(r.Properties[property])
}
