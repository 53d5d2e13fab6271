package network

// Types of resources. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
const (
	vpcType                = "AWS::EC2::VPC"
	cidrType               = "AWS::EC2::VPCCidrBlock"
	dhcpType               = "AWS::EC2::DHCPOptions"
	dhcpAssociationType    = "AWS::EC2::VPCDHCPOptionsAssociation"
	subnetType             = "AWS::EC2::Subnet"
	tableType              = "AWS::EC2::RouteTable"
	associationType        = "AWS::EC2::SubnetRouteTableAssociation"
	routeType              = "AWS::EC2::Route"
	internetType           = "AWS::EC2::InternetGateway"
	attachmentType         = "AWS::EC2::VPCGatewayAttachment"
	natType                = "AWS::EC2::NatGateway"
	endpointType           = "AWS::EC2::VPCEndpoint"
	prefixListType         = "AWS::EC2::PrefixList"
	groupType              = "AWS::EC2::SecurityGroup"
	ingressType            = "AWS::EC2::SecurityGroupIngress"
	egressType             = "AWS::EC2::SecurityGroupEgress"
	aclType                = "AWS::EC2::NetworkAcl"
	aclAssociationType     = "AWS::EC2::SubnetNetworkAclAssociation"
	entryType              = "AWS::EC2::NetworkAclEntry"
	instanceType           = "AWS::EC2::Instance"
	interfaceType          = "AWS::EC2::NetworkInterface"
	addressType            = "AWS::EC2::EIP"
	addressAssociationType = "AWS::EC2::EIPAssociation"
	functionType           = "AWS::Lambda::Function"
	serviceType            = "AWS::ECS::Service"
	taskType               = "AWS::ECS::TaskDefinition"
	profileType            = "AWS::IAM::InstanceProfile"
	roleType               = "AWS::IAM::Role"
	// restrictType is the CDK's own, which takes the rules of a VPC's default security group away.
	restrictType = "Custom::VpcRestrictDefaultSG"
)

// Attributes of a VPC: what comes with it. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html
const (
	defaultGroup = "DefaultSecurityGroup"
	defaultACL   = "DefaultNetworkAcl"
)
