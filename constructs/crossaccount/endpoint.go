package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

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
	// DynamoDBStreams is where the trusted role reads streams: an interface endpoint without private DNS, so that the grantee's code
	// must name its host. A gateway endpoint for DynamoDB does not carry streams.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-streams.html
	DynamoDBStreams EndpointPolicy
	// Others are where the trusted role uses other services, by the prefix of the service's actions: "kms", "sqs",
	// "secretsmanager", or that of a Permission of your own. Default none.
	Others map[string]EndpointPolicy
}

// Validate returns everything that is wrong with the endpoints, or nil.
func (e Endpoints) Validate() error {
	var problems []error
	fields := map[string]string{"sts": "STS", "s3": "S3", "dynamodb": "DynamoDB", streams: "DynamoDBStreams"}
	for _, service := range slices.Sorted(maps.Keys(e.Others)) {
		if field := fields[service]; field != "" {
			problems = append(problems, fmt.Errorf("Endpoints.Others: found %q, expected Endpoints.%s to be set instead", service, field))
		} else if !servicePrefix.MatchString(service) {
			problems = append(problems, fmt.Errorf("Endpoints.Others: found %q, expected the prefix of a service's actions, such as kms", service))
		}
	}
	return errors.Join(problems...)
}

// isZero reports whether no endpoint is set.
func (e Endpoints) isZero() bool {
	return e.STS == nil && e.S3 == nil && e.DynamoDB == nil && e.DynamoDBStreams == nil && len(e.Others) == 0
}

var servicePrefix = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// streams names the endpoint of DynamoDB's streams. Their actions have the prefix of DynamoDB's other ones.
const streams = "dynamodb-streams"

// open adds one statement a service: sts:AssumeRole for the grantees' roles, and what is permitted for whoever asks for it, the trusted
// role or with Direct access the grantees' roles. Roles are named by a condition, since a gateway endpoint takes no role as a
// principal. The conditions of a permission stay with the role's own policy; an endpoint policy only narrows.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
func (e Endpoints) open(id string, granteeARNs []string, g contract.Grant, by *half) {
	callers := granteeARNs
	if g.Access == AssumeRole {
		callers = []string{g.RoleARN}
		if e.STS != nil {
			s := assuming(g)
			pass(e.STS, "sts", id, granteeARNs, s.Actions, s.Resources, nil, by)
		}
	}
	endpoints := e.byService()
	for _, service := range slices.Sorted(maps.Keys(endpoints)) {
		var actions, resources []string
		for _, s := range g.Permissions {
			through := slices.DeleteFunc(slices.Clone(s.Actions), func(action string) bool { return endpointOf(action) != service })
			if len(through) > 0 && !s.ViaAWSService {
				actions = append(actions, through...)
				resources = append(resources, s.Resources...)
			}
		}
		if endpoints[service] != nil && len(actions) > 0 {
			pass(endpoints[service], service, id, callers, sortedUnique(actions), sortedUnique(resources), nil, by)
		}
	}
}

// byService returns the endpoints, but for that of STS, by the service that [endpointOf] returns.
func (e Endpoints) byService() map[string]EndpointPolicy {
	all := map[string]EndpointPolicy{}
	maps.Copy(all, e.Others)
	all["s3"], all["dynamodb"], all[streams] = e.S3, e.DynamoDB, e.DynamoDBStreams
	return all
}

// endpointOf returns the service whose endpoint an action's requests pass.
func endpointOf(action string) string {
	if slices.Contains(streamActions(), action) {
		return streams
	}
	service, _, _ := strings.Cut(action, ":")
	return service
}

// pass lets requests of some roles pass an endpoint, under more conditions if there are any.
func pass(endpoint EndpointPolicy, service, id string, roleARNs, actions, resources []string, more map[string]map[string][]string, by *half) {
	s := awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String(id),
		Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions:    jsii.Strings(actions...),
		Resources:  jsii.Strings(resources...),
		Conditions: conditions(with(more, map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": roleARNs}})),
	})
	if there, ok := endpoint.(*importedEndpoint); ok {
		by.needs(fmt.Sprintf("the policy of the %s endpoint %s", service, there.id), s)
		return
	}
	endpoint.AddToPolicy(s)
	by.closed = append(by.closed, service)
	by.limit(endpoint, "VPC endpoint")
}

// ImportedEndpoint stands for an endpoint that is not of this app, by its id. CloudFormation cannot change its policy from here: the
// statements that it needs are an error, or a warning with StatementsAddedManually.
func ImportedEndpoint(id string) EndpointPolicy { return &importedEndpoint{id} }

type importedEndpoint struct{ id string }

// AddToPolicy does nothing: what an imported endpoint needs is said, not written.
func (*importedEndpoint) AddToPolicy(awsiam.PolicyStatement) {}
