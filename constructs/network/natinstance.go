package network

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/machineimage"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// natTimeout is how long CloudFormation waits for the signal of a NAT instance: its start, and 20 tries to install.
const natTimeout = 15 * time.Minute

// natSetup is the user data of a NAT instance, which runs at its first start. It follows AWS's page, and goes beyond it where that can fail in
// silence: dnf fails while another one runs or cleans its cache, as the SSM Agent's does at the first start, so it is tried again; and the
// outcome is told to CloudFormation, which fails the deployment if it is bad or missing. Only HTTPS is forwarded, from the VPC.
//
// https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-signal.html
// https://github.com/aws/aws-cdk/issues/36717
const natSetup = `#!/bin/bash
set -u
export PATH=$PATH:/opt/aws/bin
install() {
  for attempt in {1..20}; do
    dnf install -y iptables-services aws-cfn-bootstrap && return
    sleep 15
  done
  return 1
}
forward() {
  local interface
  interface=$(ip -o -4 route show default | awk '{print $5; exit}') && test -n "$interface" || return
  cat > /etc/sysconfig/iptables << END || return
*nat
-A POSTROUTING -s BLOCK -o $interface -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT
:FORWARD DROP
:OUTPUT ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A FORWARD -s BLOCK -p tcp --dport 443 -j ACCEPT
COMMIT
END
  systemctl enable iptables && systemctl restart iptables || return
  echo net.ipv4.ip_forward=1 > /etc/sysctl.d/90-nat.conf && sysctl -p /etc/sysctl.d/90-nat.conf
}
install && forward
cfn-signal --exit-code $? `

// addNATInstance creates a NAT instance in a public subnet, and the default routes of private subnets to it. A change of its user data replaces it,
// which its id sees to: user data runs once.
func (v *SourceVpc) addNATInstance(props SourceVpcProps, public awsec2.PublicSubnet, private []awsec2.PrivateSubnet) {
	setup := strings.ReplaceAll(natSetup, "BLOCK", props.cidr())
	hash := sha256.Sum256([]byte(setup))
	group := awsec2.NewSecurityGroup(v.node, jsii.String("NATSecurityGroup"), &awsec2.SecurityGroupProps{
		Vpc: v.vpc, Description: jsii.String("NAT instance"), AllowAllOutbound: jsii.Bool(false),
	})
	group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_HTTPS(), jsii.String("HTTPS to the internet"), nil)
	group.AddIngressRule(awsec2.Peer_Ipv4(jsii.String(props.cidr())), awsec2.Port_HTTPS(), jsii.String("HTTPS from the VPC"), nil)
	v.natInstance = awsec2.NewInstance(v.node, jsii.String("NATInstance"+strings.ToUpper(string(letterOf(props.AvailabilityZones[0])))+hex.EncodeToString(hash[:4])), &awsec2.InstanceProps{
		// dnf runs out of memory in a t4g.nano, which has half as much.
		InstanceType: awsec2.InstanceType_Of(awsec2.InstanceClass_T4G, awsec2.InstanceSize_MICRO),
		MachineImage: machineimage.AmazonLinux2023(props.ImageID),
		Vpc:          v.vpc,
		VpcSubnets: &awsec2.SubnetSelection{
			SubnetType: awsec2.SubnetType_PUBLIC, AvailabilityZones: jsii.Strings(props.AvailabilityZones[0]), // that of public
		},
		SecurityGroup:   group,
		SourceDestCheck: jsii.Bool(false), // it forwards what is neither from it nor to it
		// The public subnets assign no public addresses, and without one the instance cannot reach the internet.
		AssociatePublicIpAddress: jsii.Bool(true),
		ResourceSignalTimeout:    awscdk.Duration_Minutes(jsii.Number(natTimeout.Minutes())),
		BlockDevices: &[]*awsec2.BlockDevice{{DeviceName: jsii.String("/dev/xvda"), Volume: awsec2.BlockDeviceVolume_Ebs(jsii.Number(8), &awsec2.EbsDeviceOptions{
			Encrypted: jsii.Bool(true), VolumeType: awsec2.EbsDeviceVolumeType_GP3,
		})}},
	})
	v.natInstance.Node().AddDependency(public.InternetConnectivityEstablished())
	resource := v.natInstance.Instance()
	// Set on the instance itself: a launch template would have the same name in every stage.
	resource.SetMetadataOptions(&awsec2.CfnInstance_MetadataOptionsProperty{HttpTokens: jsii.String("required"), HttpPutResponseHopLimit: jsii.Number(1)})
	resource.SetUserData(awscdk.Fn_Base64(jsii.String(setup + "--stack " + *awscdk.Aws_STACK_NAME() + " --resource " + *resource.LogicalId() + " --region " + *awscdk.Aws_REGION() + "\n")))
	suppress.At(resource,
		suppress.Rule{ID: "AwsSolutions-EC28", Reason: "Status checks report a stopped instance every minute without detailed monitoring, which costs extra on an instance chosen for its price."},
		suppress.Rule{ID: "AwsSolutions-EC29", Reason: "It holds nothing, and CloudFormation has to terminate it for a newer image and with the stack: protection would make both fail."},
	)
	v.publicAddress = v.natInstance.InstancePublicIp()
	for _, subnet := range private {
		subnet.AddRoute(jsii.String("DefaultRoute"), &awsec2.AddRouteOptions{
			RouterType: awsec2.RouterType_INSTANCE, RouterId: v.natInstance.InstanceId(), EnablesInternetConnectivity: jsii.Bool(true),
		})
	}
}
