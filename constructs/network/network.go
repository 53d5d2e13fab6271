// Package network creates the source account's VPC: private subnets, NAT if it is configured, and the endpoints through which workloads reach
// S3, DynamoDB and STS. It writes no endpoint policies for data: the grants that use an endpoint do.
package network

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/machineimage"
	"github.com/crossgrant/crossgrant/internal/place"
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
	// AvailabilityZones are the zones of the subnets, such as "ap-northeast-1a": 2 or more of one region; local zones are not supported.
	// Zones can be added and removed later: the subnets of the others stay as they are. The NAT is in the first zone; another first zone
	// replaces it, with its public address. Required, because looking them up needs credentials at synthesis.
	AvailabilityZones []string
	// CIDR is the VPC's IPv4 block: private addresses (RFC 1918, or 100.64.0.0/10), a size between /16 and /20. Each zone has a fixed part of
	// it by its letter. Another block replaces the VPC. Default "10.0.0.0/16".
	CIDR string
	// Egress is how private subnets reach what has no endpoint. Default NAT.
	Egress Egress
	// Isolated adds subnets whose only routes are to the endpoints, whatever Egress is. Default false.
	Isolated bool
	// ImageID pins the image of a NAT instance: one of Amazon Linux 2023 for arm64, in the stack's region. Another one replaces the instance, with
	// its public address. Default the newest at each deployment.
	ImageID string
	// FlowLogRetention is how long flow logs are kept. Default awslogs.RetentionDays_ONE_MONTH.
	FlowLogRetention awslogs.RetentionDays
	// RemovalPolicy is what happens to the flow logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns all problems with the props, joined, or nil.
func (p SourceVpcProps) Validate() error {
	problems := []error{zonesProblem(p.AvailabilityZones)}
	if !IsCIDR(p.cidr()) {
		problems = append(problems, fmt.Errorf("CIDR: found %q, expected an IPv4 block of private addresses between /16 and /20, such as %s", p.CIDR, defaultCIDR))
	}
	if p.Egress != "" && !slices.Contains(Egresses(), p.Egress) {
		problems = append(problems, fmt.Errorf("Egress: found %q, expected one of %q", p.Egress, Egresses()))
	}
	return errors.Join(append(problems, machineimage.Problem("ImageID", p.ImageID))...)
}

// cidr returns the VPC's block as text.
func (p SourceVpcProps) cidr() string { return cmp.Or(p.CIDR, defaultCIDR) }

// SourceVpc is a VPC whose private subnets reach S3, DynamoDB and STS through endpoints.
type SourceVpc struct {
	node          constructs.Construct
	vpc           awsec2.IVpc
	flowLogs      awslogs.LogGroup
	private       awsec2.SubnetSelection
	isolated      *awsec2.SubnetSelection
	natInstance   awsec2.Instance
	publicAddress *string
	sts           awsec2.InterfaceVpcEndpoint
	s3, dynamoDB  awsec2.GatewayVpcEndpoint
	sessions      []awsec2.InterfaceVpcEndpoint
}

// NewSourceVpc creates the VPC, its subnets, and flow logs of all its traffic. Endpoints are created when they are first asked for. It
// declares the availability zones to CDK, which it can do only in a stack that has no children yet; in any other stack, call [DeclareZones]
// first. It panics, with the construct's path and all problems, if the props are invalid or the zones cannot be declared.
func NewSourceVpc(scope constructs.Construct, id string, props SourceVpcProps) *SourceVpc {
	zonesProblem := declareZones(place.Stack(scope), props.AvailabilityZones) // before the construct, which is a child of the stack
	node := place.New(scope, id)
	if err := errors.Join(props.Validate(), zonesProblem); err != nil {
		panic(fmt.Errorf("source VPC %s:\n%w", *node.Node().Path(), err))
	}
	v := &SourceVpc{node: node}
	v.addSubnets(props)
	v.addFlowLog(props)
	return v
}

// addFlowLog adds flow logs of all traffic, written as a role that only VPC Flow Logs of this account and region can assume.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func (v *SourceVpc) addFlowLog(props SourceVpcProps) {
	v.flowLogs = awslogs.NewLogGroup(v.node, jsii.String("FlowLogs"), &awslogs.LogGroupProps{
		Retention:     cmp.Or(props.FlowLogRetention, awslogs.RetentionDays_ONE_MONTH),
		RemovalPolicy: cmp.Or(props.RemovalPolicy, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE),
	})
	stack := place.Stack(v.node)
	role := awsiam.NewRole(v.node, jsii.String("FlowLogsRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("vpc-flow-logs.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{
				"StringEquals": map[string]any{"aws:SourceAccount": place.Account(stack)},
				"ArnLike":      map[string]any{"aws:SourceArn": place.ARN(stack, "ec2", "vpc-flow-log/*")}, // AWS generates the ID
			},
		}),
	})
	awsec2.NewFlowLog(v.node, jsii.String("FlowLog"), &awsec2.FlowLogProps{
		ResourceType: awsec2.FlowLogResourceType_FromVpc(v.vpc),
		Destination:  awsec2.FlowLogDestination_ToCloudWatchLogs(v.flowLogs, role),
		TrafficType:  awsec2.FlowLogTrafficType_ALL,
	})
}

// Vpc returns the VPC.
func (v *SourceVpc) Vpc() awsec2.IVpc { return v.vpc }

// PrivateSubnets selects the subnets for workloads.
func (v *SourceVpc) PrivateSubnets() *awsec2.SubnetSelection { return &v.private }

// IsolatedSubnets selects the subnets whose only routes are to the endpoints; nil if there are none.
func (v *SourceVpc) IsolatedSubnets() *awsec2.SubnetSelection { return v.isolated }

// NATInstance returns the NAT instance; nil unless Egress is NATInstance.
func (v *SourceVpc) NATInstance() awsec2.Instance { return v.natInstance }

// PublicAddress returns the public IPv4 address from which requests to the internet come; nil if Egress is EndpointsOnly.
func (v *SourceVpc) PublicAddress() *string { return v.publicAddress }

// FlowLogs returns the log group of the flow logs.
func (v *SourceVpc) FlowLogs() awslogs.ILogGroup { return v.flowLogs }

// Node returns the construct's node in the tree.
func (v *SourceVpc) Node() constructs.Node { return v.node.Node() }
