package network

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
)

// STS returns the interface endpoint of the regional STS, with private DNS. Each of its zones is charged by the hour. The first call creates it.
// It denies everything unless a grant, or you, add statements to its policy.
func (v *SourceVpc) STS() awsec2.InterfaceVpcEndpoint {
	if v.sts == nil {
		v.sts = v.newInterfaceEndpoint("STS", awsec2.InterfaceVpcEndpointAwsService_STS(), v.private)
		closeByDefault(v.sts)
	}
	return v.sts
}

// S3 returns the gateway endpoint of S3, in the route tables of the private and isolated subnets. The first call creates it. It denies everything
// unless a grant, or you, add statements to its policy.
func (v *SourceVpc) S3() awsec2.GatewayVpcEndpoint {
	if v.s3 == nil {
		v.s3 = v.newGatewayEndpoint("S3", awsec2.GatewayVpcEndpointAwsService_S3())
	}
	return v.s3
}

// DynamoDB returns the gateway endpoint of DynamoDB, in the route tables of the private and isolated subnets. The first call creates it. It denies
// everything unless a grant, or you, add statements to its policy.
func (v *SourceVpc) DynamoDB() awsec2.GatewayVpcEndpoint {
	if v.dynamoDB == nil {
		v.dynamoDB = v.newGatewayEndpoint("DynamoDB", awsec2.GatewayVpcEndpointAwsService_DYNAMODB())
	}
	return v.dynamoDB
}

// AllowSTSFrom lets a workload of the VPC connect to the STS endpoint, on port 443.
func (v *SourceVpc) AllowSTSFrom(workload awsec2.IConnectable) {
	v.STS()
	place.Once(v.sts, "connections", v.sts.Connections).AllowDefaultPortFrom(workload.Connections(), jsii.String("HTTPS to STS"))
}

// AllowCallerIdentity lets roles ask the STS endpoint who they are (`aws sts get-caller-identity`), which takes no permission but passage.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (v *SourceVpc) AllowCallerIdentity(roleARNs ...string) {
	v.STS().AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("CallerIdentity"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions:    jsii.Strings("sts:GetCallerIdentity"), Resources: jsii.Strings("*"),
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": roleARNs}},
	}))
}

// newGatewayEndpoint creates an endpoint for the private and the isolated subnets.
func (v *SourceVpc) newGatewayEndpoint(id string, service awsec2.IGatewayVpcEndpointService) awsec2.GatewayVpcEndpoint {
	subnets := []*awsec2.SubnetSelection{&v.private}
	if v.isolated != nil && v.isolated != &v.private {
		subnets = append(subnets, v.isolated)
	}
	endpoint := awsec2.NewGatewayVpcEndpoint(v.node, jsii.String(id), &awsec2.GatewayVpcEndpointProps{Vpc: v.vpc, Service: service, Subnets: &subnets})
	closeByDefault(endpoint)
	return endpoint
}

// newInterfaceEndpoint creates an endpoint with private DNS for the whole VPC. Its security group admits nothing until a caller adds a rule.
func (v *SourceVpc) newInterfaceEndpoint(id string, service awsec2.IInterfaceVpcEndpointService, subnets awsec2.SubnetSelection) awsec2.InterfaceVpcEndpoint {
	return awsec2.NewInterfaceVpcEndpoint(v.node, jsii.String(id), &awsec2.InterfaceVpcEndpointProps{
		Vpc: v.vpc, Service: service, Subnets: &subnets,
		PrivateDnsEnabled: jsii.Bool(true),
		Open:              jsii.Bool(false),
		SecurityGroups: &[]awsec2.ISecurityGroup{awsec2.NewSecurityGroup(v.node, jsii.String(id+"SecurityGroup"), &awsec2.SecurityGroupProps{
			Vpc:              v.vpc,
			Description:      jsii.String(id + " endpoint"),
			AllowAllOutbound: jsii.Bool(false), // an endpoint opens no connections
		})},
	})
}

// policyEndpoint is an endpoint of either kind.
type policyEndpoint interface {
	constructs.IConstruct
	AddToPolicy(awsiam.PolicyStatement)
	PolicyDocument() awsiam.PolicyDocument
}

// closeByDefault closes an endpoint that has no statement once the app is complete: AWS's default policy allows everyone everything.
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#default-endpoint-policy
func closeByDefault(e policyEndpoint) {
	awscdk.Aspects_Of(e).Add(&closing{e}, nil)
}

// closing is the aspect of closeByDefault.
type closing struct{ endpoint policyEndpoint }

// Visit adds the statement to the endpoint itself, when its turn comes among its children.
func (c *closing) Visit(node constructs.IConstruct) {
	resource, ok := node.(awsec2.CfnVPCEndpoint)
	if !ok || c.endpoint.PolicyDocument() != nil || place.Stack(c.endpoint).Resolve(resource.PolicyDocument()) != nil {
		return
	}
	c.endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("NoGrant"), Effect: awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, Actions: jsii.Strings("*"), Resources: jsii.Strings("*"),
	}))
}
