package network

import "testing"

func TestVPCBlockPublicAccess(t *testing.T) {
	mode := func(mode string) change {
		return add("  Block: {Type: 'AWS::EC2::VPCBlockPublicAccessOptions', Properties: {InternetGatewayBlockMode: " + mode + "}}")
	}
	exclude := func(id, mode string) change {
		return add("  Exclude" + id + ": {Type: 'AWS::EC2::VPCBlockPublicAccessExclusion', Properties: {InternetGatewayExclusionMode: " + mode + ", " +
			map[string]string{"Vpc": "VpcId: !Ref Vpc", "Public": "SubnetId: !Ref Public", "Private": "SubnetId: !Ref Private", "Other": "VpcId: vpc-1"}[id] + "}}")
	}
	both, ingress := mode("block-bidirectional"), mode("block-ingress")
	host := func(subnet string) change {
		return add("  Host: {Type: 'AWS::EC2::Instance', Properties: {NetworkInterfaces: [{DeviceIndex: '0', AssociatePublicIpAddress: true, SubnetId: !Ref " + subnet + ", GroupSet: [!Ref Group]}]}}")
	}
	ask(t,
		question{name: "of both directions", changes: []change{both}, service: "kms", reaches: "no",
			says: "Block blocks traffic to internet gateways (InternetGatewayBlockMode block-bidirectional), and VPC Vpc is not excluded", remedy: "exclude VPC Vpc from Block"},
		question{name: "of ingress, behind NAT", changes: []change{ingress}, service: "kms", reaches: "yes"},
		question{name: "does not matter to endpoints", changes: []change{both}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "nor to gateway endpoints", changes: []change{both}, service: "s3", reaches: "yes", through: "S3"},
		question{name: "but for the VPC", changes: []change{both, exclude("Vpc", "allow-bidirectional")}, service: "kms", reaches: "yes"},
		question{name: "but for egress of the VPC", changes: []change{both, exclude("Vpc", "allow-egress")}, service: "kms", reaches: "yes"},
		question{name: "but for another VPC", changes: []change{both, add("  Vpc2: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.9.0.0/16}}\n" +
			"  E: {Type: 'AWS::EC2::VPCBlockPublicAccessExclusion', Properties: {InternetGatewayExclusionMode: allow-egress, VpcId: !Ref Vpc2}}")}, service: "kms", reaches: "no"},
		question{name: "but for an imported VPC", changes: []change{both, exclude("Other", "allow-egress")}, service: "kms", reaches: "unknown"},
		question{name: "but for both subnets", changes: []change{both, exclude("Public", "allow-egress"), exclude("Private", "allow-egress")}, service: "kms", reaches: "yes"},
		question{name: "but for the subnet of the NAT gateway", changes: []change{both, exclude("Public", "allow-egress")}, service: "kms", reaches: "unknown"},
		question{name: "in an unknown way", changes: []change{mode("'{{resolve:ssm:/a}}'")}, service: "kms", reaches: "unknown"},
		question{name: "an unknown exclusion", changes: []change{both, exclude("Vpc", "'{{resolve:ssm:/a}}'")}, service: "kms", reaches: "unknown"},
		question{name: "perhaps", changes: []change{add("  Block: {Type: 'AWS::EC2::VPCBlockPublicAccessOptions', Condition: C, Properties: {InternetGatewayBlockMode: block-bidirectional}}\n" +
			"Parameters: {Stage: {Type: String}}\nConditions: {C: !Equals [!Ref Stage, x]}")}, service: "kms", reaches: "unknown"},
		question{name: "of a public address", changes: []change{both, host("Public")}, workload: "Host", service: "kms", reaches: "no"},
		question{name: "of ingress, of a public address", changes: []change{ingress, host("Public")}, workload: "Host", service: "kms", reaches: "no"},
		question{name: "of ingress, but for egress", changes: []change{ingress, host("Public"), exclude("Vpc", "allow-egress")}, workload: "Host", service: "kms", reaches: "no"},
		question{name: "of both, but for egress, of a public address", changes: []change{both, host("Public"), exclude("Vpc", "allow-egress")}, workload: "Host", service: "kms", reaches: "unknown"},
		question{name: "but for the subnet of a public address", changes: []change{ingress, host("Public"), exclude("Public", "allow-bidirectional")}, workload: "Host", service: "kms", reaches: "yes"},
	)
}
