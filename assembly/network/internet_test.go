package network

import (
	"strings"
	"testing"
)

func TestRouteTable(t *testing.T) {
	association := "Properties: {SubnetId: !Ref Private, RouteTableId: !Ref PrivateTable}"
	route := "{RouteTableId: !Ref PrivateTable, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat}"
	to := func(rest string) []change {
		return []change{{route, "{RouteTableId: !Ref PrivateTable, " + rest + "}"}}
	}
	more := func(rest string) []change {
		return []change{add("  More: {Type: 'AWS::EC2::Route', Properties: {" + rest + "}}")}
	}
	list := func(entry, rest string) []change {
		return append(to(rest), add("  List: {Type: 'AWS::EC2::PrefixList', Properties: {Entries: [{Cidr: "+entry+"}]}}"))
	}
	ask(t,
		question{name: "a NAT gateway", service: "kms", reaches: "yes",
			says: "route table PrivateTable of subnet Private routes public addresses to Nat"},
		question{name: "no route", changes: []change{withoutNat}, service: "kms", reaches: "no",
			says:   "route table PrivateTable of subnet Private has no route to the internet",
			remedy: "add com.amazonaws.eu-west-1.kms as an interface endpoint with private DNS to VPC Vpc, or a NAT gateway"},
		question{name: "no association", changes: []change{{association,
			"Properties: {SubnetId: !Ref Public, RouteTableId: !Ref PrivateTable}"}}, service: "kms", reaches: "no",
			says: "the main route table"},
		question{name: "an association with an imported subnet", changes: []change{{association,
			"Properties: {SubnetId: subnet-1, RouteTableId: !Ref PrivateTable}"}},
			service: "kms", reaches: "unknown", says: "PrivateAssociation may associate one"},
		question{name: "an imported table", changes: []change{{association, "Properties: {SubnetId: !Ref Private, RouteTableId: rtb-1}"}},
			service: "kms", reaches: "unknown",
			says: "route table rtb-1 is not defined in any template here", remedy: "also load the template that defines route table rtb-1"},
		question{name: "a route for IPv6 only", changes: to("DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: eigw-1"),
			service: "kms", reaches: "no"},
		question{name: "a route for private addresses only", changes: to("DestinationCidrBlock: 10.0.0.0/8, TransitGatewayId: tgw-1"),
			service: "kms", reaches: "no"},
		question{name: "a route for some public addresses", changes: to("DestinationCidrBlock: 52.0.0.0/8, NatGatewayId: !Ref Nat"),
			service: "kms", reaches: "unknown",
			says: "route PrivateRoute may be for the addresses of kms"},
		question{name: "a route for more than private addresses", changes: to("DestinationCidrBlock: 10.0.0.0/7, NatGatewayId: !Ref Nat"),
			service: "kms", reaches: "unknown"},
		question{name: "an unresolved destination", changes: to("DestinationCidrBlock: '{{resolve:ssm:/a}}', NatGatewayId: !Ref Nat"),
			service: "kms", reaches: "unknown"},
		question{name: "another route for some, elsewhere",
			changes: more("RouteTableId: !Ref PrivateTable, DestinationCidrBlock: 52.0.0.0/8, TransitGatewayId: tgw-1"),
			service: "kms", reaches: "unknown", says: "route More may be for"},
		question{name: "another route for some, to the same",
			changes: more("RouteTableId: !Ref PrivateTable, DestinationCidrBlock: 52.0.0.0/8, NatGatewayId: !Ref Nat"),
			service: "kms", reaches: "yes"},
		question{name: "another route of an imported table",
			changes: more("RouteTableId: rtb-1, DestinationCidrBlock: 0.0.0.0/0, TransitGatewayId: tgw-1"), service: "kms",
			reaches: "yes"},
		question{name: "only a route of an imported table", changes: append([]change{withoutNat},
			more("RouteTableId: rtb-1, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat")...),
			service: "kms", reaches: "unknown"},
		question{name: "a prefix list of everything", changes: list("0.0.0.0/0",
			"DestinationPrefixListId: !GetAtt List.PrefixListId, NatGatewayId: !Ref Nat"), service: "kms",
			reaches: "yes"},
		question{name: "a prefix list of private addresses", changes: list("10.0.0.0/8",
			"DestinationPrefixListId: !Ref List, NatGatewayId: !Ref Nat"), service: "kms",
			reaches: "no"},
		question{name: "an imported prefix list", changes: to("DestinationPrefixListId: pl-1, NatGatewayId: !Ref Nat"), service: "kms",
			reaches: "unknown"},
		question{name: "a transit gateway", changes: to("DestinationCidrBlock: 0.0.0.0/0, TransitGatewayId: tgw-1"), service: "kms",
			reaches: "unknown",
			says:    "what TransitGatewayId tgw-1 of route PrivateRoute leads to is not in any template here"},
		question{name: "a peering connection", changes: to("DestinationCidrBlock: 0.0.0.0/0, VpcPeeringConnectionId: pcx-1"),
			service: "kms", reaches: "no",
			says: "leads to the addresses of the other VPC only"},
		question{name: "an egress-only gateway", changes: to("DestinationCidrBlock: 0.0.0.0/0, EgressOnlyInternetGatewayId: eigw-1"),
			service: "kms", reaches: "no", says: "IPv6 only"},
		question{name: "a firewall's endpoint", changes: to("DestinationCidrBlock: 0.0.0.0/0, VpcEndpointId: vpce-1"), service: "kms",
			reaches: "unknown"},
		question{name: "a local gateway", changes: to("DestinationCidrBlock: 0.0.0.0/0, LocalGatewayId: lgw-1"), service: "kms",
			reaches: "unknown"},
		question{name: "a carrier gateway", changes: to("DestinationCidrBlock: 0.0.0.0/0, CarrierGatewayId: cagw-1"), service: "kms",
			reaches: "unknown"},
		question{name: "a core network", changes: to("DestinationCidrBlock: 0.0.0.0/0, CoreNetworkArn: arn"), service: "kms",
			reaches: "unknown"},
		question{name: "a VPN gateway", changes: to("DestinationCidrBlock: 0.0.0.0/0, GatewayId: vgw-1"), service: "kms",
			reaches: "unknown", says: "GatewayId vgw-1"},
		question{name: "nothing but local", changes: to("DestinationCidrBlock: 0.0.0.0/0, GatewayId: local"), service: "kms",
			reaches: "no", says: "stays in the VPC"},
		question{name: "an imported NAT gateway", changes: to("DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: nat-1"), service: "kms",
			reaches: "unknown"},
		question{name: "the group lets out to the VPC only", changes: []change{{"CidrIp: 0.0.0.0/0", "CidrIp: 10.0.0.0/16"}},
			service: "kms", reaches: "no",
			says: "security groups Group do not allow TCP 443 out to the internet", remedy: "add a rule to Group"},
	)
}

func TestInternetGateway(t *testing.T) {
	direct := change{"DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat", "DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Igw"}
	attachment := "Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Igw}"
	instance := func(rest string) change {
		return add("  Instance: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref Public, SecurityGroupIds: [!Ref Group]" + rest +
			"}}")
	}
	nic := func(rest string) change {
		return add("  Instance: {Type: 'AWS::EC2::Instance', Properties: {NetworkInterfaces: [{DeviceIndex: '1', SubnetId: !Ref Private}, " +
			"{DeviceIndex: '0', " + rest + "}]}}")
	}
	made := add("  Nic: {Type: 'AWS::EC2::NetworkInterface', Properties: {SubnetId: !Ref Public, GroupSet: [!Ref Group]}}")
	elastic := func(lines string) change { return add("  Elastic: " + lines) }
	ask(t,
		question{name: "does not help a function", changes: []change{direct}, service: "kms", reaches: "no",
			says:   "function Function never has a public address in a VPC, so it cannot use an internet gateway, not even in a public subnet",
			remedy: "to VPC Vpc, or a NAT gateway"},
		question{name: "imported, does not help a function either", changes: []change{{direct.from, strings.ReplaceAll(direct.to,
			"!Ref Igw", "igw-1")}}, service: "kms",
			reaches: "no", says: "never has a public address"},
		question{name: "an instance without address", changes: []change{instance("")}, workload: "Instance", service: "kms",
			reaches: "no", says: "Instance has no public address",
			remedy: "give Instance a public address; or add com.amazonaws.eu-west-1.kms"},
		question{name: "the subnet gives addresses", changes: []change{instance(""), {"MapPublicIpOnLaunch: false",
			"MapPublicIpOnLaunch: true"}}, workload: "Instance",
			service: "kms", reaches: "yes", says: "Instance has a public address"},
		question{name: "the subnet is unresolved", changes: []change{instance(""), {"MapPublicIpOnLaunch: false",
			"MapPublicIpOnLaunch: '{{resolve:ssm:/a}}'"}},
			workload: "Instance", service: "kms", reaches: "unknown", says: "as far as is known"},
		question{name: "the interface asks for one",
			changes:  []change{nic("AssociatePublicIpAddress: true, SubnetId: !Ref Public, GroupSet: [!Ref Group]")},
			workload: "Instance", service: "kms", reaches: "yes"},
		question{name: "the interface declines",
			changes: []change{nic("AssociatePublicIpAddress: false, SubnetId: !Ref Public, GroupSet: [!Ref Group]"),
				{"MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"}}, workload: "Instance", service: "kms", reaches: "no"},
		question{name: "the interface has no say", changes: []change{nic("SubnetId: !Ref Public, GroupSet: [!Ref Group]"),
			{"MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"}}, workload: "Instance", service: "kms", reaches: "yes"},
		question{name: "an elastic address of the instance", changes: []change{instance(""),
			elastic("{Type: 'AWS::EC2::EIP', Properties: {InstanceId: !Ref Instance}}")},
			workload: "Instance", service: "kms", reaches: "yes"},
		question{name: "an elastic address by association", changes: []change{instance(""),
			elastic("{Type: 'AWS::EC2::EIPAssociation', Properties: {InstanceId: !GetAtt Instance.InstanceId, AllocationId: eipalloc-1}}")}, workload: "Instance",
			service: "kms", reaches: "yes"},
		question{name: "an elastic address of an imported instance", changes: []change{instance(""),
			elastic("{Type: 'AWS::EC2::EIP', Properties: {InstanceId: i-1}}")},
			workload: "Instance", service: "kms", reaches: "unknown"},
		question{name: "an address of its own and perhaps an elastic one",
			changes: []change{nic("AssociatePublicIpAddress: true, SubnetId: !Ref Public, GroupSet: [!Ref Group]"),
				elastic("{Type: 'AWS::EC2::EIP', Properties: {InstanceId: i-1}}")}, workload: "Instance", service: "kms", reaches: "yes"},
		question{name: "an interface that was made before", changes: []change{nic("NetworkInterfaceId: !Ref Nic"), made,
			{"MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"}}, workload: "Instance", service: "kms", reaches: "no"},
		question{name: "an elastic address of that interface", changes: []change{nic("NetworkInterfaceId: !GetAtt Nic.Id"), made,
			elastic("{Type: 'AWS::EC2::EIPAssociation', Properties: {NetworkInterfaceId: !Ref Nic, AllocationId: eipalloc-1}}")},
			workload: "Instance", service: "kms",
			reaches: "yes"},
		question{name: "an imported interface", changes: []change{nic("NetworkInterfaceId: eni-1")}, workload: "Instance", service: "kms",
			reaches: "unknown",
			says:    "subnet ‹subnet of eni-1› is not defined in any template here"},
		question{name: "not attached", changes: []change{instance(""), {"MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"},
			{attachment, "Properties: {VpcId: !Ref Other, InternetGatewayId: !Ref Igw}"},
			add("  Other: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.1.0.0/16}}")},
			workload: "Instance", service: "kms", reaches: "no", says: "internet gateway Igw is not attached to VPC Vpc",
			remedy: "attach internet gateway Igw to VPC Vpc"},
		question{name: "attached to an imported VPC", changes: []change{instance(""), {"MapPublicIpOnLaunch: false",
			"MapPublicIpOnLaunch: true"},
			{attachment, "Properties: {VpcId: vpc-1, InternetGatewayId: !Ref Igw}"}}, workload: "Instance", service: "kms",
			reaches: "unknown"},
		question{name: "an imported one is attached", changes: []change{instance(""), {"MapPublicIpOnLaunch: false",
			"MapPublicIpOnLaunch: true"},
			{attachment, "Properties: {VpcId: !Ref Vpc, InternetGatewayId: igw-1}"}}, workload: "Instance", service: "kms",
			reaches: "unknown"},
		question{name: "imported", changes: []change{instance(""), {"MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"},
			{"0.0.0.0/0, GatewayId: !Ref Igw", "0.0.0.0/0, GatewayId: igw-1"}}, workload: "Instance", service: "kms", reaches: "unknown",
			says: "GatewayId igw-1"},
	)
}
