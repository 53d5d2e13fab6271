package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Which addresses an endpoint has, in which region, and which of them its names give. Requests are followed over IPv4.

// crossRegion are the services that have interface endpoints for other regions.
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-cross-region-privatelink-support.html
var crossRegion = map[string]bool{"s3": true, "ecr.api": true, "ecr.dkr": true, "kms": true, "ecs": true, "lambda": true, "kinesis-firehose": true, "kinesisanalytics": true}

// passRegion adds a hop if an endpoint is not for a service of its VPC's region: AWS refuses a ServiceRegion other than that of the ServiceName.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html
func (k *walk) passRegion(e *Endpoint) {
	home, in := k.vpc.Stack.Region, text(e.Resource.Properties, "ServiceRegion")
	if in == "" {
		in = home
	}
	switch is := same(in, e.Region); {
	case is != policy.Yes:
		k.hop(is, e.Resource, "set ServiceRegion of "+label(e.Resource)+" to "+e.Region+", the region of its ServiceName, or remove it in that region",
			"endpoint %s is of %s in region %s, but its ServiceRegion is %s%s, which AWS refuses", label(e.Resource), e.Service, e.Region, in, ifUnknown(is))
	case same(in, home) == policy.No && !crossRegion[e.Service]:
		k.hop(policy.Indeterminate, e.Resource, "add an endpoint of "+e.Service+" to a VPC of region "+in+", or a NAT gateway",
			"endpoint %s is for region %s, and whether %s has endpoints for other regions is not known", label(e.Resource), in, e.Service)
	}
}

// passAddressTypes adds a hop if an endpoint's names do not give IPv4 addresses, or if AWS refuses the combination.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ec2.VpcEndpointDnsRecordIpType.html
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
func (k *walk) passAddressTypes(e *Endpoint) {
	of, records := addressFamily(e.Resource), specified(text(e.Resource.Properties["DnsOptions"], "DnsRecordIpType"))
	remedy := "set IpAddressType and DnsOptions.DnsRecordIpType of " + label(e.Resource) + " to ipv4, or remove them"
	switch {
	case isUnknown(e.Resource.Properties, "DnsOptions") || !policy.IsKnown(of) || !policy.IsKnown(records):
		k.hop(policy.Indeterminate, e.Resource, remedy, "whether endpoint %s has IPv4 addresses, and its names give these, is not known", label(e.Resource))
	case of == "ipv6" && e.Kind == Gateway:
		k.hop(policy.Indeterminate, e.Resource, remedy, "gateway endpoint %s is for IPv6: whether it takes requests over IPv4 is not known", label(e.Resource))
	case of == "ipv6":
		k.hop(policy.No, e.Resource, remedy, "endpoint %s has IPv6 addresses only, since its IpAddressType is ipv6, and requests are over IPv4", label(e.Resource))
	case of != "" && of != "ipv4" && of != "dualstack":
		k.hop(policy.Indeterminate, e.Resource, remedy, "endpoint %s has the IpAddressType %s, which is not known here", label(e.Resource), of)
	case records == "" || records == "ipv4":
	case records != "ipv6" && records != "dualstack" && records != "service-defined":
		k.hop(policy.Indeterminate, e.Resource, remedy, "endpoint %s has the DnsRecordIpType %s, which is not known here", label(e.Resource), records)
	case of != "dualstack":
		k.hop(policy.No, e.Resource, remedy, "endpoint %s has the DnsRecordIpType %s, which AWS refuses unless its IpAddressType is dualstack", label(e.Resource), records)
	case records == "ipv6":
		k.hop(policy.Indeterminate, e.Resource, remedy, "names of endpoint %s give IPv6 addresses only, since its DnsRecordIpType is ipv6, and IPv6 is not followed here",
			label(e.Resource))
	}
}

// passSubnetFamily adds a hop if a subnet has not the addresses that an interface endpoint in it is to have, which AWS refuses.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ec2.VpcEndpointIpAddressType.html
func (k *walk) passSubnetFamily(e *Endpoint, subnet *assembly.Resource) {
	if native := flag(subnet.Properties, "Ipv6Native", policy.No); native != policy.No {
		k.hop(not(native), subnet, "put "+label(e.Resource)+" into subnets with IPv4 addresses", "subnet %s of endpoint %s has IPv6 addresses only%s",
			label(subnet), label(e.Resource), ifUnknown(native))
	}
	if addressFamily(e.Resource) != "dualstack" || text(subnet.Properties, "Ipv6CidrBlock") != "" || text(subnet.Properties, "Ipv6IpamPoolId") != "" {
		return
	}
	if _, more := firstOf(k.references(subnetCidrType, "SubnetId", subnet.Ref, subnet)); more != policy.Yes {
		k.hop(more, subnet, "set IpAddressType of "+label(e.Resource)+" to ipv4, or give subnet "+label(subnet)+" an Ipv6CidrBlock",
			"endpoint %s is dualstack, but subnet %s has no IPv6 addresses%s, which AWS refuses", label(e.Resource), label(subnet), ifUnknown(more))
	}
}

func addressFamily(r *assembly.Resource) string {
	return specified(text(r.Properties, "IpAddressType"))
}

// specified is "" for the value that CloudFormation takes for none.
func specified(value string) string {
	if value == "not-specified" {
		return ""
	}
	return value
}
