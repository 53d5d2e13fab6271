package crossaccount

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/crossgrant/crossgrant/internal/place"
)

// field is a field of Endpoints, with the service whose endpoint belongs there.
type field struct {
	name, service string
	endpoint      EndpointPolicy
}

// fields are those for one service each.
func (e Endpoints) fields() []field {
	return []field{{"STS", "sts", e.STS}, {"S3", "s3", e.S3}, {"DynamoDB", "dynamodb", e.DynamoDB}, {"DynamoDBStreams", dynamoDBStreams, e.DynamoDBStreams}}
}

// serviceProblems returns which fields have an endpoint that belongs in another one: a grant's statements would close it to its own service.
func (e Endpoints) serviceProblems() (problems []error) {
	fields := e.fields()
	belongs := map[string]string{} // where the endpoint of a field belongs, by the fields' names
	for _, f := range fields {
		service := serviceOf(f.endpoint)
		if i := slices.IndexFunc(fields, func(other field) bool { return other.service == service }); i >= 0 && fields[i].name != f.name {
			belongs[f.name] = fields[i].name
		}
	}
	for _, f := range fields {
		other := belongs[f.name]
		switch {
		case other == "":
		case belongs[other] != f.name:
			problems = append(problems, fmt.Errorf("Endpoints.%s: found the endpoint of %s, expected that of %s: set it as Endpoints.%s", f.name, serviceOf(f.endpoint), f.service, other))
		case f.name < other:
			problems = append(problems, fmt.Errorf("Endpoints: %s and %s are swapped: found the endpoint of %s as Endpoints.%s, and that of %s as Endpoints.%s",
				f.name, other, serviceOf(f.endpoint), f.name, f.service, other))
		}
	}
	return problems
}

// serviceOf is the service of an endpoint of this app, as the end of its name has it: "s3" of com.amazonaws.eu-west-1.s3. "" if it is not known.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
func serviceOf(endpoint EndpointPolicy) string {
	c, ok := endpoint.(constructs.IConstruct)
	if !ok {
		return ""
	}
	name := place.Once(c, "serviceName", func() string {
		made, ok := c.Node().DefaultChild().(awsec2.CfnVPCEndpoint)
		if !ok || made.ServiceName() == nil {
			return ""
		}
		return *made.ServiceName()
	})
	return strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "-fips")
}
