package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
)

// SourceID is the source stack's construct id, by which `cdk deploy` selects it.
const SourceID = "CrossGrant-Source"

// The packages of the functions, as the toolchain takes them in this module.
const (
	listPackage = "./lambda/list"
	scanPackage = "./lambda/scan"
)

// Functions are the packages that the source stack deploys.
func Functions() []string { return []string{listPackage, scanPackage} }

// NewSourceStack creates the network, the functions from their build, and for each function the grant of what it reads in the target stack.
func NewSourceStack(scope constructs.Construct, c Config, build *workload.Build, target *TargetStack) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String(SourceID), &awscdk.StackProps{
		StackName:   jsii.String(c.stackName(SourceID)),
		Description: jsii.String("crossgrant: functions in private subnets that read another account's data"),
		Env:         &awscdk.Environment{Account: jsii.String(c.SourceAccount), Region: jsii.String(c.Region)},
	})
	network.DeclareZones(stack, c.AvailabilityZones)
	vpc := network.NewSourceVpc(stack, "Network", network.SourceVpcProps{
		AvailabilityZones: c.AvailabilityZones,
		Egress:            c.Egress,
		RemovalPolicy:     c.RemovalPolicy.cdk(),
	})
	grant := func(name, pkg, id string, permission crossaccount.Permission) {
		function := workload.NewGoFunction(stack, name, workload.GoFunctionProps{
			Build:         build,
			Package:       pkg,
			FunctionName:  c.name(id),
			RoleName:      contract.RoleName("crossgrant-"+id, c.Stage, c.Region),
			Vpc:           vpc.Vpc(),
			Subnets:       vpc.PrivateSubnets(),
			RemovalPolicy: c.RemovalPolicy.cdk(),
		})
		vpc.Allow(function)
		crossaccount.NewCrossAccountGrant(stack, name+"Grant", crossaccount.CrossAccountGrantProps{
			Name:        "crossgrant-" + id + "-access",
			Stage:       c.Stage,
			Grantees:    []awsiam.IGrantable{function},
			Target:      target.stack,
			Permissions: []crossaccount.Permission{permission},
			Endpoints:   crossaccount.Endpoints{STS: vpc.STS(), S3: vpc.S3(), DynamoDB: vpc.DynamoDB()},
		})
		output(stack, name+"FunctionName", function.Function().FunctionName())
	}
	grant("List", listPackage, "list", crossaccount.ReadBucket(target.bucket, c.Prefixes...))
	grant("Scan", scanPackage, "scan", crossaccount.ReadTable(target.table))
	return stack
}
