package network

import "testing"

func TestNATGateway(t *testing.T) {
	nat := "Properties: {SubnetId: !Ref Public, AllocationId: !GetAtt NatAddress.AllocationId}"
	is := func(properties string) change { return change{nat, "Properties: {" + properties + "}"} }
	route := "{RouteTableId: !Ref PublicTable, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Igw}"
	to := func(target string) change {
		return change{route, "{RouteTableId: !Ref PublicTable, DestinationCidrBlock: 0.0.0.0/0, " + target + "}"}
	}
	attachment := change{"Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Igw}",
		"Properties: {VpcId: vpc-1, InternetGatewayId: igw-1}"}
	ask(t,
		question{name: "in a public subnet", service: "kms", reaches: "yes",
			says: "NAT gateway Nat is in subnet Public, whose route leads to internet gateway Igw"},
		question{name: "public by name",
			changes: []change{is("ConnectivityType: public, AvailabilityMode: zonal, SubnetId: !Ref Public, AllocationId: a")},
			service: "kms",
			reaches: "yes"},
		question{name: "in a private subnet", changes: []change{is("SubnetId: !Ref Private, AllocationId: a")}, service: "kms",
			reaches: "no",
			says:    "NAT gateway Nat is in private subnet Private, whose route leads to Nat instead of an internet gateway",
			remedy:  "put NAT gateway Nat into a subnet whose route table leads to an internet gateway"},
		question{name: "in a subnet without a route", changes: []change{to("VpcPeeringConnectionId: pcx-1")}, service: "kms",
			reaches: "no"},
		question{name: "behind a transit gateway", changes: []change{to("TransitGatewayId: tgw-1")}, service: "kms", reaches: "unknown"},
		question{name: "in an imported subnet", changes: []change{is("SubnetId: subnet-1, AllocationId: a")}, service: "kms",
			reaches: "unknown",
			says:    "subnet subnet-1 is not defined in any template here: what NAT gateway Nat leads to is unknown"},
		question{name: "in a subnet of an imported table", changes: []change{{"SubnetId: !Ref Public, RouteTableId: !Ref PublicTable",
			"SubnetId: !Ref Public, RouteTableId: rtb-1"}},
			service: "kms", reaches: "unknown", says: "route table rtb-1"},
		question{name: "in a subnet of the main table", changes: []change{{"SubnetId: !Ref Public, RouteTableId: !Ref PublicTable",
			"SubnetId: !Ref Nowhere, RouteTableId: rtb-1"},
			add("  Nowhere: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.9.0/24}}")}, service: "kms",
			reaches: "no", says: "the main route table"},
		question{name: "without an address", changes: []change{is("SubnetId: !Ref Public")}, service: "kms", reaches: "no",
			says: "public NAT gateway Nat has no Elastic IP address"},
		question{name: "private", changes: []change{is("SubnetId: !Ref Public, ConnectivityType: private")}, service: "kms", reaches: "no",
			says: "private NAT gateway Nat has no public address, so internet gateway Igw drops its traffic"},
		question{name: "private, behind a transit gateway", changes: []change{is("SubnetId: !Ref Public, ConnectivityType: private"),
			to("TransitGatewayId: tgw-1")},
			service: "kms", reaches: "unknown"},
		question{name: "of unresolved connectivity",
			changes: []change{is("SubnetId: !Ref Public, AllocationId: a, ConnectivityType: '{{resolve:ssm:/a}}'")}, service: "kms",
			reaches: "unknown", says: "whether NAT gateway Nat is regional or private is unknown"},
		question{name: "of unresolved mode",
			changes: []change{is("SubnetId: !Ref Public, AllocationId: a, AvailabilityMode: '{{resolve:ssm:/a}}'")}, service: "kms",
			reaches: "unknown"},
		question{name: "regional", changes: []change{is("AvailabilityMode: regional, VpcId: !Ref Vpc")}, service: "kms", reaches: "yes",
			says: "regional NAT gateway Nat leads to the internet gateway of VPC Vpc"},
		question{name: "regional without an internet gateway", changes: []change{is("AvailabilityMode: regional, VpcId: !Ref Vpc"),
			{"Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Igw}", "Properties: {VpcId: !Ref Other, InternetGatewayId: !Ref Igw}"},
			add("  Other: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.1.0.0/16}}")}, service: "kms", reaches: "no",
			says: "no internet gateway is attached to VPC Vpc", remedy: "attach an internet gateway to VPC Vpc"},
		question{name: "regional with an imported internet gateway", changes: []change{is("AvailabilityMode: regional, VpcId: !Ref Vpc"),
			attachment}, service: "kms",
			reaches: "unknown"},
	)
}

func TestNATInstance(t *testing.T) {
	route := "{RouteTableId: !Ref PrivateTable, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat}"
	to := func(target string) change {
		return change{route, "{RouteTableId: !Ref PrivateTable, DestinationCidrBlock: 0.0.0.0/0, " + target + "}"}
	}
	instance := func(properties string) change {
		return add("  Instance: {Type: 'AWS::EC2::Instance', Properties: {" + properties + "}}\n" +
			"  NatGroup: {Type: 'AWS::EC2::SecurityGroup', Properties: {VpcId: !Ref Vpc, SecurityGroupIngress: [{IpProtocol: '-1', CidrIp: 10.0.0.0/16}]}}")
	}
	good := "SourceDestCheck: false, NetworkInterfaces: [{DeviceIndex: '0', AssociatePublicIpAddress: true, SubnetId: !Ref Public, GroupSet: [!Ref NatGroup]}]"
	nic := func(check string) change {
		return add("  Nic: {Type: 'AWS::EC2::NetworkInterface', Properties: {" + check +
			"SubnetId: !Ref Public, GroupSet: [!Ref NatGroup]}}")
	}
	elastic := add("  Elastic: {Type: 'AWS::EC2::EIPAssociation', Properties: {NetworkInterfaceId: !Ref Nic, AllocationId: a}}")
	ofInstance := add("  Elastic: {Type: 'AWS::EC2::EIPAssociation', Properties: {InstanceId: !Ref Instance, AllocationId: a}}")
	primary := "SourceDestCheck: true, NetworkInterfaces: [{DeviceIndex: '0', NetworkInterfaceId: !Ref Nic}]"
	ask(t,
		question{name: "in a public subnet", changes: []change{to("InstanceId: !Ref Instance"), instance(good)}, service: "kms",
			reaches: "yes",
			says:    "NAT instance Instance is in subnet Public, whose route leads to internet gateway Igw"},
		question{name: "that checks by default", changes: []change{to("InstanceId: !Ref Instance"),
			instance(good[len("SourceDestCheck: false, "):])}, service: "kms",
			reaches: "no", says: "drops packets of others: SourceDestCheck is not set",
			remedy: "set SourceDestCheck of Instance to false"},
		question{name: "that may check", changes: []change{to("InstanceId: !Ref Instance"),
			instance("SourceDestCheck: '{{resolve:ssm:/a}}'" + good[len("SourceDestCheck: false"):])},
			service: "kms", reaches: "unknown"},
		question{name: "without an address", changes: []change{to("InstanceId: !Ref Instance"),
			instance("SourceDestCheck: false, SubnetId: !Ref Public, SecurityGroupIds: [!Ref NatGroup]")},
			service: "kms", reaches: "no", says: "NAT instance Instance has no public address"},
		question{name: "with an address of the subnet's", changes: []change{to("InstanceId: !Ref Instance"),
			{"MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"},
			instance("SourceDestCheck: false, SubnetId: !Ref Public, SecurityGroupIds: [!Ref NatGroup]")}, service: "kms", reaches: "yes"},
		question{name: "in a private subnet", changes: []change{to("InstanceId: !Ref Instance"), {"0.0.0.0/0, GatewayId: !Ref Igw",
			"0.0.0.0/0, NatGatewayId: !Ref Nat"}, instance(good)},
			service: "kms", reaches: "no"},
		question{name: "whose subnet's ACL lets nothing pass", changes: []change{to("InstanceId: !Ref Instance"), instance(good),
			acl("!Ref Public", "!Ref Acl")},
			service: "kms", reaches: "no", says: "network ACL Acl of subnet Public denies"},
		question{name: "in the subnet that it serves", changes: []change{to("InstanceId: !Ref Instance"),
			instance("SourceDestCheck: false, NetworkInterfaces: [{DeviceIndex: '0', AssociatePublicIpAddress: true, SubnetId: !Ref Private}]")}, service: "kms", reaches: "no",
			says: "NAT instance Instance is in private subnet Private, whose route leads to Instance"},
		question{name: "in an imported subnet", changes: []change{to("InstanceId: !Ref Instance"),
			instance("SourceDestCheck: false, SubnetId: subnet-1")}, service: "kms",
			reaches: "unknown", says: "subnet subnet-1"},
		question{name: "whose group lets nobody in", changes: []change{to("InstanceId: !Ref Instance"),
			instance("SourceDestCheck: false, NetworkInterfaces: " +
				"[{DeviceIndex: '0', AssociatePublicIpAddress: true, SubnetId: !Ref Public, GroupSet: [!Ref StsGroup]}]"),
			{"SourceSecurityGroupId: !GetAtt Group.GroupId", "CidrIp: 10.0.1.0/24"}}, service: "kms", reaches: "no",
			says: "security groups StsGroup do not allow TCP 443 in from Group in subnet Private"},
		question{name: "whose group lets nothing out", changes: []change{to("InstanceId: !Ref Instance"), instance(good),
			{"      GroupDescription: STS",
				"      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}]\n      GroupDescription: STS"},
			{"GroupSet: [!Ref NatGroup]", "GroupSet: [!Ref StsGroup]"}}, service: "kms", reaches: "no",
			says: "security groups StsGroup do not allow TCP 443 out"},
		question{name: "imported", changes: []change{to("InstanceId: i-1")}, service: "kms", reaches: "unknown",
			says: "NAT instance i-1 is not defined in any template here"},
		question{name: "an interface", changes: []change{to("NetworkInterfaceId: !Ref Nic"), nic("SourceDestCheck: false, "), elastic,
			instance(good)}, service: "kms",
			reaches: "yes", says: "NAT instance Nic"},
		question{name: "an interface that checks", changes: []change{to("NetworkInterfaceId: !Ref Nic"), nic(""), elastic,
			instance(good)}, service: "kms", reaches: "no"},
		question{name: "an interface without address", changes: []change{to("NetworkInterfaceId: !Ref Nic"),
			nic("SourceDestCheck: false, "), instance(good)}, service: "kms",
			reaches: "no"},
		question{name: "the interface of an instance with address", changes: []change{to("NetworkInterfaceId: !Ref Nic"),
			nic("SourceDestCheck: false, "), ofInstance,
			instance(primary)}, service: "kms", reaches: "yes"},
		question{name: "conditional", changes: []change{to("InstanceId: !Ref Instance"), instance(good), {"Resources:", onProbably},
			{"Type: 'AWS::EC2::Instance', ", "Type: 'AWS::EC2::Instance', Condition: Probably, "}}, service: "kms", reaches: "unknown",
			says: "Instance exists only under condition Probably"},
	)
}

// onProbably defines a condition that cannot be decided before deployment.
const onProbably = "Parameters: {Choice: {Type: String}}\nConditions: {Probably: !Equals [!Ref Choice, 'yes'], Surely: !Not [!Condition Probably]}\nResources:"
