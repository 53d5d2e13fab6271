package workload

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// LinuxInstanceProps configures a [LinuxInstance].
type LinuxInstanceProps struct {
	// InstanceName is the instance's Name tag, at most 255 letters, digits and " _.:/=+-@". Required.
	InstanceName string
	// RoleName is the name of the instance's role, which another account trusts. Required.
	RoleName string
	// Vpc is the network that the instance is in. Required.
	Vpc awsec2.IVpc
	// Subnets are those that it may be in; the first one is taken. Default the VPC's private ones.
	Subnets *awsec2.SubnetSelection
	// InstanceType is its size, of an arm64 processor. Default t4g.micro: 2 processors, 1 GiB.
	InstanceType awsec2.InstanceType
	// VolumeGiB is the size of its disk in GiB, 8 to 16,384. Default 8.
	VolumeGiB int
	// Sessions are the actions by which its agent lets people in without SSH, such as network.SessionActions(). Default none: nobody gets in.
	Sessions []string
}

var instanceName = regexp.MustCompile(`^[\p{L}\p{N} _.:/=+\-@]{1,255}$`)

// Validate returns everything that is wrong with the props, or nil.
func (p LinuxInstanceProps) Validate() error {
	var problems []error
	if !instanceName.MatchString(p.InstanceName) {
		problems = append(problems, fmt.Errorf("InstanceName: found %q, expected 1 to 255 letters, digits and  _.:/=+-@", p.InstanceName))
	}
	if !contract.IsRoleName(p.RoleName) {
		problems = append(problems, fmt.Errorf("RoleName: found %q, expected 1 to 64 letters, digits and -_.+=,@", p.RoleName))
	}
	if p.Vpc == nil {
		problems = append(problems, errors.New("Vpc: found nil, expected the network that the instance is in"))
	}
	if p.InstanceType != nil && p.InstanceType.Architecture() != awsec2.InstanceArchitecture_ARM_64 {
		problems = append(problems, fmt.Errorf("InstanceType: found %s, expected one with an arm64 processor, such as t4g.micro", *p.InstanceType.ToString()))
	}
	if p.VolumeGiB != 0 && (p.VolumeGiB < 8 || p.VolumeGiB > 16384) {
		problems = append(problems, fmt.Errorf("VolumeGiB: found %d, expected 8 to 16384", p.VolumeGiB))
	}
	return errors.Join(problems...)
}

// LinuxInstance is an EC2 instance with Amazon Linux 2023 for arm64, whose AWS command line can be given profiles that assume a trusted
// role by themselves. Its metadata service answers session tokens alone, its disk is encrypted, and nothing gets in from the network. It is an
// awsiam.IGrantable with a role of an agreed name, so it can be a grantee.
type LinuxInstance struct {
	node     constructs.Construct
	instance awsec2.Instance
	role     awsiam.Role
	profiles cliConfig
}

// NewLinuxInstance creates the instance with its role, instance profile and security group, which lets only HTTPS out. The image is the
// newest one when CloudFormation deploys. It panics, with the construct's path and every problem, if the props are invalid.
func NewLinuxInstance(scope constructs.Construct, id string, props LinuxInstanceProps) *LinuxInstance {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("instance %s:\n%w", pathOf(scope, id), err))
	}
	if props.InstanceType == nil {
		props.InstanceType = awsec2.InstanceType_Of(awsec2.InstanceClass_T4G, awsec2.InstanceSize_MICRO)
	}
	if props.VolumeGiB == 0 {
		props.VolumeGiB = 8
	}
	i := &LinuxInstance{node: constructs.NewConstruct(scope, jsii.String(id))}
	i.role = awsiam.NewRole(i.node, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String("Instance " + props.InstanceName),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	group := awsec2.NewSecurityGroup(i.node, jsii.String("SecurityGroup"), &awsec2.SecurityGroupProps{
		Vpc: props.Vpc, Description: jsii.String("Instance " + props.InstanceName), AllowAllOutbound: jsii.Bool(false),
	})
	group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_HTTPS(), jsii.String("HTTPS to AWS"), nil)
	i.instance = awsec2.NewInstance(i.node, jsii.String("Instance"), &awsec2.InstanceProps{
		InstanceName: jsii.String(props.InstanceName), InstanceType: props.InstanceType, Role: i.role,
		Vpc: props.Vpc, VpcSubnets: props.Subnets, SecurityGroup: group,
		MachineImage: awsec2.MachineImage_LatestAmazonLinux2023(&awsec2.AmazonLinux2023ImageSsmParameterProps{CpuType: awsec2.AmazonLinuxCpuType_ARM_64}),
		BlockDevices: &[]*awsec2.BlockDevice{{DeviceName: jsii.String("/dev/xvda"), Volume: awsec2.BlockDeviceVolume_Ebs(jsii.Number(props.VolumeGiB), &awsec2.EbsDeviceOptions{
			Encrypted: jsii.Bool(true), VolumeType: awsec2.EbsDeviceVolumeType_GP3,
		})}},
	})
	// On the instance itself: a launch template would have a name, the same in every stage. One hop is the instance, not a container on it.
	i.instance.Instance().SetMetadataOptions(&awsec2.CfnInstance_MetadataOptionsProperty{
		HttpEndpoint: jsii.String("enabled"), HttpTokens: jsii.String("required"), HttpPutResponseHopLimit: jsii.Number(1),
	})
	suppress.At(i.instance.Instance(),
		suppress.Rule{ID: "AwsSolutions-EC28", Reason: "Its status checks come each minute without detailed monitoring, which costs extra and is for scaling by load."},
		suppress.Rule{ID: "AwsSolutions-EC29", Reason: "It holds nothing that is not made again from the template, and CloudFormation has to replace it for a newer image."},
	)
	i.letIn(props.Sessions)
	return i
}

// letIn is a policy of its own, so that nothing but this is excused for having resource *.
func (i *LinuxInstance) letIn(actions []string) {
	if len(actions) == 0 {
		return
	}
	policy := awsiam.NewPolicy(i.role, jsii.String("Sessions"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{i.role},
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("InstanceSessions"), Actions: jsii.Strings(actions...), Resources: jsii.Strings("*"),
		})},
	})
	intent.Mark(policy.Node().DefaultChild().(awsiam.CfnPolicy))
	suppress.At(policy.Node().DefaultChild().(awsiam.CfnPolicy), suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{"Resource::*"}, Reason: "What the SSM Agent does for sessions knows no resource: AWS takes * alone.",
	})
}

// AddProfile gives the AWS command line of the instance's users a profile that assumes the trusted role of a grant, from the instance's own
// role, and again before it expires. It panics, with the construct's path and the problem, if a profile cannot do what the grant asks for.
//
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html
func (i *LinuxInstance) AddProfile(name string, grant contract.Grant) {
	if err := i.profiles.add(name, grant); err != nil {
		panic(fmt.Errorf("instance %s: profile %s: %w", *i.node.Node().Path(), name, err))
	}
	i.instance.Instance().SetUserData(awscdk.Fn_Base64(jsii.String(i.profiles.cloudConfig())))
}

// Instance returns the EC2 instance.
func (i *LinuxInstance) Instance() awsec2.Instance { return i.instance }

// Role returns the instance's role.
func (i *LinuxInstance) Role() awsiam.IRole { return i.role }

// GrantPrincipal returns the instance's role as principal, which makes the instance an awsiam.IGrantable.
func (i *LinuxInstance) GrantPrincipal() awsiam.IPrincipal { return i.role.GrantPrincipal() }

// Connections returns the instance's security group, which makes the instance an awsec2.IConnectable.
func (i *LinuxInstance) Connections() awsec2.Connections { return i.instance.Connections() }

// Node returns the construct's node in the tree.
func (i *LinuxInstance) Node() constructs.Node { return i.node.Node() }
