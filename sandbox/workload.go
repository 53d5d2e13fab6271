package sandbox

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crossgrant/crossgrant/assembly"
)

// runs are the services that assume the role of what runs as it, by the service in the ARN of that.
var runs = map[string]string{"lambda": "lambda.amazonaws.com", "ec2": "ec2.amazonaws.com"}

// As returns an SDK configuration with which requests are those of a function or an instance, by its ARN: with credentials of its role, from its subnets. The
// caller must call stop.
func (s *Sandbox) As(role, workload string) (config aws.Config, stop func(), err error) {
	parts := strings.SplitN(workload, ":", 6)
	if len(parts) != 6 || runs[parts[2]] == "" {
		return config, nil, fmt.Errorf("found %q, expected the ARN of a function or an instance", workload)
	}
	c, err := s.gateway.Assume(runs[parts[2]], role, workload[strings.LastIndexAny(workload, ":/")+1:])
	if err != nil {
		return config, nil, err
	}
	endpoint, err := s.gateway.From(workload)
	if err != nil {
		return config, nil, err
	}
	return aws.Config{Region: parts[3], BaseEndpoint: aws.String(endpoint.URL()), Credentials: credentials.StaticCredentialsProvider{Value: c}}, endpoint.Close, nil
}

// DeployedAssembly returns what is deployed now as an assembly, with the IDs that the local AWS gave to the resources. It must not be changed.
func (s *Sandbox) DeployedAssembly() *assembly.Assembly { return s.gateway.Deployed() }
