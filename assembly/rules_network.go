package assembly

// Networks: every id is made up, and no ARN is an attribute.
var networkRules = map[string]*rule{
	"AWS::EC2::VPC": {arn: "arn:{partition}:ec2:{region}:{account}:vpc/{name}",
		attributes: map[string]string{"VpcId": "{name}", "CidrBlock": "{.CidrBlock}", "Arn": unknownFormat}},
	"AWS::EC2::Subnet": {arn: "arn:{partition}:ec2:{region}:{account}:subnet/{name}", attributes: map[string]string{
		"SubnetId": "{name}", "VpcId": "{.VpcId}", "CidrBlock": "{.CidrBlock}", "AvailabilityZone": "{.AvailabilityZone}", "Arn": unknownFormat,
	}},
	"AWS::EC2::RouteTable": {arn: "arn:{partition}:ec2:{region}:{account}:route-table/{name}",
		attributes: map[string]string{"RouteTableId": "{name}", "Arn": unknownFormat}},
	// Without a VPC, Ref gives the group's name instead of its id.
	"AWS::EC2::SecurityGroup": {ref: "{!group}", arn: "arn:{partition}:ec2:{region}:{account}:security-group/{name}",
		attributes: map[string]string{"GroupId": "{name}", "Id": "{!group}", "VpcId": "{.VpcId}", "Arn": unknownFormat}},
	"AWS::EC2::VPCEndpoint": {arn: "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{name}",
		attributes: map[string]string{"Id": "{name}", "Arn": unknownFormat}},
	"AWS::EC2::NatGateway": {arn: "arn:{partition}:ec2:{region}:{account}:natgateway/{name}",
		attributes: map[string]string{"NatGatewayId": "{name}", "Arn": unknownFormat}},
	"AWS::EC2::InternetGateway": {arn: "arn:{partition}:ec2:{region}:{account}:internet-gateway/{name}",
		attributes: map[string]string{"InternetGatewayId": "{name}", "Arn": unknownFormat}},
	"AWS::EC2::NetworkAcl": {arn: "arn:{partition}:ec2:{region}:{account}:network-acl/{name}",
		attributes: map[string]string{"Id": "{name}", "Arn": unknownFormat}},
	// Ref gives the address, and its name in ARNs is another one.
	"AWS::EC2::EIP": {special: true, arn: "arn:{partition}:ec2:{region}:{account}:elastic-ip/{AllocationId}",
		attributes: map[string]string{"PublicIp": "{name}", "Arn": unknownFormat}},
}
