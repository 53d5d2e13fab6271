package network

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
)

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
	roleARN, connections := *place.Once(role, "arn", role.RoleArn), instance.Connections()
	for _, s := range sessionServices {
		endpoint := v.newInterfaceEndpoint(s.id, s.service(), *v.isolated)
		endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("InstanceSessions"),
			Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
			Actions:    jsii.Strings(s.actions...), Resources: jsii.Strings("*"),
			Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": roleARN}},
		}))
		endpoint.Connections().AllowDefaultPortFrom(connections, jsii.String("HTTPS to "+s.id))
		v.sessions = append(v.sessions, endpoint)
	}
}
