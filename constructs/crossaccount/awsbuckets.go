package crossaccount

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// AWSBuckets are buckets of AWS's that something in a VPC reaches through its S3 endpoint, though nobody there asked for it.
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html
type AWSBuckets string

const (
	// AmazonLinux are the package repositories of Amazon Linux 2023 and 2, read without credentials.
	// https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_owned_resources.md
	AmazonLinux AWSBuckets = "AmazonLinux"
	// SystemsManager are those that the SSM Agent reads, to update itself, run documents and patch. Patch Manager's have ends that differ by
	// region and stay closed.
	// https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html
	SystemsManager AWSBuckets = "SystemsManager"
	// CloudFormationResponses are those that custom resources and wait conditions of the VPC write their answers to, with URLs that
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
// them: one statement for each set, for everybody, since AWS signs these requests itself or nobody does. It panics if a set is not one of
// AllAWSBuckets.
func AllowAWSBuckets(endpoint EndpointPolicy, region string, sets ...AWSBuckets) {
	for _, set := range sets {
		if !slices.Contains(AllAWSBuckets(), set) {
			panic(fmt.Errorf("AllowAWSBuckets: found %q, expected some of %q", set, AllAWSBuckets()))
		}
		var resources []string
		for _, name := range awsBuckets[set].names {
			name = strings.NewReplacer("{region}", region, "{regionword}", strings.ReplaceAll(region, "-", "")).Replace(name)
			resources = append(resources, "arn:"+partition(region)+":s3:::"+name+"/*")
		}
		endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("AWSBuckets" + string(set)),
			Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
			Actions:    jsii.Strings(awsBuckets[set].action),
			Resources:  jsii.Strings(resources...),
		}))
	}
}
