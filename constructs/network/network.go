// Package network is the source account's VPC: private subnets, a way out if one is wanted, and the endpoints by which a
// workload reaches S3, DynamoDB and STS. It writes no endpoint policy: an endpoint's grants do.
package network

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/suppress"
)

// Egress is how private subnets reach what has no endpoint in the VPC.
type Egress string

const (
	// NAT is one NAT gateway for all zones: managed, paid by the hour and by the gigabyte.
	NAT Egress = "nat"
	// NATInstance is one small NAT instance for all zones: cheaper, patched and watched by its owner.
	NATInstance Egress = "natInstance"
	// EndpointsOnly is no way out at all: no NAT and no public subnet.
	EndpointsOnly Egress = "endpoints"
)

// Egresses are all modes, the default first.
func Egresses() []Egress { return []Egress{NAT, NATInstance, EndpointsOnly} }

// SourceVpcProps configures a [SourceVpc].
type SourceVpcProps struct {
	// AvailabilityZones are the zones to lay subnets in, such as "ap-northeast-1a": 2 or more. Required, since looking them up
	// would take credentials at synthesis.
	AvailabilityZones []string
	// Egress is how private subnets reach what has no endpoint. Default NAT.
	Egress Egress
	// Isolated adds subnets that have no way out but the endpoints, whatever Egress is. Default false.
	Isolated bool
	// FlowLogRetention is how long flow logs are kept. Default awslogs.RetentionDays_ONE_MONTH.
	FlowLogRetention awslogs.RetentionDays
	// RemovalPolicy is what happens to the flow logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns everything that is wrong with the props, or nil.
func (p SourceVpcProps) Validate() error {
	var problems []error
	if zones := slices.Compact(slices.Sorted(slices.Values(p.AvailabilityZones))); len(zones) < 2 || len(zones) != len(p.AvailabilityZones) {
		problems = append(problems, fmt.Errorf("AvailabilityZones: found %q, expected 2 or more, each once", p.AvailabilityZones))
	}
	if p.Egress != "" && !slices.Contains(Egresses(), p.Egress) {
		problems = append(problems, fmt.Errorf("Egress: found %q, expected one of %q", p.Egress, Egresses()))
	}
	return errors.Join(problems...)
}

// SourceVpc is a VPC whose private subnets reach S3, DynamoDB and STS by endpoints.
type SourceVpc struct {
	node     constructs.Construct
	vpc      awsec2.Vpc
	private  awsec2.SubnetSelection
	isolated *awsec2.SubnetSelection
	sts      awsec2.InterfaceVpcEndpoint
	s3       awsec2.GatewayVpcEndpoint
	dynamoDB awsec2.GatewayVpcEndpoint
	sessions []awsec2.InterfaceVpcEndpoint
}

// NewSourceVpc creates the VPC, its subnets and endpoints, and flow logs of all its traffic. It panics, with the construct's
// path and every problem, if the props are invalid.
func NewSourceVpc(scope constructs.Construct, id string, props SourceVpcProps) *SourceVpc {
	node := constructs.NewConstruct(scope, jsii.String(id))
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("source VPC %s:\n%w", *node.Node().Path(), err))
	}
	v := &SourceVpc{node: node}
	v.vpc = newVpc(node, props)
	v.private = awsec2.SubnetSelection{SubnetGroupName: jsii.String(privateSubnets)}
	switch {
	case props.Egress == EndpointsOnly:
		v.isolated = &v.private
	case props.Isolated:
		v.isolated = &awsec2.SubnetSelection{SubnetGroupName: jsii.String(isolatedSubnets)}
	}
	v.addEndpoints()
	v.addFlowLog(props)
	return v
}

const (
	addresses       = "10.0.0.0/16"
	publicSubnets   = "Public"
	privateSubnets  = "Private"
	isolatedSubnets = "Isolated"
)

func newVpc(scope constructs.Construct, props SourceVpcProps) awsec2.Vpc {
	private := awsec2.SubnetConfiguration{
		Name: jsii.String(privateSubnets), SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS, CidrMask: jsii.Number(24),
	}
	public := awsec2.SubnetConfiguration{
		Name: jsii.String(publicSubnets), SubnetType: awsec2.SubnetType_PUBLIC, CidrMask: jsii.Number(28),
		MapPublicIpOnLaunch: jsii.Bool(false),
	}
	vpc := awsec2.VpcProps{
		IpAddresses:         awsec2.IpAddresses_Cidr(jsii.String(addresses)),
		AvailabilityZones:   jsii.Strings(props.AvailabilityZones...),
		NatGateways:         jsii.Number(1),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{&private, &public},
		// Closing the default security group takes a custom resource, with a function and EC2 rights of its own. Nothing is ever put into that group.
		RestrictDefaultSecurityGroup: jsii.Bool(false),
	}
	if props.Isolated && props.Egress != EndpointsOnly {
		*vpc.SubnetConfiguration = append(*vpc.SubnetConfiguration, &awsec2.SubnetConfiguration{
			Name: jsii.String(isolatedSubnets), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED, CidrMask: jsii.Number(26),
		})
	}
	switch props.Egress {
	case EndpointsOnly:
		private.SubnetType = awsec2.SubnetType_PRIVATE_ISOLATED
		vpc.SubnetConfiguration = &[]*awsec2.SubnetConfiguration{&private}
		vpc.NatGateways = nil
	case NATInstance:
		return newVpcWithNATInstance(scope, vpc)
	}
	return awsec2.NewVpc(scope, jsii.String("Vpc"), &vpc)
}

// newVpcWithNATInstance lets only HTTPS from inside the VPC through the instance; the image is the newest Amazon Linux 2023, found by
// CloudFormation when it deploys.
// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_NAT_Instance.html
func newVpcWithNATInstance(scope constructs.Construct, props awsec2.VpcProps) awsec2.Vpc {
	provider := awsec2.NatProvider_InstanceV2(&awsec2.NatInstanceProps{
		InstanceType: awsec2.InstanceType_Of(awsec2.InstanceClass_T4G, awsec2.InstanceSize_NANO),
		MachineImage: awsec2.MachineImage_LatestAmazonLinux2023(&awsec2.AmazonLinux2023ImageSsmParameterProps{
			CpuType: awsec2.AmazonLinuxCpuType_ARM_64,
		}),
		DefaultAllowedTraffic: awsec2.NatTrafficDirection_OUTBOUND_ONLY,
		// The public subnets give out no addresses by themselves, and without one the instance could not reach the internet.
		AssociatePublicIpAddress: jsii.Bool(true),
	})
	props.NatGatewayProvider = provider
	vpc := awsec2.NewVpc(scope, jsii.String("Vpc"), &props)
	for _, instance := range *provider.GatewayInstances() {
		// On the instance itself: a launch template would have a name, the same in every stage.
		instance.Instance().SetMetadataOptions(&awsec2.CfnInstance_MetadataOptionsProperty{HttpTokens: jsii.String("required")})
		instance.Instance().SetBlockDeviceMappings(&[]any{&awsec2.CfnInstance_BlockDeviceMappingProperty{
			DeviceName: jsii.String("/dev/xvda"), Ebs: &awsec2.CfnInstance_EbsProperty{Encrypted: jsii.Bool(true)},
		}})
		suppress.At(instance.Instance(),
			suppress.Rule{ID: "AwsSolutions-EC28", Reason: "What tells that it stopped, its status checks, comes each minute without detailed monitoring, which costs extra where the price was the point."},
			suppress.Rule{ID: "AwsSolutions-EC29", Reason: "It holds nothing, and CloudFormation has to terminate it for a newer image and with the stack: protection would make both fail."},
		)
	}
	provider.Connections().AllowFrom(awsec2.Peer_Ipv4(jsii.String(addresses)), awsec2.Port_Tcp(jsii.Number(443)), jsii.String("HTTPS from the VPC"))
	return vpc
}

func (v *SourceVpc) addEndpoints() {
	subnets := []*awsec2.SubnetSelection{&v.private}
	if v.isolated != nil && v.isolated != &v.private {
		subnets = append(subnets, v.isolated)
	}
	v.s3 = v.vpc.AddGatewayEndpoint(jsii.String("S3"), &awsec2.GatewayVpcEndpointOptions{
		Service: awsec2.GatewayVpcEndpointAwsService_S3(), Subnets: &subnets,
	})
	v.dynamoDB = v.vpc.AddGatewayEndpoint(jsii.String("DynamoDB"), &awsec2.GatewayVpcEndpointOptions{
		Service: awsec2.GatewayVpcEndpointAwsService_DYNAMODB(), Subnets: &subnets,
	})
	v.sts = v.newInterfaceEndpoint("STS", awsec2.InterfaceVpcEndpointAwsService_STS(), v.private)
}

// newInterfaceEndpoint has private DNS for the whole VPC; its security group is open to those alone that are let in later.
func (v *SourceVpc) newInterfaceEndpoint(id string, service awsec2.IInterfaceVpcEndpointService, subnets awsec2.SubnetSelection) awsec2.InterfaceVpcEndpoint {
	return v.vpc.AddInterfaceEndpoint(jsii.String(id), &awsec2.InterfaceVpcEndpointOptions{
		Service: service, Subnets: &subnets,
		PrivateDnsEnabled: jsii.Bool(true),
		Open:              jsii.Bool(false),
		SecurityGroups: &[]awsec2.ISecurityGroup{awsec2.NewSecurityGroup(v.node, jsii.String(id+"SecurityGroup"), &awsec2.SecurityGroupProps{
			Vpc:              v.vpc,
			Description:      jsii.String(id + " endpoint"),
			AllowAllOutbound: jsii.Bool(false), // an endpoint answers and never calls
		})},
	})
}

func (v *SourceVpc) addFlowLog(props SourceVpcProps) {
	retention := props.FlowLogRetention
	if retention == "" {
		retention = awslogs.RetentionDays_ONE_MONTH
	}
	removal := props.RemovalPolicy
	if removal == "" {
		removal = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	group := awslogs.NewLogGroup(v.node, jsii.String("FlowLogs"), &awslogs.LogGroupProps{Retention: retention, RemovalPolicy: removal})
	v.vpc.AddFlowLog(jsii.String("FlowLog"), &awsec2.FlowLogOptions{
		Destination: awsec2.FlowLogDestination_ToCloudWatchLogs(group, nil),
		TrafficType: awsec2.FlowLogTrafficType_ALL,
	})
}

// Allow opens the STS endpoint's security group, port 443, to a workload of the VPC.
func (v *SourceVpc) Allow(workload awsec2.IConnectable) {
	v.sts.Connections().AllowDefaultPortFrom(workload, jsii.String("HTTPS to STS"))
}

// Vpc returns the VPC.
func (v *SourceVpc) Vpc() awsec2.IVpc { return v.vpc }

// PrivateSubnets selects the subnets that workloads belong in.
func (v *SourceVpc) PrivateSubnets() *awsec2.SubnetSelection { return &v.private }

// IsolatedSubnets selects the subnets that have no way out but the endpoints; nil if there are none.
func (v *SourceVpc) IsolatedSubnets() *awsec2.SubnetSelection { return v.isolated }

// STS returns the interface endpoint of the regional STS; it has private DNS.
func (v *SourceVpc) STS() awsec2.InterfaceVpcEndpoint { return v.sts }

// S3 returns the gateway endpoint of S3, on the private subnets' route tables.
func (v *SourceVpc) S3() awsec2.GatewayVpcEndpoint { return v.s3 }

// DynamoDB returns the gateway endpoint of DynamoDB, on the private subnets' route tables.
func (v *SourceVpc) DynamoDB() awsec2.GatewayVpcEndpoint { return v.dynamoDB }

// Node returns the construct's node in the tree.
func (v *SourceVpc) Node() constructs.Node { return v.node.Node() }
