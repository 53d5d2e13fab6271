package network

import "testing"

func TestGroupsBeforeAnInterfaceEndpoint(t *testing.T) {
	in := "- {IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !GetAtt Group.GroupId}"
	from := func(rule string) []change { return []change{{in, "- {" + rule + "}"}} }
	list := add("  List: {Type: 'AWS::EC2::PrefixList', Properties: {Entries: [{Cidr: 10.3.0.0/16}, {Cidr: 10.0.0.0/24}]}}")
	ask(t,
		question{name: "in from the group", service: "sts", reaches: "yes", through: "Sts",
			says: "security groups StsGroup allow TCP 443 in from Group"},
		question{name: "in from the group by Ref",
			changes: from("IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !Ref Group"), service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "in from another group, and nothing falls back to NAT",
			changes: from("IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !Ref StsGroup"),
			service: "sts", reaches: "no", through: "Sts",
			says:   "security groups StsGroup do not allow TCP 443 in from Group in subnet Private",
			remedy: "add a rule to StsGroup that allows TCP 443 in from Group in subnet Private"},
		question{name: "in from another group, where the construct made the endpoint", changes: append(from("IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !Ref StsGroup"),
			change{"  StsGroup:\n", "  StsGroup:\n    Metadata: {'aws:cdk:path': A/Network/STS/SecurityGroup/Resource}\n"}, change{"  Vpc:\n", "  Vpc:\n    Metadata: {'aws:cdk:path': A/Network/Vpc/Resource}\n"}),
			service: "sts", reaches: "no", through: "Sts", remedy: "in subnet Private (of a SourceVpc, call its AllowSTSFrom)"},
		question{name: "in from an imported group",
			changes: from("IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: sg-1"), service: "sts",
			reaches: "unknown", through: "Sts", says: "the rule for sg-1"},
		question{name: "in from a group by name", changes: from("IpProtocol: '-1', SourceSecurityGroupName: default"), service: "sts",
			reaches: "unknown", through: "Sts"},
		question{name: "in from the VPC", changes: from("IpProtocol: '6', FromPort: 443, ToPort: 443, CidrIp: !GetAtt Vpc.CidrBlock"),
			service: "sts", reaches: "yes", through: "Sts"},
		question{name: "in from the subnet", changes: from("IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/24"),
			service: "sts", reaches: "yes", through: "Sts"},
		question{name: "in from another subnet", changes: from("IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.1.0/24"),
			service: "sts", reaches: "no", through: "Sts"},
		question{name: "in from a part of the subnet", changes: from("IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/25"),
			service: "sts", reaches: "unknown", through: "Sts"},
		question{name: "in from an unresolved block",
			changes: from("IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: '{{resolve:ssm:/a}}'"), service: "sts", reaches: "unknown",
			through: "Sts"},
		question{name: "in from IPv6", changes: from("IpProtocol: '-1', CidrIpv6: '::/0'"), service: "sts", reaches: "no", through: "Sts"},
		question{name: "in from a prefix list", changes: append(from("IpProtocol: '-1', SourcePrefixListId: !Ref List"), list),
			service: "sts", reaches: "yes", through: "Sts"},
		question{name: "in from an imported prefix list", changes: from("IpProtocol: '-1', SourcePrefixListId: pl-1"), service: "sts",
			reaches: "unknown", through: "Sts"},
		question{name: "all protocols", changes: from("IpProtocol: '-1', CidrIp: 0.0.0.0/0"), service: "sts", reaches: "yes",
			through: "Sts"},
		question{name: "a number for all protocols", changes: from("IpProtocol: -1, CidrIp: 0.0.0.0/0"), service: "sts", reaches: "yes",
			through: "Sts"},
		question{name: "UDP", changes: from("IpProtocol: udp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0"), service: "sts",
			reaches: "no", through: "Sts"},
		question{name: "an unresolved protocol",
			changes: from("IpProtocol: '{{resolve:ssm:/a}}', FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0"), service: "sts",
			reaches: "unknown", through: "Sts"},
		question{name: "ports below", changes: from("IpProtocol: tcp, FromPort: 80, ToPort: 442, CidrIp: 0.0.0.0/0"), service: "sts",
			reaches: "no", through: "Sts"},
		question{name: "ports above", changes: from("IpProtocol: tcp, FromPort: 444, ToPort: 8443, CidrIp: 0.0.0.0/0"), service: "sts",
			reaches: "no", through: "Sts"},
		question{name: "ports around", changes: from("IpProtocol: tcp, FromPort: 0, ToPort: 65535, CidrIp: 0.0.0.0/0"), service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "unresolved ports",
			changes: from("IpProtocol: tcp, FromPort: '{{resolve:ssm:/a}}', ToPort: 443, CidrIp: 0.0.0.0/0"), service: "sts",
			reaches: "unknown",
			through: "Sts"},
		question{name: "an unresolved rule", changes: []change{{in, "- '{{resolve:ssm:/a}}'"}}, service: "sts", reaches: "unknown",
			through: "Sts",
			says:    "a rule of the group, which is unresolved, may allow it"},
		question{name: "no rule", changes: []change{{"      SecurityGroupIngress:\n        " + in, ""}}, service: "sts", reaches: "no",
			through: "Sts"},
		question{name: "a rule of its own", changes: []change{{"      SecurityGroupIngress:\n        " + in, ""},
			add("  Rule: {Type: 'AWS::EC2::SecurityGroupIngress', Properties: {GroupId: !Ref StsGroup, IpProtocol: '-1', SourceSecurityGroupId: !Ref Group}}")}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "a rule of its own of another group", changes: []change{{"      SecurityGroupIngress:\n        " + in, ""},
			add("  Rule: {Type: 'AWS::EC2::SecurityGroupIngress', Properties: {GroupId: !Ref Group, IpProtocol: '-1', CidrIp: 0.0.0.0/0}}")}, service: "sts", reaches: "no",
			through: "Sts"},
		question{name: "a rule of its own of an imported group", changes: []change{{"      SecurityGroupIngress:\n        " + in, ""},
			add("  Rule: {Type: 'AWS::EC2::SecurityGroupIngress', Properties: {GroupId: sg-1, IpProtocol: '-1', CidrIp: 0.0.0.0/0}}")},
			service: "sts", reaches: "unknown",
			through: "Sts", says: "a rule of resource Rule may allow it"},
		question{name: "an imported group with a rule of ours", changes: []change{{"SecurityGroupIds: [!GetAtt StsGroup.GroupId]",
			"SecurityGroupIds: [sg-1]"},
			add("  Rule: {Type: 'AWS::EC2::SecurityGroupIngress', Properties: {GroupId: sg-1, IpProtocol: '-1', CidrIp: 0.0.0.0/0}}")},
			service: "sts", reaches: "yes",
			through: "Sts", says: "security groups sg-1 (not defined in any template here) allow"},
		question{name: "an imported group", changes: []change{{"SecurityGroupIds: [!GetAtt StsGroup.GroupId]",
			"SecurityGroupIds: [sg-1]"}}, service: "sts", reaches: "unknown",
			through: "Sts", says: "a rule of the group, which no template here defines, may allow it"},
		question{name: "an imported group with a rule of another one", changes: []change{{"SecurityGroupIds: [!GetAtt StsGroup.GroupId]",
			"SecurityGroupIds: [sg-1]"},
			add("  Rule: {Type: 'AWS::EC2::SecurityGroupIngress', Properties: {GroupId: sg-2, IpProtocol: '-1', CidrIp: 0.0.0.0/0}}")},
			service: "sts", reaches: "unknown",
			through: "Sts", says: "a rule of the group, which no template here defines, may allow it"},
		question{name: "one of two groups is enough", changes: []change{{"SecurityGroupIds: [!GetAtt StsGroup.GroupId]",
			"SecurityGroupIds: [sg-1, !Ref StsGroup]"}}, service: "sts",
			reaches: "yes", through: "Sts"},
	)
}

func TestGroupOfTheWorkload(t *testing.T) {
	egress := "      SecurityGroupEgress:\n        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}\n"
	to := func(rule string) []change { return []change{{egress, "      SecurityGroupEgress: [{" + rule + "}]\n"}} }
	own := add("  Rule: {Type: 'AWS::EC2::SecurityGroupEgress', Properties: {GroupId: !Ref Group, IpProtocol: tcp, FromPort: 443, ToPort: 443, " +
		"DestinationSecurityGroupId: !Ref StsGroup}}")
	ask(t,
		question{name: "out to the group",
			changes: to("IpProtocol: tcp, FromPort: 443, ToPort: 443, DestinationSecurityGroupId: !Ref StsGroup"), service: "sts",
			reaches: "yes",
			through: "Sts"},
		question{name: "out to the group is not out to the internet",
			changes: to("IpProtocol: tcp, FromPort: 443, ToPort: 443, DestinationSecurityGroupId: !Ref StsGroup"),
			service: "kms", reaches: "no"},
		question{name: "out to another group", changes: to("IpProtocol: '-1', DestinationSecurityGroupId: !Ref Group"), service: "sts",
			reaches: "no", through: "Sts",
			says: "security groups Group do not allow TCP 443 out to Sts in subnet Private"},
		question{name: "out to the VPC", changes: to("IpProtocol: '-1', CidrIp: 10.0.0.0/16"), service: "sts", reaches: "yes",
			through: "Sts"},
		question{name: "out to nothing", changes: to("IpProtocol: icmp, FromPort: 252, ToPort: 86, CidrIp: 255.255.255.255/32"),
			service: "sts", reaches: "no", through: "Sts"},
		question{name: "everything by default", changes: []change{{egress, ""}}, service: "kms", reaches: "yes"},
		question{name: "everything by default with an empty list", changes: []change{{egress, "      SecurityGroupEgress: []\n"}},
			service: "kms", reaches: "yes"},
		question{name: "everything by default, unless a rule of its own took it away", changes: []change{{egress, ""}, own},
			service: "kms", reaches: "unknown",
			says: "a rule that AWS adds by default, unless other rules have removed it, may allow it"},
		question{name: "a rule of its own lets out where it says", changes: []change{{egress, ""}, own}, service: "sts", reaches: "yes",
			through: "Sts"},
		question{name: "an unresolved list", changes: []change{{egress, "      SecurityGroupEgress: '{{resolve:ssm:/a}}'\n"}},
			service: "kms", reaches: "unknown"},
		question{name: "out to everywhere but 443", changes: to("IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0"),
			service: "kms", reaches: "no"},
	)
}

func TestDefaultGroup(t *testing.T) {
	function, endpoint := change{"        SecurityGroupIds: [!GetAtt Group.GroupId]\n", ""},
		change{"      SecurityGroupIds: [!GetAtt StsGroup.GroupId]\n", ""}
	restrict := func(group string) change {
		return add("  Restrict: {Type: 'Custom::VpcRestrictDefaultSG', Properties: {DefaultSecurityGroupId: " + group + "}}")
	}
	rule := add("  Rule: {Type: 'AWS::EC2::SecurityGroupIngress', Properties: {GroupId: !GetAtt Vpc.DefaultSecurityGroup, IpProtocol: '-1', SourceSecurityGroupId: !Ref Group}}")
	ask(t,
		question{name: "lets everything out", changes: []change{function}, service: "kms", reaches: "yes",
			says: "the default group of VPC Vpc allow"},
		question{name: "lets in from itself", changes: []change{function, endpoint}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "lets in from itself, by its attribute", changes: []change{function, {"[!GetAtt StsGroup.GroupId]",
			"[!GetAtt Vpc.DefaultSecurityGroup]"}}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "lets in from no other", changes: []change{endpoint}, service: "sts", reaches: "no", through: "Sts"},
		question{name: "lets in by a rule of its own", changes: []change{endpoint, rule}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "without rules", changes: []change{function, restrict("!GetAtt Vpc.DefaultSecurityGroup")}, service: "kms",
			reaches: "no"},
		question{name: "perhaps without rules", changes: []change{function, restrict("sg-1")}, service: "kms", reaches: "unknown",
			says: "a rule that AWS adds by default may allow it"},
	)
}

func TestSeveralAddressesAreOneLine(t *testing.T) {
	n := house(t, change{"SubnetIds: [!Ref Private]\n      SecurityGroupIds",
		"SubnetIds: [!Ref Private, !Ref Public]\n      SecurityGroupIds"})
	if hops := n.Paths(workload(t, n, ""), "sts", "")[0].Hops; len(hops) != 3 {
		t.Errorf("found hops %v, expected one for the name, one for the way out and one for the way in", hops)
	}
}

func TestSeveralAddressesOfAnEndpoint(t *testing.T) {
	subnets := "SubnetIds: [!Ref Private]\n      SecurityGroupIds"
	two := change{subnets, "SubnetIds: [!Ref Private, !Ref Public]\n      SecurityGroupIds"}
	out := func(block string) change { return change{"CidrIp: 0.0.0.0/0", "CidrIp: " + block} }
	diverted := func(block string) change {
		return add("  More: {Type: 'AWS::EC2::Route', Properties: {RouteTableId: !Ref PrivateTable, DestinationCidrBlock: " + block +
			", VpcEndpointId: vpce-1}}")
	}
	second := add("  Second: {Type: 'AWS::EC2::VPCCidrBlock', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.1.0.0/16}}")
	sixth := add("  Second: {Type: 'AWS::EC2::VPCCidrBlock', Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}")
	unresolved := change{"CidrBlock: 10.0.1.0/24", "CidrBlock: '{{resolve:ssm:/a}}'"}
	ask(t,
		question{name: "all", changes: []change{two}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "one is blocked", changes: []change{two, out("10.0.0.0/24")}, service: "sts", reaches: "unknown", through: "Sts",
			says:   "out to Sts in subnet Public; other addresses of the endpoint may be reachable",
			remedy: "that allows TCP 443 out to Sts in subnet Public"},
		question{name: "all are blocked", changes: []change{two, out("10.0.2.0/24")}, service: "sts", reaches: "no", through: "Sts"},
		question{name: "none", changes: []change{{subnets, "SecurityGroupIds"}}, service: "sts", reaches: "no", through: "Sts",
			says: "has no subnets", remedy: "set SubnetIds of Sts"},
		question{name: "in an imported subnet", changes: []change{{subnets, "SubnetIds: [subnet-1]\n      SecurityGroupIds"}},
			service: "sts", reaches: "unknown", through: "Sts",
			says: "subnet subnet-1"},
		question{name: "in a subnet of unresolved block, within the VPC's", changes: []change{two, unresolved, out("10.0.0.0/16")},
			service: "sts", reaches: "yes", through: "Sts"},
		question{name: "in a subnet of unresolved block, perhaps in a second one",
			changes: []change{two, unresolved, out("10.0.0.0/16"), second}, service: "sts",
			reaches: "unknown", through: "Sts"},
		question{name: "in a subnet of unresolved block, with a second one of IPv6",
			changes: []change{two, unresolved, out("10.0.0.0/16"), sixth}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "in a subnet of unresolved block, by that", changes: []change{{subnets,
			"SubnetIds: [!Ref Public]\n      SecurityGroupIds"}, unresolved, second,
			out("!GetAtt Public.CidrBlock")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "by the local route", changes: []change{two, diverted("10.0.0.0/8")}, service: "sts", reaches: "yes",
			through: "Sts"},
		question{name: "by a route to a firewall", changes: []change{two, diverted("10.0.1.0/24")}, service: "sts", reaches: "unknown",
			through: "Sts",
			says:    "route More leads to subnet Public through vpce-1"},
		question{name: "beside a route to a firewall", changes: []change{two, diverted("10.0.7.0/24")}, service: "sts", reaches: "yes",
			through: "Sts"},
		question{name: "of an unknown route table", changes: []change{two, {"SubnetId: !Ref Private, RouteTableId: !Ref PrivateTable",
			"SubnetId: !Ref Private, RouteTableId: rtb-1"},
			diverted("10.0.1.0/24")}, service: "sts", reaches: "yes", through: "Sts"},
	)
}

// Rules for parts of the addresses allow all of them together.
func TestBlocksOfSeveralRules(t *testing.T) {
	egress := "      SecurityGroupEgress:\n        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}\n"
	to := func(blocks ...string) change {
		rules := "      SecurityGroupEgress:\n"
		for _, block := range blocks {
			rules += "        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: " + block + "}\n"
		}
		return change{egress, rules}
	}
	list := add("  List: {Type: 'AWS::EC2::PrefixList', Properties: {Entries: [{Cidr: 0.0.0.0/1}]}}")
	ask(t,
		question{name: "two halves", changes: []change{to("0.0.0.0/1", "128.0.0.0/1")}, service: "kms", reaches: "yes"},
		question{name: "one half", changes: []change{to("0.0.0.0/1")}, service: "kms", reaches: "unknown"},
		question{name: "all but a part", changes: []change{to("0.0.0.0/1", "128.0.0.0/2")}, service: "kms", reaches: "unknown"},
		question{name: "all but private addresses", changes: []change{to("0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/1")}, service: "kms", reaches: "yes"},
		question{name: "all but one address", changes: []change{to("0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/3", "'::/0'"),
			{"CidrIp: 8.0.0.0/7}", "CidrIp: 9.0.0.0/8}"}}, service: "kms", reaches: "unknown"},
		question{name: "halves of the subnet of an endpoint", changes: []change{to("10.0.0.0/25", "10.0.0.128/25")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "a half and another subnet", changes: []change{to("10.0.0.0/25", "10.0.1.128/25")}, service: "sts", reaches: "unknown", through: "Sts"},
		question{name: "a half of another port", changes: []change{to("0.0.0.0/1", "128.0.0.0/1"), {"FromPort: 443, ToPort: 443, CidrIp: 128.0.0.0/1", "FromPort: 80, ToPort: 80, CidrIp: 128.0.0.0/1"}},
			service: "kms", reaches: "unknown"},
		question{name: "a prefix list and a half", changes: []change{to("128.0.0.0/1"), {"        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 128.0.0.0/1}\n",
			"        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 128.0.0.0/1}\n        - {IpProtocol: '-1', DestinationPrefixListId: !Ref List}\n"}, list}, service: "kms", reaches: "yes"})
}
