package probe

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
)

// house is the network of a function that runs as the grantee, without a way to the internet.
const house = `  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true, EnableDnsSupport: true}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Association: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Routes}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, GroupDescription: all out}}
  Function: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Reader.Arn, VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}}}
`

// nat is a way to the internet for the house.
const nat = `  Gateway: {Type: AWS::EC2::InternetGateway}
  Attachment: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
  Public: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  PublicRoutes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  PublicAssociation: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref Public, RouteTableId: !Ref PublicRoutes}}
  PublicRoute: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref PublicRoutes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}}
  Address: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}
  Nat: {Type: AWS::EC2::NatGateway, Properties: {SubnetId: !Ref Public, AllocationId: !GetAtt Address.AllocationId}}
  Route: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Routes, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat}}
`

// gateway is a gateway endpoint of the house with statements in its policy; "" for no policy.
func gateway(service, statements string) string {
	if statements != "" {
		statements = ", PolicyDocument: {Statement: [" + statements + "]}"
	}
	return "  Through: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.eu-west-1." + service + ", RouteTableIds: [!Ref Routes]" + statements + "}}\n"
}

// private is an interface endpoint of the house, with private DNS and no policy.
func private(service string) string {
	return "  Through: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, ServiceName: com.amazonaws.eu-west-1." + service +
		", PrivateDnsEnabled: true, SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Inside]}}\n" +
		"  Inside: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, GroupDescription: all in, SecurityGroupIngress: [{IpProtocol: -1, CidrIp: 0.0.0.0/0}]}}\n"
}

// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#default-endpoint-policy
func TestOpenEndpoint(t *testing.T) {
	for name, c := range map[string]struct {
		source   string
		closes   string // services whose endpoints the grant restricts
		expected string // verdicts
		says     string
	}{
		"no endpoint":                                        {house, "", "", ""},
		"none of the grant's, the only way out":              {house + gateway("dynamodb", ""), "", "broken", "the endpoint of dynamodb, Through, has no policy, so AWS's default lets everyone's requests pass"},
		"none of the grant's, beside NAT":                    {house + nat + gateway("dynamodb", ""), "", "", ""},
		"beside one that the grant restricts, and NAT":       {house + nat + gateway("dynamodb", ""), "s3", "broken", "has no policy"},
		"one that the grant restricts, which OverGrant asks": {house + gateway("s3", ""), "s3", "", ""},
		"everything to everyone":                             {house + gateway("s3", `{Effect: Allow, Principal: "*", Action: "*", Resource: "*"}`), "", "broken", "the policy of the endpoint of s3, Through, lets everyone's requests pass"},
		"all of S3 to everyone":                              {house + gateway("s3", `{Effect: Allow, Principal: "*", Action: "s3:*", Resource: "*"}`), "sts", "broken", "lets everyone's requests pass"},
		"reading to everyone":                                {house + gateway("s3", `{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"}`), "sts", "proved", ""},
		"everything denied":                                  {house + gateway("s3", `{Effect: Deny, Principal: "*", Action: "*", Resource: "*"}`), "", "proved", ""},
		"one bucket to everyone":                             {house + gateway("s3", `{Effect: Allow, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}`), "", "proved", ""},
		"to the own account":                                 {house + gateway("s3", `{Effect: Allow, Principal: "*", Action: "*", Resource: "*", Condition: {StringEquals: {"aws:PrincipalAccount": "111111111111"}}}`), "", "proved", ""},
		"on the own resources":                               {house + gateway("s3", `{Effect: Allow, Principal: "*", Action: "*", Resource: "*", Condition: {StringEquals: {"aws:ResourceAccount": ["111111111111", "222222222222"]}}}`), "", "proved", ""},
		"to everyone in the VPC":                             {house + gateway("s3", `{Effect: Allow, Principal: "*", Action: "*", Resource: "*", Condition: {StringEquals: {"aws:SourceVpc": !Ref Vpc}}}`), "", "broken", "lets everyone's requests pass"},
		"to an unknown account":                              {house + gateway("s3", `{Effect: Allow, Principal: "*", Action: "*", Resource: "*", Condition: {StringEquals: {"aws:PrincipalAccount": "{{resolve:ssm:/account}}"}}}`), "", "undecided", "for certain"},
		"of STS":                                             {house + private("sts"), "", "broken", "the endpoint of sts, Through, has no policy"},
		"of KMS":                                             {house + private("kms"), "s3", "broken", "the endpoint of kms, Through, has no policy"},
		"of what no grant is about":                          {house + private("logs"), "s3", "", ""},
		"of another VPC":                                     {house + "  Other: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}\n" + strings.Replace(gateway("s3", ""), "!Ref Vpc", "!Ref Other", 1), "", "", ""},
		"for another subnet":                                 {house + strings.Replace(gateway("s3", ""), "!Ref Routes", "!Ref Others", 1) + "  Others: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}\n", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			permissions := `{sid: Read, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]}`
			source := declarationOf("Source", permissions, "Reader", "reader")
			if c.closes != "" {
				source = strings.Replace(source, "Resources:\n", "  CrossGrant::Endpoints::222222222222::reports-prod-eu-west-1: ["+c.closes+"]\nResources:\n", 1)
			}
			m := load(t, source+c.source, declarationOf("Target", permissions, "Reports", "reports"), "")
			all := openEndpoint(m)
			check.Run(m, all)
			var verdicts []string
			for _, one := range all {
				verdicts = append(verdicts, string(one.Verdict))
				if one.Rule != OpenEndpoint || !strings.Contains(fmt.Sprint(one.Says), c.says) {
					t.Errorf("found %s %q, expected %q", one.Rule, one.Says, c.says)
				}
				if one.Verdict != check.Proved && (len(one.Where) != 1 || one.Where[0].LogicalID != "Through" || len(one.Remedy) != 1+len(one.Missing)) {
					t.Errorf("found remedy %q at %d resources, expected one at the endpoint", one.Remedy, len(one.Where))
				}
			}
			if found := strings.Join(verdicts, " "); found != c.expected {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
			if !slices.ContainsFunc(Rules(), func(d check.Definition) bool { return d.Rule == OpenEndpoint }) {
				t.Error("found no such rule among all")
			}
		})
	}
}
