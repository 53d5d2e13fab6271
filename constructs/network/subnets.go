package network

import (
	"net/netip"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// The groups of subnets, which begin their construct ids. The zone's letter ends them.
const (
	publicSubnets   = "Public"
	privateSubnets  = "Private"
	isolatedSubnets = "Isolated"
)

// addSubnets creates the VPC, the subnets of each zone, and the NAT with the routes to it. CDK's Vpc makes no subnets: it would number them, and
// cut their addresses, by the order of the zones.
func (v *SourceVpc) addSubnets(props SourceVpcProps) {
	vpc := awsec2.NewVpc(v.node, jsii.String("Vpc"), &awsec2.VpcProps{
		IpAddresses:         awsec2.IpAddresses_Cidr(jsii.String(props.cidr())),
		AvailabilityZones:   jsii.Strings(props.AvailabilityZones...),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{},
		// Without its rules, the default security group opens nothing to what is started without a group of its own.
		RestrictDefaultSecurityGroup: jsii.Bool(true),
	})
	provider := place.Stack(v.node).Node().FindChild(jsii.String("Custom::VpcRestrictDefaultSGCustomResourceProvider"))
	suppress.At(provider.Node().FindChild(jsii.String("Role")).(awscdk.CfnResource), suppress.Rule{
		ID:       "AwsSolutions-IAM4",
		Findings: []string{"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Reason:   "CDK's function removes the rules of the default security group, the only one that its role names; CDK writes that role, and this policy lets it only log.",
	})
	attributes := awsec2.VpcAttributes{
		VpcId: place.Once(vpc, "id", vpc.VpcId), VpcCidrBlock: jsii.String(props.cidr()), AvailabilityZones: jsii.Strings(props.AvailabilityZones...),
	}
	hasEgress := props.Egress != EndpointsOnly
	private := v.newPrivateSubnets(vpc, privateSubnets, hasEgress, props, func(r ranges) netip.Prefix { return r.private })
	v.private = awsec2.SubnetSelection{Subnets: asSubnets(private)}
	if hasEgress {
		attributes.PrivateSubnetIds, attributes.PrivateSubnetRouteTableIds = ids(private), tables(private)
		attributes.PrivateSubnetNames = jsii.Strings(privateSubnets)
		public := v.newPublicSubnets(vpc, props)
		attributes.PublicSubnetIds, attributes.PublicSubnetRouteTableIds = ids(public), tables(public)
		attributes.PublicSubnetNames = jsii.Strings(publicSubnets)
		defer func() { v.addNAT(props, public[0], private) }() // which takes the VPC with all its subnets
	} else {
		attributes.IsolatedSubnetIds, attributes.IsolatedSubnetRouteTableIds = ids(private), tables(private)
		attributes.IsolatedSubnetNames = jsii.Strings(privateSubnets)
		v.isolated = &v.private
	}
	if hasEgress && props.Isolated {
		isolated := v.newPrivateSubnets(vpc, isolatedSubnets, false, props, func(r ranges) netip.Prefix { return r.isolated })
		attributes.IsolatedSubnetIds, attributes.IsolatedSubnetRouteTableIds = ids(isolated), tables(isolated)
		attributes.IsolatedSubnetNames = jsii.Strings(isolatedSubnets)
		v.isolated = &awsec2.SubnetSelection{Subnets: asSubnets(isolated)}
	}
	v.vpc = awsec2.Vpc_FromVpcAttributes(v.node, jsii.String("Subnets"), &attributes)
}

// newPrivateSubnets creates the subnets of a group, one for each zone in their order.
func (v *SourceVpc) newPrivateSubnets(vpc awsec2.Vpc, group string, hasEgress bool, props SourceVpcProps, block func(ranges) netip.Prefix) (all []awsec2.PrivateSubnet) {
	kind := "Isolated"
	if hasEgress {
		kind = "Private"
	}
	for _, zone := range props.AvailabilityZones {
		r := rangesOf(netip.MustParsePrefix(props.cidr()), letterOf(zone))
		subnet := awsec2.NewPrivateSubnet(v.node, subnetID(group, zone), &awsec2.PrivateSubnetProps{
			VpcId: place.Once(vpc, "id", vpc.VpcId), AvailabilityZone: jsii.String(zone), CidrBlock: jsii.String(block(r).String()), MapPublicIpOnLaunch: jsii.Bool(false),
		})
		tag(subnet, group, kind)
		all = append(all, subnet)
	}
	return all
}

// newPublicSubnets creates the public subnets, one for each zone in their order, and the internet gateway.
func (v *SourceVpc) newPublicSubnets(vpc awsec2.Vpc, props SourceVpcProps) (all []awsec2.PublicSubnet) {
	internet := awsec2.NewCfnInternetGateway(v.node, jsii.String("InternetGateway"), nil)
	id := internet.Ref()
	attachment := awsec2.NewCfnVPCGatewayAttachment(v.node, jsii.String("InternetGatewayAttachment"), &awsec2.CfnVPCGatewayAttachmentProps{
		VpcId: place.Once(vpc, "id", vpc.VpcId), InternetGatewayId: id,
	})
	for _, zone := range props.AvailabilityZones {
		r := rangesOf(netip.MustParsePrefix(props.cidr()), letterOf(zone))
		subnet := awsec2.NewPublicSubnet(v.node, subnetID(publicSubnets, zone), &awsec2.PublicSubnetProps{
			VpcId: place.Once(vpc, "id", vpc.VpcId), AvailabilityZone: jsii.String(zone), CidrBlock: jsii.String(r.public.String()), MapPublicIpOnLaunch: jsii.Bool(false),
		})
		subnet.AddDefaultInternetRoute(id, attachment)
		tag(subnet, publicSubnets, "Public")
		all = append(all, subnet)
	}
	return all
}

// addNAT creates the NAT in a public subnet, and the default routes of private subnets to it.
func (v *SourceVpc) addNAT(props SourceVpcProps, public awsec2.PublicSubnet, private []awsec2.PrivateSubnet) {
	if props.Egress == NATInstance {
		v.addNATInstance(props, public, private)
		return
	}
	gateway := public.AddNatGateway(nil, nil).Ref()
	v.publicAddress = public.Node().FindChild(jsii.String("EIP")).(awsec2.CfnEIP).Ref() // the address
	for _, subnet := range private {
		subnet.AddDefaultNatRoute(gateway)
	}
}

// subnetID returns a subnet's construct id, which says its group and its zone, whatever other zones there are.
func subnetID(group, zone string) *string {
	return jsii.String(group + "Subnet" + strings.ToUpper(string(letterOf(zone))))
}

// tag gives a subnet the tags by which Vpc.fromLookup of another CDK app finds its group.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ec2-readme.html#importing-an-existing-vpc
func tag(subnet constructs.IConstruct, group, kind string) {
	tags := subnet.Node().DefaultChild().(awsec2.CfnSubnet).Tags()
	tags.SetTag(jsii.String("aws-cdk:subnet-name"), jsii.String(group), nil, nil)
	tags.SetTag(jsii.String("aws-cdk:subnet-type"), jsii.String(kind), nil, nil)
}

func asSubnets[T awsec2.ISubnet](all []T) *[]awsec2.ISubnet {
	subnets := []awsec2.ISubnet{}
	for _, one := range all {
		subnets = append(subnets, one)
	}
	return &subnets
}

func ids[T awsec2.ISubnet](all []T) *[]*string {
	texts := []*string{}
	for _, one := range all {
		texts = append(texts, one.SubnetId())
	}
	return &texts
}

func tables[T awsec2.ISubnet](all []T) *[]*string {
	texts := []*string{}
	for _, one := range all {
		texts = append(texts, one.RouteTable().RouteTableId())
	}
	return &texts
}
