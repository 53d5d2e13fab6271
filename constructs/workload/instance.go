package workload

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/machineimage"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// LinuxInstanceProps configures a [LinuxInstance].
type LinuxInstanceProps struct {
	// InstanceName is the instance's Name tag, at most 255 letters, digits and " _.:/=+-@". Required.
	InstanceName string
	// RoleName is the name of the instance's role, by which another account can trust it. Required.
	RoleName string
	// Vpc is the VPC of the instance. Required.
	Vpc awsec2.IVpc
	// Subnets are the possible subnets; the instance is in the first one. Default the VPC's private ones.
	Subnets *awsec2.SubnetSelection
	// InstanceType is an instance type with an arm64 processor. Default t4g.micro: 2 vCPUs, 1 GiB.
	InstanceType awsec2.InstanceType
	// VolumeGiB is the size of the volume in GiB, 8 to 16,384. Default 8.
	VolumeGiB int
	// ImageID pins the image: one of Amazon Linux 2023 for arm64, in the stack's region. Another one replaces the instance. Default the newest at
	// each deployment.
	ImageID string
	// SessionActions are the actions that the SSM Agent needs for shell sessions, from network.SessionActions(). Default none: no sessions.
	SessionActions []string
}

var instanceName = nameForm{regexp.MustCompile(`^[\p{L}\p{N} _.:/=+\-@]*$`), 1, 255}

// Validate returns all problems with the props, joined, or nil.
func (p LinuxInstanceProps) Validate() error {
	var problems []error
	if !instanceName.MatchString(p.InstanceName) {
		problems = append(problems, fmt.Errorf("InstanceName: found %q, expected 1 to 255 letters, digits, spaces and _.:/=+-@", p.InstanceName))
	}
	if !contract.IsRoleName(p.RoleName) {
		problems = append(problems, roleNameProblem(p.RoleName))
	}
	if p.Vpc == nil {
		problems = append(problems, errors.New("Vpc: found nil, expected the VPC of the instance"))
	}
	if p.InstanceType != nil && p.InstanceType.Architecture() != awsec2.InstanceArchitecture_ARM_64 {
		problems = append(problems, fmt.Errorf("InstanceType: found %s, expected one with an arm64 processor, such as t4g.micro", *p.InstanceType.ToString()))
	}
	if p.VolumeGiB != 0 && (p.VolumeGiB < 8 || p.VolumeGiB > 16384) {
		problems = append(problems, fmt.Errorf("VolumeGiB: found %d, expected 8 to 16384", p.VolumeGiB))
	}
	return errors.Join(append(problems, machineimage.Problem("ImageID", p.ImageID))...)
}

// LinuxInstance is an EC2 instance with Amazon Linux 2023 on arm64, whose AWS CLI can have profiles that assume trusted roles. It
// requires IMDSv2, its volume is encrypted, and its security group allows no ingress. It is an awsiam.IGrantable with a role of a fixed
// name, so it can be a grantee.
type LinuxInstance struct {
	node     constructs.Construct
	instance awsec2.Instance
	role     awsiam.Role
	// What grants and endpoints ask for, each time.
	principal   awsiam.IPrincipal
	connections awsec2.Connections
	arn         *string // of the role
	config      cliConfig
	// logicalID is the logical ID of the instance without the hash of its configuration.
	logicalID string
}

// NewLinuxInstance creates the instance with its role, instance profile and security group, which allows only HTTPS out. It panics, with the construct's path and all problems, if the props are invalid.
func NewLinuxInstance(scope constructs.Construct, id string, props LinuxInstanceProps) *LinuxInstance {
	validate("instance", scope, id, props)
	if props.InstanceType == nil {
		props.InstanceType = awsec2.InstanceType_Of(awsec2.InstanceClass_T4G, awsec2.InstanceSize_MICRO)
	}
	i := &LinuxInstance{node: place.New(scope, id)}
	i.role = awsiam.NewRole(i.node, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String("Instance " + props.InstanceName),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	group := awsec2.NewSecurityGroup(i.node, jsii.String("SecurityGroup"), &awsec2.SecurityGroupProps{
		Vpc: props.Vpc, Description: jsii.String("Instance " + props.InstanceName), AllowAllOutbound: jsii.Bool(false),
	})
	allowHTTPS(group, place.Stack(i.node))
	i.instance = awsec2.NewInstance(i.node, jsii.String("Instance"), &awsec2.InstanceProps{
		InstanceName: jsii.String(props.InstanceName), InstanceType: props.InstanceType, Role: i.role,
		Vpc: props.Vpc, VpcSubnets: props.Subnets, SecurityGroup: group,
		MachineImage: machineimage.AmazonLinux2023(props.ImageID),
		BlockDevices: &[]*awsec2.BlockDevice{{DeviceName: jsii.String("/dev/xvda"), Volume: awsec2.BlockDeviceVolume_Ebs(jsii.Number(cmp.Or(props.VolumeGiB, 8)), &awsec2.EbsDeviceOptions{
			Encrypted: jsii.Bool(true), VolumeType: awsec2.EbsDeviceVolumeType_GP3,
		})}},
	})
	// Set on the instance itself: a launch template would have the same name in every stage. One hop keeps containers from the role.
	i.instance.Instance().SetMetadataOptions(&awsec2.CfnInstance_MetadataOptionsProperty{
		HttpEndpoint: jsii.String("enabled"), HttpTokens: jsii.String("required"), HttpPutResponseHopLimit: jsii.Number(1),
	})
	suppress.At(i.instance.Instance(),
		suppress.Rule{ID: "AwsSolutions-EC28", Reason: "Its status checks come each minute without detailed monitoring, which costs extra and is for scaling by load."},
		suppress.Rule{ID: "AwsSolutions-EC29", Reason: "It holds nothing that is not made again from the template, and CloudFormation has to replace it for a newer image."},
	)
	i.logicalID = place.Stack(i.node).Resolve(i.instance.Instance().LogicalId()).(string)
	i.principal, i.connections, i.arn = i.role, i.instance.Connections(), place.Once(i.role, "arn", i.role.RoleArn)
	i.allowSessions(props.SessionActions)
	intent.Record(i.node, "Role", contract.Intent{Workload: &contract.Workload{Resource: *place.Once(i.instance, "id", i.instance.InstanceId), Role: *i.arn}})
	return i
}

// allowSessions adds a separate policy, so that the suppressed finding about resource * covers no other statement.
func (i *LinuxInstance) allowSessions(actions []string) {
	if len(actions) == 0 {
		return
	}
	policy := awsiam.NewPolicy(i.role, jsii.String("Sessions"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{i.role},
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("InstanceSessions"), Actions: jsii.Strings(actions...), Resources: jsii.Strings("*"),
		})},
	})
	intent.Record(i.node, "Sessions", contract.Intent{Use: &contract.Use{Role: *i.arn, Statements: []contract.Statement{
		{Sid: "InstanceSessions", Actions: actions, Resources: []string{"*"}},
	}}})
	suppress.At(policy.Node().DefaultChild().(awsiam.CfnPolicy), suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{"Resource::*"}, Reason: "The actions of the SSM Agent for sessions support no resource-level permissions: AWS requires *.",
	})
}

// AddProfile adds a profile to the AWS CLI configuration of the instance's users. With it, the AWS CLI assumes the trusted role of a grant
// from the instance's own role, and renews the session. Another profile replaces a deployed instance. AddProfile panics, with the construct's path and all problems, if a profile cannot
// meet the grant's conditions.
//
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html
func (i *LinuxInstance) AddProfile(name string, grant contract.Grant) {
	if err := i.config.add(name, grant); err != nil {
		panic(fmt.Errorf("instance %s: profile %s: %w", place.Path(i.node), name, err))
	}
	config := i.config.cloudConfig()
	i.instance.Instance().SetUserData(awscdk.Fn_Base64(jsii.String(config)))
	// Only the first boot of an instance reads its user data: with another logical ID, another configuration is another instance.
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
	hash := sha256.Sum256([]byte(config))
	i.instance.Instance().OverrideLogicalId(jsii.String(fmt.Sprintf("%s%X", i.logicalID, hash[:4])))
	intent.Record(i.node, "Profile "+name, contract.Intent{Workload: &contract.Workload{
		Resource: *place.Once(i.instance, "id", i.instance.InstanceId), Role: *i.arn, Grant: grant.ID(), Profile: name,
	}})
}

// Instance returns the EC2 instance.
func (i *LinuxInstance) Instance() awsec2.Instance { return i.instance }

// Role returns the instance's role.
func (i *LinuxInstance) Role() awsiam.IRole { return i.role }

// GrantPrincipal returns the instance's role as principal, which makes the instance an awsiam.IGrantable.
func (i *LinuxInstance) GrantPrincipal() awsiam.IPrincipal { return i.principal }

// Connections returns the instance's security group, which makes the instance an awsec2.IConnectable.
func (i *LinuxInstance) Connections() awsec2.Connections { return i.connections }

// Node returns the construct's node in the tree.
func (i *LinuxInstance) Node() constructs.Node { return i.node.Node() }

// cliConfig is the configuration file of the AWS CLI.
type cliConfig struct {
	text     strings.Builder
	profiles []string // names
}

var profileName = nameForm{regexp.MustCompile(`^[a-zA-Z0-9_.-]*$`), 1, 64}

// add adds a profile. It uses the regional STS, because only that one is served by an STS endpoint of the VPC.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
func (c *cliConfig) add(name string, grant contract.Grant) error {
	var problems []error
	if !profileName.MatchString(name) {
		problems = append(problems, fmt.Errorf("name: found %q, expected 1 to 64 letters, digits and _.-", name))
	}
	if slices.Contains(c.profiles, name) {
		problems = append(problems, fmt.Errorf("name: found %q twice, expected each profile once", name))
	}
	if grant.RoleARN == "" {
		problems = append(problems, errors.New("grant: found Direct access, expected a role to assume; Direct access needs no profile"))
	}
	if grant.Trust.SourceIdentity != "" {
		problems = append(problems, errors.New("grant: found a source identity, which a profile of the AWS CLI cannot set; expected none"))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	c.profiles = append(c.profiles, name)
	line := func(key, value string) { fmt.Fprintf(&c.text, "%s = %s\n", key, value) }
	region := func() {
		line("region", grant.Target.Region)
		line("sts_regional_endpoints", "regional")
	}
	if c.text.Len() == 0 {
		c.text.WriteString("[default]\n")
		region()
	}
	fmt.Fprintf(&c.text, "[profile %s]\n", name)
	line("role_arn", grant.RoleARN)
	line("credential_source", "Ec2InstanceMetadata")
	region()
	if id := grant.Trust.ExternalID; id != "" {
		line("external_id", id)
	}
	if seconds := grant.Trust.SessionSeconds; seconds != 0 {
		line("duration_seconds", fmt.Sprint(seconds))
	}
	return nil
}

// homes are the folders that get the file, with its owner: those of the image's user and of root (by sudo), and the skeleton of the homes of users
// created later, such as Session Manager's ssm-user at its first session. The AWS CLI reads no file for all users, and a shell of Session Manager,
// which is no login shell, reads no file that could name one.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-getting-started-ssm-user-permissions.html
var homes = []struct{ folder, owner string }{
	{"/etc/skel", "root:root"},
	{"/root", "root:root"},
	{"/home/ec2-user", "ec2-user:ec2-user"},
}

// cloudConfig returns the instance's user data. cloud-init writes the files after it has created the users (defer), but creates their
// folders as root, so the last command changes the owner.
// https://docs.cloud-init.io/en/latest/reference/modules.html#write-files
func (c *cliConfig) cloudConfig() string {
	var out strings.Builder
	out.WriteString("#cloud-config\nwrite_files:\n")
	for _, home := range homes {
		fmt.Fprintf(&out, "  - path: %s/.aws/config\n    owner: %s\n    permissions: '0644'\n    defer: true\n    content: |\n", home.folder, home.owner)
		for line := range strings.Lines(c.text.String()) {
			out.WriteString("      " + line)
		}
	}
	out.WriteString("runcmd:\n  - [chown, -R, 'ec2-user:ec2-user', /home/ec2-user/.aws]\n")
	return out.String()
}
