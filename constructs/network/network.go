// Package network creates the source account's VPC: private subnets, NAT if it is configured, and the endpoints through which workloads reach
// S3, DynamoDB and STS. It writes no endpoint policies for data: the grants that use an endpoint do.
package network

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/suppress"
)

// Egress is how private subnets reach what has no endpoint in the VPC.
type Egress string

const (
	// NAT is one NAT gateway for all zones: managed, billed by the hour and by the gigabyte.
	NAT Egress = "nat"
	// NATInstance is one small NAT instance for all zones: cheaper, but you patch and monitor it.
	NATInstance Egress = "natInstance"
	// EndpointsOnly is no route to the internet: no NAT and no public subnets.
	EndpointsOnly Egress = "endpoints"
)

// Egresses returns all modes, the default first.
func Egresses() []Egress { return []Egress{NAT, NATInstance, EndpointsOnly} }

// SourceVpcProps configures a [SourceVpc].
type SourceVpcProps struct {
	// AvailabilityZones are the zones of the subnets, such as "ap-northeast-1a": 2 or more. Required, because looking them up
	// needs credentials at synthesis.
	AvailabilityZones []string
	// Egress is how private subnets reach what has no endpoint. Default NAT.
	Egress Egress
	// Isolated adds subnets whose only routes are to the endpoints, whatever Egress is. Default false.
	Isolated bool
	// FlowLogRetention is how long flow logs are kept. Default awslogs.RetentionDays_ONE_MONTH.
	FlowLogRetention awslogs.RetentionDays
	// RemovalPolicy is what happens to the flow logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns all problems with the props, joined, or nil.
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

// SourceVpc is a VPC whose private subnets reach S3, DynamoDB and STS through endpoints.
type SourceVpc struct {
	node     constructs.Construct
	vpc      awsec2.Vpc
	flowLogs awslogs.LogGroup
	private  awsec2.SubnetSelection
	isolated *awsec2.SubnetSelection
	sts      awsec2.InterfaceVpcEndpoint
	s3       awsec2.GatewayVpcEndpoint
	dynamoDB awsec2.GatewayVpcEndpoint
	sessions []awsec2.InterfaceVpcEndpoint
}

// NewSourceVpc creates the VPC, its subnets and endpoints, and flow logs of all its traffic. It declares the availability zones to CDK,
// which it can do only in a stack that has no children yet; in any other stack, call [DeclareZones] first. It panics, with the construct's
// path and all problems, if the props are invalid or the zones cannot be declared.
func NewSourceVpc(scope constructs.Construct, id string, props SourceVpcProps) *SourceVpc {
	zonesProblem := declareZones(awscdk.Stack_Of(scope), props.AvailabilityZones) // before the construct, which is a child of the stack
	node := constructs.NewConstruct(scope, jsii.String(id))
	if err := errors.Join(props.Validate(), zonesProblem); err != nil {
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
		// CDK restricts the default security group by a custom resource: a function with EC2 permissions of its own. Nothing uses that group.
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

// newVpcWithNATInstance creates a VPC whose NAT instance forwards only HTTPS from the VPC. CloudFormation looks up the newest Amazon Linux 2023
// image when it deploys.
// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_NAT_Instance.html
func newVpcWithNATInstance(scope constructs.Construct, props awsec2.VpcProps) awsec2.Vpc {
	provider := awsec2.NatProvider_InstanceV2(&awsec2.NatInstanceProps{
		InstanceType: awsec2.InstanceType_Of(awsec2.InstanceClass_T4G, awsec2.InstanceSize_NANO),
		MachineImage: awsec2.MachineImage_LatestAmazonLinux2023(&awsec2.AmazonLinux2023ImageSsmParameterProps{
			CpuType: awsec2.AmazonLinuxCpuType_ARM_64,
		}),
		DefaultAllowedTraffic: awsec2.NatTrafficDirection_OUTBOUND_ONLY,
		// The public subnets assign no public addresses, and without one the instance cannot reach the internet.
		AssociatePublicIpAddress: jsii.Bool(true),
	})
	props.NatGatewayProvider = provider
	vpc := awsec2.NewVpc(scope, jsii.String("Vpc"), &props)
	for _, instance := range *provider.GatewayInstances() {
		// Set on the instance itself: a launch template would have the same name in every stage.
		instance.Instance().SetMetadataOptions(&awsec2.CfnInstance_MetadataOptionsProperty{HttpTokens: jsii.String("required")})
		instance.Instance().SetBlockDeviceMappings(&[]any{&awsec2.CfnInstance_BlockDeviceMappingProperty{
			DeviceName: jsii.String("/dev/xvda"), Ebs: &awsec2.CfnInstance_EbsProperty{Encrypted: jsii.Bool(true)},
		}})
		suppress.At(instance.Instance(),
			suppress.Rule{ID: "AwsSolutions-EC28", Reason: "Status checks report a stopped instance every minute without detailed monitoring, which costs extra on an instance chosen for its price."},
			suppress.Rule{ID: "AwsSolutions-EC29", Reason: "It holds nothing, and CloudFormation has to terminate it for a newer image and with the stack: protection would make both fail."},
		)
	}
	provider.Connections().AllowFrom(awsec2.Peer_Ipv4(jsii.String(addresses)), awsec2.Port_Tcp(jsii.Number(443)), jsii.String("HTTPS from the VPC"))
	return vpc
}

// addEndpoints adds the endpoints that every workload needs: S3 and DynamoDB for data, STS to assume trusted roles.
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

// newInterfaceEndpoint creates an endpoint with private DNS for the whole VPC. Its security group admits nothing until a caller adds a rule.
func (v *SourceVpc) newInterfaceEndpoint(id string, service awsec2.IInterfaceVpcEndpointService, subnets awsec2.SubnetSelection) awsec2.InterfaceVpcEndpoint {
	return v.vpc.AddInterfaceEndpoint(jsii.String(id), &awsec2.InterfaceVpcEndpointOptions{
		Service: service, Subnets: &subnets,
		PrivateDnsEnabled: jsii.Bool(true),
		Open:              jsii.Bool(false),
		SecurityGroups: &[]awsec2.ISecurityGroup{awsec2.NewSecurityGroup(v.node, jsii.String(id+"SecurityGroup"), &awsec2.SecurityGroupProps{
			Vpc:              v.vpc,
			Description:      jsii.String(id + " endpoint"),
			AllowAllOutbound: jsii.Bool(false), // an endpoint opens no connections
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
	v.flowLogs = awslogs.NewLogGroup(v.node, jsii.String("FlowLogs"), &awslogs.LogGroupProps{Retention: retention, RemovalPolicy: removal})
	v.vpc.AddFlowLog(jsii.String("FlowLog"), &awsec2.FlowLogOptions{
		Destination: awsec2.FlowLogDestination_ToCloudWatchLogs(v.flowLogs, nil),
		TrafficType: awsec2.FlowLogTrafficType_ALL,
	})
}

// Vpc returns the VPC.
func (v *SourceVpc) Vpc() awsec2.IVpc { return v.vpc }

// PrivateSubnets selects the subnets for workloads.
func (v *SourceVpc) PrivateSubnets() *awsec2.SubnetSelection { return &v.private }

// IsolatedSubnets selects the subnets whose only routes are to the endpoints; nil if there are none.
func (v *SourceVpc) IsolatedSubnets() *awsec2.SubnetSelection { return v.isolated }

// STS returns the interface endpoint of the regional STS, with private DNS.
func (v *SourceVpc) STS() awsec2.InterfaceVpcEndpoint { return v.sts }

// S3 returns the gateway endpoint of S3, in the route tables of the private and isolated subnets.
func (v *SourceVpc) S3() awsec2.GatewayVpcEndpoint { return v.s3 }

// DynamoDB returns the gateway endpoint of DynamoDB, in the route tables of the private and isolated subnets.
func (v *SourceVpc) DynamoDB() awsec2.GatewayVpcEndpoint { return v.dynamoDB }

// FlowLogs returns the log group of the flow logs.
func (v *SourceVpc) FlowLogs() awslogs.ILogGroup { return v.flowLogs }

// Node returns the construct's node in the tree.
func (v *SourceVpc) Node() constructs.Node { return v.node.Node() }

// AllowSTSFrom lets a workload of the VPC connect to the STS endpoint, on port 443.
func (v *SourceVpc) AllowSTSFrom(workload awsec2.IConnectable) {
	v.sts.Connections().AllowDefaultPortFrom(workload, jsii.String("HTTPS to STS"))
}

// sessionServices are the services that the SSM Agent of an instance calls for sessions, and the actions it needs there.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html
var sessionServices = []struct {
	id      string
	service func() awsec2.InterfaceVpcEndpointAwsService
	actions []string
}{
	{"SSM", awsec2.InterfaceVpcEndpointAwsService_SSM, []string{"ssm:UpdateInstanceInformation"}},
	{"SSMMessages", awsec2.InterfaceVpcEndpointAwsService_SSM_MESSAGES, []string{
		"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
	}},
}

// SessionActions returns the actions that an instance's role needs so that Session Manager can open a shell on the instance. They support no
// resource but *.
//
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsessionmanagermessagegatewayservice.html
func SessionActions() (all []string) {
	for _, s := range sessionServices {
		all = append(all, s.actions...)
	}
	return all
}

// AllowSessions lets Session Manager reach an instance in the isolated subnets, without SSH and without the internet: it adds the endpoints
// that the SSM Agent needs, with policies that allow only the agent's actions, as the instance's role. It panics if there are no isolated
// subnets, or if it is called twice.
func (v *SourceVpc) AllowSessions(instance awsec2.IConnectable, role awsiam.IRole) {
	switch {
	case v.isolated == nil:
		panic(fmt.Errorf("source VPC %s: AllowSessions: found no isolated subnets, expected Isolated or Egress %q", *v.node.Node().Path(), EndpointsOnly))
	case v.sessions != nil:
		panic(fmt.Errorf("source VPC %s: AllowSessions: found a second instance, expected one", *v.node.Node().Path()))
	}
	for _, s := range sessionServices {
		endpoint := v.newInterfaceEndpoint(s.id, s.service(), *v.isolated)
		endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("InstanceSessions"),
			Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
			Actions:    jsii.Strings(s.actions...), Resources: jsii.Strings("*"),
			Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": *role.RoleArn()}},
		}))
		endpoint.Connections().AllowDefaultPortFrom(instance, jsii.String("HTTPS to "+s.id))
		v.sessions = append(v.sessions, endpoint)
	}
}

// DeclareZones tells CDK the availability zones of a stack's account and region. [NewSourceVpc] does this itself unless something is added
// to the stack before the VPC: then call DeclareZones right after creating the stack. It panics if the stack has children already.
//
// https://docs.aws.amazon.com/cdk/v2/guide/context.html
func DeclareZones(stack awscdk.Stack, zones []string) {
	if err := declareZones(stack, zones); err != nil {
		panic(fmt.Errorf("stack %s:\n%w", *stack.Node().Path(), err))
	}
}

// declareZones sets the zones in the context of the stack, unless they are in its context already or in that of the app. CDK's Vpc asks for
// the stack's zones even if it is given some, and looks them up, with credentials, if the context has none. A stack without an explicit
// account or region has no lookup.
func declareZones(stack awscdk.Stack, zones []string) error {
	if *awscdk.Token_IsUnresolved(stack.Account()) || *awscdk.Token_IsUnresolved(stack.Region()) {
		return nil
	}
	key := jsii.String(fmt.Sprintf("availability-zones:account=%s:region=%s", *stack.Account(), *stack.Region()))
	if stack.Node().TryGetContext(key) != nil {
		return nil
	}
	if len(*stack.Node().Children()) > 0 {
		return fmt.Errorf("availability zones: found stack %s with constructs already, after which CDK accepts no context; expected "+
			"network.DeclareZones(stack, zones) right after the stack is created, or the VPC as its first construct", *stack.Node().Path())
	}
	stack.Node().SetContext(key, zones)
	return nil
}
