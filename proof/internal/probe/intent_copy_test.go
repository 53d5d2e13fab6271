package probe

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
)

// A copy from a bucket of another region passes no gateway endpoint, but the internet.
func TestCopiesBetweenRegions(t *testing.T) {
	const network = `
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true, EnableDnsSupport: true}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Association: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Routes}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, GroupDescription: all}}
  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Role: !GetAtt Reader.Arn, VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}}}
`
	const endpoint = "  S3: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Gateway, ServiceName: com.amazonaws.eu-west-1.s3, RouteTableIds: [!Ref Routes]}}\n"
	const origin = "  Origin: {Type: AWS::S3::Bucket, Properties: {BucketName: origin}}\n"
	for name, c := range map[string]struct {
		source, far string // the resources of the source's stack, and of one in us-east-1
		want        check.Verdict
	}{
		"of another region, by a gateway endpoint": {network + endpoint, origin, check.Broken},
		"of another region, without one":           {network, origin, check.Proved},
		"of the same region":                       {network + endpoint + origin, "", ""},
		"of a region that no template knows":       {network + endpoint, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := grants(t, `{sid: Read, account: "111111111111", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::origin/*"]}`, c.source, "", c.far)
			var found check.Verdict
			for _, one := range intent(m) {
				if strings.Contains(one.Name, "copies from bucket origin of region us-east-1 to region eu-west-1") {
					found = one.Verdict
				}
			}
			if found != c.want {
				t.Errorf("found %q, expected %q", found, c.want)
			}
		})
	}
}
