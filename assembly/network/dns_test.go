package network

import "testing"

func TestPrivateDNS(t *testing.T) {
	support, names := "EnableDnsSupport: true", "EnableDnsHostnames: true"
	options := func(servers string) change {
		return add("  Options: {Type: 'AWS::EC2::DHCPOptions', Properties: {" + servers + "}}\n" +
			"  OptionsAssociation: {Type: 'AWS::EC2::VPCDHCPOptionsAssociation', Properties: {VpcId: !Ref Vpc, DhcpOptionsId: !GetAtt Options.DhcpOptionsId}}")
	}
	imported := add("  Options: {Type: 'AWS::EC2::VPCDHCPOptionsAssociation', Properties: {VpcId: !Ref Vpc, DhcpOptionsId: dopt-1}}")
	byDefault := add("  Options: {Type: 'AWS::EC2::VPCDHCPOptionsAssociation', Properties: {VpcId: !Ref Vpc, DhcpOptionsId: default}}")
	ask(t,
		question{name: "takes the host name", service: "sts", reaches: "yes", through: "Sts", says: "no other path"},
		question{name: "support is on by default", changes: []change{{support, "Tags: []"}}, service: "sts", reaches: "yes",
			through: "Sts"},
		question{name: "host names are off by default", changes: []change{{names, "Tags: []"}}, service: "sts", reaches: "no",
			through: "Sts",
			says:    "needs EnableDnsHostnames of VPC Vpc, which is not set", remedy: "set EnableDnsHostnames of VPC Vpc to true"},
		question{name: "host names off", changes: []change{{names, "EnableDnsHostnames: false"}}, service: "sts", reaches: "no",
			through: "Sts"},
		question{name: "host names unresolved", changes: []change{{names, "EnableDnsHostnames: '{{resolve:ssm:/dns}}'"}}, service: "sts",
			reaches: "unknown", through: "Sts", says: "EnableDnsHostnames"},
		question{name: "host names do not matter without private DNS", changes: []change{{names, "Tags: []"}, {"PrivateDnsEnabled: true",
			"PrivateDnsEnabled: false"}},
			service: "sts", reaches: "yes", says: "interface endpoint Sts of sts is not used: it has no private DNS"},
		question{name: "support off", changes: []change{{support, "EnableDnsSupport: false"}}, service: "sts", reaches: "no",
			says: "no DNS server", remedy: "EnableDnsSupport of VPC Vpc"},
		question{name: "support off resolves nothing at all", changes: []change{{support, "EnableDnsSupport: 'false'"}}, service: "kms",
			reaches: "no", says: "no DNS server"},
		question{name: "support unresolved", changes: []change{{support, "EnableDnsSupport: '{{resolve:ssm:/dns}}'"}}, service: "kms",
			reaches: "unknown"},
		question{name: "DNS servers of their own", changes: []change{options("DomainNameServers: [10.0.0.9]")}, service: "sts",
			reaches: "unknown",
			says:    "may give VPC Vpc other DNS servers", remedy: "AmazonProvidedDNS"},
		question{name: "DNS servers of Amazon", changes: []change{options("DomainNameServers: [AmazonProvidedDNS]")}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "DHCP options without DNS servers", changes: []change{options("DomainName: example.com")}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "imported DHCP options", changes: []change{imported}, service: "sts", reaches: "unknown"},
		question{name: "DHCP options by default", changes: []change{byDefault}, service: "sts", reaches: "yes", through: "Sts"},
	)
}

func TestWhichEndpointHasTheHostName(t *testing.T) {
	private := "PrivateDnsEnabled: true"
	ask(t,
		question{name: "of a service without endpoints in a region", changes: []change{withoutNat}, service: "iam", reaches: "no",
			remedy: "add a NAT gateway for subnet Private: iam has no VPC endpoint in a region"},
		question{name: "private DNS is off by default", changes: []change{{private, "Tags: []"}, withoutNat}, service: "sts", reaches: "no",
			says:   "no route to the internet",
			remedy: "set PrivateDnsEnabled of interface endpoint Sts to true; an endpoint is for sts.eu-west-1.amazonaws.com only, not for the global"},
		question{name: "private DNS unresolved", changes: []change{{private, "PrivateDnsEnabled: '{{resolve:ssm:/dns}}'"}},
			service: "sts", reaches: "unknown",
			says: "interface endpoint Sts may resolve the host name of sts", remedy: "make known whether private DNS of Sts applies to the VPC"},
		question{name: "of another service", changes: []change{withoutSts, withoutNat}, service: "sts", reaches: "no",
			remedy: "add com.amazonaws.eu-west-1.sts as an interface endpoint with private DNS to VPC Vpc, or a NAT gateway; an endpoint is for sts.eu-west-1"},
		question{name: "of another region", changes: []change{{"com.amazonaws.${AWS::Region}.sts", "com.amazonaws.eu-central-1.sts"}},
			service: "sts", reaches: "yes",
			says: "to Nat"},
		question{name: "unresolved region", changes: []change{{"!Sub com.amazonaws.${AWS::Region}.sts",
			"'com.amazonaws.{{resolve:ssm:/a.b}}.sts'"}}, service: "sts",
			reaches: "unknown", says: "its service is com.amazonaws.‹"},
		question{name: "unresolved region of another service", changes: []change{{"!Sub com.amazonaws.${AWS::Region}.sts",
			"'com.amazonaws.{{resolve:ssm:/a.b}}.logs'"}},
			service: "sts", reaches: "yes", says: "to Nat"},
		question{name: "unresolved service", changes: []change{{"!Sub com.amazonaws.${AWS::Region}.sts", "'{{resolve:ssm:/name}}'"}},
			service: "kms", reaches: "unknown"},
		question{name: "unresolved but for its begin", changes: []change{{"!Sub com.amazonaws.${AWS::Region}.sts",
			"'com.amazonaws.{{resolve:ssm:/name}}'"}}, service: "kms",
			reaches: "unknown"},
		question{name: "service of others", changes: []change{{"!Sub com.amazonaws.${AWS::Region}.sts",
			"com.amazonaws.vpce.eu-west-1.vpce-svc-1"}}, service: "sts",
			reaches: "yes", says: "to Nat"},
		question{name: "in China", changes: []change{{"!Sub com.amazonaws.${AWS::Region}.sts", "cn.com.amazonaws.eu-west-1.sts"}},
			service: "sts", reaches: "yes", through: "Sts"},
		question{name: "unresolved type", changes: []change{{"VpcEndpointType: Interface", "VpcEndpointType: '{{resolve:ssm:/type}}'"}},
			service: "sts", reaches: "unknown",
			says: "its type is ‹"},
		question{name: "unresolved VPC", changes: []change{{"VpcId: !Ref Vpc\n      VpcEndpointType",
			"VpcId: '{{resolve:ssm:/vpc}}'\n      VpcEndpointType"}}, service: "sts",
			reaches: "unknown", says: "its VPC is ‹"},
		question{name: "imported VPC", changes: []change{{"VpcId: !Ref Vpc\n      VpcEndpointType",
			"VpcId: vpc-1\n      VpcEndpointType"}}, service: "sts",
			reaches: "unknown", says: "its VPC is vpc-1"},
		question{name: "another VPC", changes: []change{{"VpcId: !Ref Vpc\n      VpcEndpointType",
			"VpcId: !Ref Other\n      VpcEndpointType"},
			add("  Other: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.1.0.0/16}}")}, service: "sts", reaches: "yes", says: "to Nat"},
		question{name: "of load balancers", changes: []change{{"VpcEndpointType: Interface", "VpcEndpointType: GatewayLoadBalancer"}},
			service: "sts", reaches: "yes", says: "to Nat"},
		question{name: "the sure one of two",
			changes: []change{add("  Another: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, " +
				"PrivateDnsEnabled: true, ServiceName: '{{resolve:ssm:/name}}'}}")}, service: "sts", reaches: "yes", through: "Sts"},
	)
}

func TestInterfaceEndpointOfS3(t *testing.T) {
	endpoint := func(options string) []change {
		return []change{add("  S3Interface: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, PrivateDnsEnabled: true, " + options +
			"ServiceName: com.amazonaws.eu-west-1.s3, SubnetIds: [!Ref Private], SecurityGroupIds: [!Ref StsGroup]}}")}
	}
	ask(t,
		question{name: "for all resolvers wins by name",
			changes: endpoint("DnsOptions: {PrivateDnsOnlyForInboundResolverEndpoint: AllResolvers}, "), service: "s3",
			reaches: "yes", through: "S3Interface"},
		question{name: "for inbound resolvers leaves the gateway",
			changes: endpoint("DnsOptions: {PrivateDnsOnlyForInboundResolverEndpoint: OnlyInboundResolver}, "),
			service: "s3", reaches: "yes", through: "S3",
			says: "S3Interface of s3 is not used: its private DNS is for inbound Resolver endpoints only"},
		question{name: "that does not say", changes: endpoint(""), service: "s3", reaches: "unknown",
			says: "neither OnlyInboundResolver nor AllResolvers"},
		question{name: "NotSpecified", changes: endpoint("DnsOptions: {PrivateDnsOnlyForInboundResolverEndpoint: NotSpecified}, "),
			service: "s3", reaches: "unknown"},
		question{name: "unresolved", changes: endpoint("DnsOptions: '{{resolve:ssm:/options}}', "), service: "s3", reaches: "unknown"},
		question{name: "without private DNS, beside no other way",
			changes: []change{add("  S3Interface: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: !Ref Vpc, " +
				"VpcEndpointType: Interface, ServiceName: com.amazonaws.eu-west-1.dynamodb}}"), withoutNat}, service: "dynamodb", reaches: "no",
			remedy: "add com.amazonaws.eu-west-1.dynamodb as a gateway endpoint with the route table of subnet Private, or a NAT gateway"},
		question{name: "is none of sts", changes: endpoint(""), service: "sts", reaches: "yes", through: "Sts"},
	)
}
