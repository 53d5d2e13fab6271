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

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// EndpointPolicy takes statements for the policy of a VPC endpoint. awsec2.GatewayVpcEndpoint and awsec2.InterfaceVpcEndpoint implement it.
type EndpointPolicy interface {
	AddToPolicy(statement awsiam.PolicyStatement)
}

// Endpoints are the VPC endpoints that the grantee's requests pass, by service. The policy of one that is nil is not changed. An endpoint
// without a statement lets every request pass; the first statement that a grant adds closes it to all others.
type Endpoints struct {
	// STS is where the grantee assumes the trusted role.
	STS EndpointPolicy
	// S3 is where the trusted role reads and writes objects.
	S3 EndpointPolicy
	// DynamoDB is where the trusted role reads and writes items.
	DynamoDB EndpointPolicy
	// DynamoDBStreams is where the trusted role reads streams: an interface endpoint without private DNS, so that the grantee's code must
	// use its host name. A gateway endpoint for DynamoDB does not carry streams.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-streams.html
	DynamoDBStreams EndpointPolicy
	// Others are where the trusted role uses other services, by the prefix of the service's actions: "kms", "sqs", "secretsmanager", or that
	// of a Permission of your own. Default none.
	Others map[string]EndpointPolicy
}

// dynamoDBStreams stands for the endpoint of DynamoDB's streams, whose actions have the prefix of DynamoDB's other ones.
const dynamoDBStreams = "dynamodb-streams"

var servicePrefix = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Validate returns everything that is wrong with the endpoints, or nil.
func (e Endpoints) Validate() error {
	var problems []error
	fields := map[string]string{}
	for _, f := range e.fields() {
		fields[f.service] = f.name
	}
	for _, service := range slices.Sorted(maps.Keys(e.Others)) {
		if field := fields[service]; field != "" {
			problems = append(problems, fmt.Errorf("Endpoints.Others: found %q, expected Endpoints.%s to be set instead", service, field))
		} else if !servicePrefix.MatchString(service) {
			problems = append(problems, fmt.Errorf("Endpoints.Others: found %q, expected the prefix of a service's actions, such as kms", service))
		}
	}
	return errors.Join(append(problems, e.serviceProblems()...)...)
}

// isZero reports whether no endpoint is set.
func (e Endpoints) isZero() bool {
	return e.STS == nil && e.S3 == nil && e.DynamoDB == nil && e.DynamoDBStreams == nil && len(e.Others) == 0
}

// byService returns the endpoints, except that of STS, by the service that [endpointOf] returns.
func (e Endpoints) byService() map[string]EndpointPolicy {
	all := map[string]EndpointPolicy{}
	maps.Copy(all, e.Others)
	all["s3"], all["dynamodb"], all[dynamoDBStreams] = e.S3, e.DynamoDB, e.DynamoDBStreams
	return all
}

// endpointOf returns the service whose endpoint an action's requests pass.
func endpointOf(action string) string {
	if slices.Contains(streamActions(), action) {
		return dynamoDBStreams
	}
	service, _, _ := strings.Cut(action, ":")
	return service
}

// allowGrant adds one statement for each service: sts:AssumeRole for the grantees' roles, and what is permitted for the role that requests
// it, the trusted role or, with Direct access, the grantees' roles. Roles are named by a condition, since a gateway endpoint takes no role as
// a principal. The conditions of a permission stay in the role's own policy; an endpoint policy only narrows.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
func (e Endpoints) allowGrant(sid string, granteeARNs []string, g contract.Grant, b *builder) {
	callers := granteeARNs
	if g.Access == AssumeRole {
		callers = []string{g.RoleARN}
		if e.STS != nil {
			allow(e.STS, "sts", sid, granteeARNs, assumeRoleStatement(g), b)
		}
	}
	endpoints := e.byService()
	for _, service := range slices.Sorted(maps.Keys(endpoints)) {
		var all contract.Statement
		for _, s := range g.Permissions {
			through := slices.DeleteFunc(slices.Clone(s.Actions), func(action string) bool { return endpointOf(action) != service })
			if len(through) > 0 && !s.ViaAWSService {
				all.Actions = append(all.Actions, through...)
				all.Resources = append(all.Resources, s.Resources...)
			}
		}
		if endpoints[service] != nil && len(all.Actions) > 0 {
			all.Actions, all.Resources = sortedUnique(all.Actions), sortedUnique(all.Resources)
			allow(endpoints[service], service, sid, callers, all, b)
		}
	}
}

// allowStatement lets the requests of one role that a statement permits pass the endpoints of its actions, with the statement's conditions.
func (e Endpoints) allowStatement(sid, roleARN string, s contract.Statement, b *builder) {
	if s.ViaAWSService {
		return
	}
	actions := map[string][]string{}
	for _, action := range s.Actions {
		actions[endpointOf(action)] = append(actions[endpointOf(action)], action)
	}
	for _, service := range slices.Sorted(maps.Keys(actions)) {
		if endpoint := e.byService()[service]; endpoint != nil {
			s.Actions = actions[service]
			allow(endpoint, service, sid, []string{roleARN}, s, b)
		}
	}
}

// allow lets requests of the roles that a statement permits pass one endpoint.
func allow(endpoint EndpointPolicy, service, sid string, roleARNs []string, s contract.Statement, b *builder) {
	s.Conditions = statement.Merge(s.Conditions, statement.Conditions{"ArnEquals": {"aws:PrincipalArn": roleARNs}})
	written := statement.Allow(sid, []awsiam.IPrincipal{place.Once(b.stack, "everyone", awsiam.NewStarPrincipal)}, s)
	if imported, ok := endpoint.(*importedEndpoint); ok {
		b.cannotWrite(fmt.Sprintf("the policy of the %s endpoint %s", service, imported.id), written)
		return
	}
	endpoint.AddToPolicy(written)
	b.restricted = append(b.restricted, service)
	b.checkSize(endpoint, "VPC endpoint")
}

// ImportedEndpoint stands for an endpoint that is not of this app, by its ID. CloudFormation cannot change its policy from here: each
// statement that it needs is an error, or a warning with StatementsAddedManually.
func ImportedEndpoint(id string) EndpointPolicy { return &importedEndpoint{id} }

type importedEndpoint struct{ id string }

// AddToPolicy does nothing: the statements of an imported endpoint are reported instead.
func (*importedEndpoint) AddToPolicy(awsiam.PolicyStatement) {}

// AWSBuckets are buckets of AWS that resources in a VPC reach through its S3 endpoint although no code of yours requests it.
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html
type AWSBuckets string

const (
	// AmazonLinux are the package repositories of Amazon Linux 2023 and 2, read without credentials.
	// https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_owned_resources.md
	AmazonLinux AWSBuckets = "AmazonLinux"
	// SystemsManager are those that the SSM Agent reads to update itself, run documents and patch. Those of Patch Manager whose names end
	// differently in each region are not included.
	// https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html
	SystemsManager AWSBuckets = "SystemsManager"
	// CloudFormationResponses are those that custom resources and wait conditions in the VPC write their responses to, with URLs that
	// CloudFormation has signed.
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html
	CloudFormationResponses AWSBuckets = "CloudFormationResponses"
	// ContainerImages is the one that the layers of images in Amazon ECR are read from.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
	ContainerImages AWSBuckets = "ContainerImages"
)

// awsBuckets are the names, with {region} and, without hyphens, {regionword}.
var awsBuckets = map[AWSBuckets]struct {
	action string
	names  []string
}{
	AmazonLinux: {"s3:GetObject", []string{"al2023-repos-{region}-de612dc2", "amazonlinux-2-repos-{region}"}},
	SystemsManager: {"s3:GetObject", []string{
		"amazon-ssm-{region}", "amazon-ssm-packages-{region}", "aws-ssm-{region}", "aws-ssm-document-attachments-{region}",
		"aws-windows-downloads-{region}", "patch-baseline-snapshot-{region}", "{region}-birdwatcher-prod",
	}},
	CloudFormationResponses: {"s3:PutObject", []string{"cloudformation-custom-resource-response-{regionword}", "cloudformation-waitcondition-{region}"}},
	ContainerImages:         {"s3:GetObject", []string{"prod-{region}-starport-layer-bucket"}},
}

// AllAWSBuckets are all sets, in alphabetical order.
func AllAWSBuckets() []AWSBuckets {
	return []AWSBuckets{AmazonLinux, CloudFormationResponses, ContainerImages, SystemsManager}
}

// AllowAWSBuckets lets requests for objects in AWS's own buckets pass an S3 endpoint of a region, which the first grant otherwise closes to
// them: one statement for each set, for every principal, since AWS signs these requests itself or nobody does. It panics if a set is not
// one of AllAWSBuckets.
func AllowAWSBuckets(endpoint EndpointPolicy, region string, sets ...AWSBuckets) {
	for _, set := range sets {
		if !slices.Contains(AllAWSBuckets(), set) {
			panic(fmt.Errorf("AllowAWSBuckets: found %q, expected some of %q", set, AllAWSBuckets()))
		}
		var resources []string
		for _, name := range awsBuckets[set].names {
			name = strings.NewReplacer("{region}", region, "{regionword}", strings.ReplaceAll(region, "-", "")).Replace(name)
			resources = append(resources, "arn:"+place.Partition(region)+":s3:::"+name+"/*")
		}
		endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("AWSBuckets" + string(set)),
			Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
			Actions:    jsii.Strings(awsBuckets[set].action),
			Resources:  jsii.Strings(resources...),
		}))
	}
}
