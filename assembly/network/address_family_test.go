package network

import "testing"

// AWS's page says which records an endpoint of each address type may have, and in which subnets.
func TestAddressTypesOfEndpoints(t *testing.T) {
	private := "PrivateDnsEnabled: true"
	with := func(properties string) change { return change{private, private + "\n      " + properties} }
	dual := change{"Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}", "Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, Ipv6CidrBlock: '2001:db8::/64'}"}
	gateway := func(properties string) change {
		return change{"RouteTableIds: [!Ref PrivateTable]", "RouteTableIds: [!Ref PrivateTable]\n      " + properties}
	}
	for _, q := range []question{
		{name: "ipv4", changes: []change{with("IpAddressType: ipv4\n      DnsOptions: {DnsRecordIpType: ipv4}")}, reaches: "yes"},
		{name: "not specified", changes: []change{with("IpAddressType: not-specified\n      DnsOptions: {DnsRecordIpType: not-specified}")}, reaches: "yes"},
		{name: "ipv6", changes: []change{with("IpAddressType: ipv6")}, reaches: "no", says: "endpoint Sts has IPv6 addresses only", remedy: "IpAddressType and DnsOptions.DnsRecordIpType of Sts to ipv4"},
		{name: "names for ipv6", changes: []change{with("DnsOptions: {DnsRecordIpType: ipv6}")}, reaches: "no", says: "DnsRecordIpType ipv6, which AWS refuses"},
		{name: "names for both of ipv4", changes: []change{with("IpAddressType: ipv4\n      DnsOptions: {DnsRecordIpType: dualstack}")}, reaches: "no"},
		{name: "names as the service defines of ipv4", changes: []change{with("DnsOptions: {DnsRecordIpType: service-defined}")}, reaches: "no"},
		{name: "dualstack", changes: []change{with("IpAddressType: dualstack"), dual}, reaches: "yes"},
		{name: "dualstack by a resource", changes: []change{with("IpAddressType: dualstack"), add("  Cidr: {Type: 'AWS::EC2::SubnetCidrBlock', Properties: {SubnetId: !Ref Private, Ipv6CidrBlock: '2001:db8::/64'}}")}, reaches: "yes"},
		{name: "dualstack in an IPv4 subnet", changes: []change{with("IpAddressType: dualstack")}, reaches: "no", says: "dualstack, but subnet Private has no IPv6 addresses, which AWS refuses"},
		{name: "dualstack, perhaps", changes: []change{with("IpAddressType: dualstack"), add("  Cidr: {Type: 'AWS::EC2::SubnetCidrBlock', Properties: {SubnetId: subnet-1, Ipv6CidrBlock: '2001:db8::/64'}}")}, reaches: "unknown"},
		{name: "names as the service defines", changes: []change{with("IpAddressType: dualstack\n      DnsOptions: {DnsRecordIpType: service-defined}"), dual}, reaches: "yes"},
		{name: "names for both", changes: []change{with("IpAddressType: dualstack\n      DnsOptions: {DnsRecordIpType: dualstack}"), dual}, reaches: "yes"},
		{name: "names for ipv6 of both", changes: []change{with("IpAddressType: dualstack\n      DnsOptions: {DnsRecordIpType: ipv6}"), dual}, reaches: "unknown", says: "names of endpoint Sts give IPv6 addresses only"},
		{name: "unresolved", changes: []change{with("IpAddressType: '{{resolve:ssm:/a}}'")}, reaches: "unknown", says: "whether endpoint Sts has IPv4 addresses"},
		{name: "unresolved names", changes: []change{with("DnsOptions: '{{resolve:ssm:/a}}'")}, reaches: "unknown"},
		{name: "another type", changes: []change{with("IpAddressType: ipv9")}, reaches: "unknown", says: "the IpAddressType ipv9, which is not known here"},
		{name: "other records", changes: []change{with("DnsOptions: {DnsRecordIpType: ipv9}")}, reaches: "unknown", says: "the DnsRecordIpType ipv9, which is not known here"},
		{name: "in an IPv6 subnet", changes: []change{{"Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}", "Properties: {VpcId: !Ref Vpc, Ipv6Native: true, Ipv6CidrBlock: '2001:db8::/64'}"}}, reaches: "no", says: "subnet Private of endpoint Sts has IPv6 addresses only"},
	} {
		q.service, q.through = "sts", "Sts"
		q.run(t)
	}
	ask(t,
		question{name: "a gateway endpoint of both", changes: []change{gateway("IpAddressType: dualstack")}, service: "s3", reaches: "yes", through: "S3"},
		question{name: "a gateway endpoint for ipv6", changes: []change{gateway("IpAddressType: ipv6")}, service: "s3", reaches: "unknown", through: "S3", says: "gateway endpoint S3 is for IPv6"},
		question{name: "a gateway endpoint with names for ipv6", changes: []change{gateway("DnsOptions: {DnsRecordIpType: ipv6}")}, service: "s3", reaches: "no", through: "S3"})
}

func TestServiceRegions(t *testing.T) {
	private := "PrivateDnsEnabled: true"
	with := func(properties string) change { return change{private, private + "\n      " + properties} }
	other := change{"ServiceName: !Sub com.amazonaws.${AWS::Region}.sts", "ServiceName: com.amazonaws.us-east-1.sts"}
	lambda := change{"ServiceName: !Sub com.amazonaws.${AWS::Region}.sts", "ServiceName: com.amazonaws.us-east-1.lambda"}
	calls := func(variable string) change { return set(variable + ".us-east-1.amazonaws.com'") }
	ask(t,
		question{name: "its own", changes: []change{with("ServiceRegion: eu-west-1")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "another", changes: []change{with("ServiceRegion: us-east-1")}, service: "sts", reaches: "no", through: "Sts",
			says: "endpoint Sts is of sts in region eu-west-1, but its ServiceRegion is us-east-1, which AWS refuses", remedy: "set ServiceRegion of Sts to eu-west-1"},
		question{name: "unresolved", changes: []change{with("ServiceRegion: '{{resolve:ssm:/a}}'")}, service: "sts", reaches: "unknown", through: "Sts"},
		question{name: "of another region, without saying so", changes: []change{other, calls("AWS_ENDPOINT_URL_STS: 'https://sts")}, service: "sts", reaches: "no", through: "Sts"},
		question{name: "of a service that is in one region", changes: []change{other, with("ServiceRegion: us-east-1"), calls("AWS_ENDPOINT_URL_STS: 'https://sts")}, service: "sts",
			reaches: "unknown", through: "Sts", says: "whether sts has endpoints for other regions is not known"},
		question{name: "of a service for other regions", changes: []change{lambda, with("ServiceRegion: us-east-1"), calls("AWS_ENDPOINT_URL_LAMBDA: 'https://lambda")}, service: "lambda",
			reaches: "yes", through: "Sts"})
}
