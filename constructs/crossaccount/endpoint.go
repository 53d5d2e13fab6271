package crossaccount

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// EndpointPolicy takes statements for the policy of a VPC endpoint. awsec2.GatewayVpcEndpoint and
// awsec2.InterfaceVpcEndpoint are ones.
type EndpointPolicy interface {
	AddToPolicy(statement awsiam.PolicyStatement)
}

// Endpoints are the VPC endpoints that the grantee's requests pass, by service. One that is nil is left alone. An endpoint
// without any statement lets everything pass; the first statement that a grant adds closes it to everything else.
type Endpoints struct {
	// STS is where the grantee assumes the trusted role.
	STS EndpointPolicy
	// S3 is where the trusted role reads and writes objects.
	S3 EndpointPolicy
	// DynamoDB is where the trusted role reads and writes items.
	DynamoDB EndpointPolicy
}

// open adds one statement a service: sts:AssumeRole for the grantee's role, and what is permitted for the trusted role.
// The role is named by a condition, since a gateway endpoint takes no role as a principal. The conditions of a permission stay
// with the role's own policy; an endpoint policy only narrows.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
func (e Endpoints) open(id, granteeARN, roleARN string, statements []contract.Statement) {
	if e.STS != nil {
		e.STS.AddToPolicy(passing(id, granteeARN, []string{"sts:AssumeRole"}, []string{roleARN}))
	}
	for service, endpoint := range map[string]EndpointPolicy{"s3": e.S3, "dynamodb": e.DynamoDB} {
		var actions, resources []string
		for _, s := range statements {
			if s.Service() == service && !s.Indirect {
				actions = append(actions, s.Actions...)
				resources = append(resources, s.Resources...)
			}
		}
		if endpoint != nil && len(actions) > 0 {
			endpoint.AddToPolicy(passing(id, roleARN, sortedUnique(actions), sortedUnique(resources)))
		}
	}
}

// passing returns a statement that lets one role's requests pass an endpoint.
func passing(id, roleARN string, actions, resources []string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String(id),
		Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions:    jsii.Strings(actions...),
		Resources:  jsii.Strings(resources...),
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": roleARN}},
	})
}

func sortedUnique(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
