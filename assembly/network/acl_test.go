package network

import (
	"strings"
	"testing"
)

// acl returns a network ACL of a subnet with entries, one per line: NAME NUMBER ACTION DIRECTION BLOCK PROTOCOL FROM-TO.
func acl(subnet, id string, entries ...string) change {
	lines := ""
	if id == "!Ref Acl" {
		lines = "  Acl: {Type: 'AWS::EC2::NetworkAcl', Properties: {VpcId: !Ref Vpc}}\n"
	}
	if subnet != "" {
		lines += "  AclAssociation: {Type: 'AWS::EC2::SubnetNetworkAclAssociation', Properties: {SubnetId: " + subnet +
			", NetworkAclId: " + id + "}}\n"
	}
	for _, e := range entries {
		f := strings.Fields(e)
		from, to, _ := strings.Cut(f[6], "-")
		lines += "  " + f[0] + ": {Type: 'AWS::EC2::NetworkAclEntry', Properties: {NetworkAclId: " + id + ", RuleNumber: " + f[1] +
			", RuleAction: " + f[2] +
			", Egress: " + f[3] + ", CidrBlock: " + f[4] + ", Protocol: " + f[5] + ", PortRange: {From: " + from + ", To: " + to + "}}}\n"
	}
	return add(lines)
}

func TestNetworkACL(t *testing.T) {
	private := func(entries ...string) []change { return []change{acl("!Ref Private", "!Ref Acl", entries...)} }
	public := func(entries ...string) []change { return []change{acl("!Ref Public", "!Ref Acl", entries...)} }
	byDefault := func(entries ...string) []change {
		return []change{acl("", "!GetAtt Vpc.DefaultNetworkAcl", entries...)}
	}
	out, back := "Out 100 allow true 0.0.0.0/0 6 443-443", "Back 100 allow false 0.0.0.0/0 6 1024-65535"
	ask(t,
		question{name: "none", service: "s3", reaches: "yes", through: "S3"},
		question{name: "without entries", changes: private(), service: "s3", reaches: "no", through: "S3",
			says:   "network ACL Acl of subnet Private denies TCP 443 out to s3",
			remedy: "allow TCP 443 in an egress entry of network ACL Acl"},
		question{name: "both ways", changes: private(out, back), service: "s3", reaches: "yes", through: "S3"},
		question{name: "no answers", changes: private(out), service: "s3", reaches: "no", through: "S3",
			says:   "network ACL Acl of subnet Private denies the responses, to TCP 1024-65535: network ACLs are stateless",
			remedy: "allow TCP 1024-65535 in an ingress entry"},
		question{name: "answers to some ports", changes: private(out, "Back 100 allow false 0.0.0.0/0 6 32768-60999"), service: "s3",
			reaches: "unknown", through: "S3",
			says: "may deny the responses"},
		question{name: "answers to other ports", changes: private(out, "Back 100 allow false 0.0.0.0/0 6 80-443"), service: "s3",
			reaches: "no", through: "S3"},
		question{name: "all protocols", changes: private("Out 100 allow true 0.0.0.0/0 -1 0-0", "Back 100 allow false 0.0.0.0/0 -1 0-0"),
			service: "s3", reaches: "yes", through: "S3"},
		question{name: "UDP", changes: private("Out 100 allow true 0.0.0.0/0 17 443-443", back), service: "s3", reaches: "no",
			through: "S3"},
		question{name: "an unresolved protocol", changes: private("Out 100 allow true 0.0.0.0/0 '{{resolve:ssm:/a}}' 443-443", back),
			service: "s3", reaches: "unknown", through: "S3"},
		question{name: "unresolved ports", changes: private("Out 100 allow true 0.0.0.0/0 6 '{{resolve:ssm:/a}}'-443", back),
			service: "s3", reaches: "unknown", through: "S3"},
		question{name: "a deny before", changes: private(out, back, "Deny 99 deny true 0.0.0.0/0 6 0-1023"), service: "s3", reaches: "no",
			through: "S3"},
		question{name: "a deny after", changes: private(out, back, "Deny 101 deny true 0.0.0.0/0 6 0-1023"), service: "s3",
			reaches: "yes", through: "S3"},
		question{name: "a deny before for some", changes: private(out, back, "Deny 99 deny true 52.0.0.0/8 6 0-1023"), service: "s3",
			reaches: "unknown", through: "S3"},
		question{name: "a deny before for private ones", changes: private(out, back, "Deny 99 deny true 10.0.0.0/8 6 0-1023"),
			service: "s3", reaches: "yes", through: "S3"},
		question{name: "a deny of unresolved number", changes: private(out, back,
			"Deny '{{resolve:ssm:/a}}' deny true 0.0.0.0/0 6 443-443"), service: "s3", reaches: "unknown",
			through: "S3"},
		question{name: "a deny of unresolved direction", changes: private(out, back,
			"Deny 99 deny '{{resolve:ssm:/a}}' 0.0.0.0/0 6 443-443"), service: "s3", reaches: "unknown",
			through: "S3"},
		question{name: "an unresolved action", changes: private("Out 100 '{{resolve:ssm:/a}}' true 0.0.0.0/0 6 443-443", back),
			service: "s3", reaches: "unknown", through: "S3"},
		question{name: "an allow of unresolved number", changes: private(out, back,
			"More '{{resolve:ssm:/a}}' allow true 0.0.0.0/0 6 443-443"), service: "s3", reaches: "yes",
			through: "S3"},
		question{name: "an entry of an imported ACL", changes: append(private(out, back),
			add("  Stray: {Type: 'AWS::EC2::NetworkAclEntry', Properties: {NetworkAclId: acl-1, "+
				"RuleNumber: 1, RuleAction: deny, Egress: true, CidrBlock: 0.0.0.0/0, Protocol: -1}}")), service: "s3", reaches: "unknown",
			through: "S3"},
		question{name: "ingress by default", changes: append(private(out),
			add("  Back: {Type: 'AWS::EC2::NetworkAclEntry', Properties: {NetworkAclId: !Ref Acl, "+
				"RuleNumber: 1, RuleAction: allow, CidrBlock: 0.0.0.0/0, Protocol: -1}}")), service: "s3", reaches: "yes", through: "S3"},
		question{name: "IPv6 only", changes: append(private(back),
			add("  Out: {Type: 'AWS::EC2::NetworkAclEntry', Properties: {NetworkAclId: !Ref Acl, "+
				"RuleNumber: 1, RuleAction: allow, Egress: true, Ipv6CidrBlock: '::/0', Protocol: -1}}")), service: "s3", reaches: "no",
			through: "S3"},
		question{name: "imported", changes: []change{acl("!Ref Private", "acl-1")}, service: "s3", reaches: "unknown", through: "S3",
			says: "network ACL acl-1 of subnet Private may deny"},
		question{name: "of an imported subnet", changes: []change{acl("subnet-1", "!Ref Acl")}, service: "s3", reaches: "unknown",
			through: "S3"},
		question{name: "the VPC's with a deny before its allow", changes: byDefault("Deny 99 deny true 0.0.0.0/0 6 443-443"),
			service: "s3", reaches: "no", through: "S3",
			says: "the default network ACL of the VPC of subnet Private denies"},
		question{name: "the VPC's with a deny after its allow", changes: byDefault("Deny 101 deny true 0.0.0.0/0 6 443-443"),
			service: "s3", reaches: "yes", through: "S3"},
		question{name: "is not asked within a subnet", changes: private(), service: "sts", reaches: "yes", through: "Sts"},
		question{name: "to an endpoint in another subnet", changes: append(private("Out 1 allow true 10.0.1.0/24 6 443-443",
			"Back 1 allow false 10.0.1.0/24 6 1024-65535"),
			change{"SubnetIds: [!Ref Private]\n      SecurityGroupIds", "SubnetIds: [!Ref Public]\n      SecurityGroupIds"}),
			service: "sts", reaches: "yes", through: "Sts"},
		question{name: "to an endpoint in another subnet, denied", changes: append(private("Out 1 allow true 10.0.2.0/24 6 443-443",
			"Back 1 allow false 10.0.1.0/24 6 1024-65535"),
			change{"SubnetIds: [!Ref Private]\n      SecurityGroupIds", "SubnetIds: [!Ref Public]\n      SecurityGroupIds"}),
			service: "sts", reaches: "no", through: "Sts"},
		question{name: "of the endpoint's subnet", changes: append(public("In 1 allow false 10.0.0.0/24 6 443-443",
			"Back 1 allow true 10.0.0.0/24 6 1024-65535"),
			change{"SubnetIds: [!Ref Private]\n      SecurityGroupIds", "SubnetIds: [!Ref Public]\n      SecurityGroupIds"}),
			service: "sts", reaches: "yes", through: "Sts"},
		question{name: "of the endpoint's subnet, denied", changes: append(public("In 1 allow false 10.0.9.0/24 6 443-443",
			"Back 1 allow true 10.0.0.0/24 6 1024-65535"),
			change{"SubnetIds: [!Ref Private]\n      SecurityGroupIds", "SubnetIds: [!Ref Public]\n      SecurityGroupIds"}),
			service: "sts", reaches: "no", through: "Sts",
			says: "network ACL Acl of subnet Public denies TCP 443 in from subnet Private"},
		question{name: "of the NAT gateway's subnet", changes: public("In 1 allow false 10.0.0.0/24 6 443-443",
			"Back 1 allow true 10.0.0.0/24 6 1024-65535",
			"Out 2 allow true 0.0.0.0/0 6 443-443", "Answers 2 allow false 0.0.0.0/0 6 1024-65535"), service: "kms", reaches: "yes"},
		question{name: "of the NAT gateway's subnet, nothing in", changes: public("Back 1 allow true 10.0.0.0/24 6 1024-65535",
			"Out 2 allow true 0.0.0.0/0 6 443-443", "Answers 2 allow false 0.0.0.0/0 6 1024-65535"), service: "kms", reaches: "no"},
		question{name: "of the NAT gateway's subnet, nothing out", changes: public("In 1 allow false 10.0.0.0/24 6 443-443",
			"Back 1 allow true 10.0.0.0/24 6 1024-65535",
			"Answers 2 allow false 0.0.0.0/0 6 1024-65535"), service: "kms", reaches: "no"},
	)
}
