package workload

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// GoFunctionProps configures a [GoFunction].
type GoFunctionProps struct {
	// Build holds the compiled function. Required.
	Build *Build
	// Package is the function's package, as it was given to [Compile]. Required.
	Package string
	// FunctionName is the function's name, at most 64 letters, digits, "-" and "_". Required.
	FunctionName string
	// RoleName is the name of the execution role, which another account trusts. Required.
	RoleName string
	// Vpc is the network that the function runs in. Required.
	Vpc awsec2.IVpc
	// Subnets are the function's subnets. Default the VPC's private ones.
	Subnets *awsec2.SubnetSelection
	// Timeout is the longest invocation, 1 second to 15 minutes, in whole seconds. Default 30 seconds.
	Timeout time.Duration
	// MemoryMiB is the function's memory in MiB, 128 to 10,240. Default 256.
	MemoryMiB int
	// Environment are variables that the function's code reads, beside those of its grants. Default none.
	Environment map[string]string
	// DeadLetters keeps the events of asynchronous invocations that failed to the last retry. Default none: they are lost.
	DeadLetters *DeadLetters
	// LogRetention is how long logs are kept. Default awslogs.RetentionDays_ONE_MONTH.
	LogRetention awslogs.RetentionDays
	// RemovalPolicy is what happens to the logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns everything that is wrong with the props, or nil.
func (p GoFunctionProps) Validate() error {
	var problems []error
	if p.Build == nil {
		problems = append(problems, errors.New("Build: found nil, expected the result of Compile"))
	}
	if p.Package == "" {
		problems = append(problems, errors.New("Package: found nothing, expected one of those that were compiled"))
	}
	if !functionName.MatchString(p.FunctionName) {
		problems = append(problems, fmt.Errorf("FunctionName: found %q, expected 1 to 64 letters, digits, - and _", p.FunctionName))
	}
	if !contract.IsRoleName(p.RoleName) {
		problems = append(problems, fmt.Errorf("RoleName: found %q, expected 1 to 64 letters, digits and -_.+=,@", p.RoleName))
	}
	if p.Vpc == nil {
		problems = append(problems, errors.New("Vpc: found nil, expected the network that the function runs in"))
	}
	if p.Timeout != 0 && (p.Timeout < time.Second || p.Timeout > 15*time.Minute || p.Timeout%time.Second != 0) {
		problems = append(problems, fmt.Errorf("Timeout: found %s, expected whole seconds from 1s to 15m0s", p.Timeout))
	}
	if p.MemoryMiB != 0 && (p.MemoryMiB < 128 || p.MemoryMiB > 10240) {
		problems = append(problems, fmt.Errorf("MemoryMiB: found %d, expected 128 to 10240", p.MemoryMiB))
	}
	return errors.Join(problems...)
}

// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
var functionName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)

// GoFunction is a Lambda function in private subnets, with an execution role of an agreed name, logs that expire and a security
// group that lets only HTTPS out. It is an awsiam.IGrantable and takes environment variables, so it can be a grantee.
type GoFunction struct {
	function    awslambda.Function
	name        string
	timeout     time.Duration
	deadLetters *DeadLetters
}

// NewGoFunction creates the function with its role, log group and security group. It panics, with the construct's path and every
// problem, if the props are invalid or the compiled function cannot be read.
func NewGoFunction(scope constructs.Construct, id string, props GoFunctionProps) *GoFunction {
	node := constructs.NewConstruct(scope, jsii.String(id))
	fail := func(err error) {
		if err != nil {
			panic(fmt.Errorf("function %s:\n%w", *node.Node().Path(), err))
		}
	}
	fail(props.Validate())
	props = props.withDefaults()

	// CDK copies the folder into the assembly while the function is constructed.
	code, err := os.MkdirTemp("", "crossgrant-function-")
	fail(err)
	defer os.RemoveAll(code)
	fail(props.Build.asset(props.Package, code))

	logs := awslogs.NewLogGroup(node, jsii.String("Logs"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/aws/lambda/" + props.FunctionName),
		Retention:     props.LogRetention,
		RemovalPolicy: props.RemovalPolicy,
	})
	group := awsec2.NewSecurityGroup(node, jsii.String("SecurityGroup"), &awsec2.SecurityGroupProps{
		Vpc:              props.Vpc,
		Description:      jsii.String("Function " + props.FunctionName),
		AllowAllOutbound: jsii.Bool(false),
	})
	group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_HTTPS(), jsii.String("HTTPS to AWS"), nil)

	f := &GoFunction{name: props.FunctionName, timeout: props.Timeout, deadLetters: props.DeadLetters}
	f.function = awslambda.NewFunction(node, jsii.String("Function"), &awslambda.FunctionProps{
		FunctionName:   jsii.String(props.FunctionName),
		Runtime:        awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:   props.Build.Architecture.lambda(),
		Handler:        jsii.String("bootstrap"),
		Code:           awslambda.Code_FromAsset(jsii.String(code), nil),
		Role:           executionRole(node, props, logs),
		LogGroup:       logs,
		LoggingFormat:  awslambda.LoggingFormat_JSON,
		Vpc:            props.Vpc,
		VpcSubnets:     props.Subnets,
		SecurityGroups: &[]awsec2.ISecurityGroup{group},
		Timeout:        awscdk.Duration_Seconds(jsii.Number(props.Timeout.Seconds())),
		MemorySize:     jsii.Number(props.MemoryMiB),
		// CDK lets the execution role send to it.
		DeadLetterQueue: props.DeadLetters.queueOrNil(),
	})
	if props.DeadLetters != nil {
		intent.Mark(f.function.Node().DefaultChild().(awslambda.CfnFunction))
	}
	for _, name := range slices.Sorted(maps.Keys(props.Environment)) {
		f.function.AddEnvironment(jsii.String(name), jsii.String(props.Environment[name]), nil)
	}
	return f
}

// Function returns the Lambda function.
func (f *GoFunction) Function() awslambda.Function { return f.function }

// ID returns the construct's id in its scope.
func (f *GoFunction) ID() string { return *f.function.Node().Scope().Node().Id() }

// GrantPrincipal returns the execution role's principal, which makes the function an awsiam.IGrantable.
func (f *GoFunction) GrantPrincipal() awsiam.IPrincipal { return f.function.GrantPrincipal() }

// Connections returns the function's security group, which makes the function an awsec2.IConnectable.
func (f *GoFunction) Connections() awsec2.Connections { return f.function.Connections() }

// Node returns the function's node in the tree.
func (f *GoFunction) Node() constructs.Node { return f.function.Node() }

// AddEnvironment sets an environment variable of the function.
func (f *GoFunction) AddEnvironment(key, value *string, options *awslambda.EnvironmentOptions) awslambda.Function {
	return f.function.AddEnvironment(key, value, options)
}

func (p GoFunctionProps) withDefaults() GoFunctionProps {
	if p.Timeout == 0 {
		p.Timeout = 30 * time.Second
	}
	if p.MemoryMiB == 0 {
		p.MemoryMiB = 256
	}
	if p.LogRetention == "" {
		p.LogRetention = awslogs.RetentionDays_ONE_MONTH
	}
	if p.RemovalPolicy == "" {
		p.RemovalPolicy = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	return p
}

func (a Architecture) lambda() awslambda.Architecture {
	if a == X86_64 {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}

// networkInterfaceActions are what the Lambda service does, as the execution role, to attach a function to a VPC.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
var networkInterfaceActions = []string{
	"ec2:AssignPrivateIpAddresses",
	"ec2:CreateNetworkInterface",
	"ec2:DeleteNetworkInterface",
	"ec2:DescribeNetworkInterfaces",
	"ec2:DescribeSubnets",
	"ec2:UnassignPrivateIpAddresses",
}

// executionRole may write the function's own logs, and lets the Lambda service, but not the function's code, manage network interfaces.
func executionRole(scope constructs.Construct, props GoFunctionProps, logs awslogs.ILogGroup) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String("Execution role of " + props.FunctionName),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	logs.GrantWrite(role)
	attachToVpc(role, functionARN(scope, props.FunctionName))
	return role
}

// attachToVpc is a policy of its own, so that nothing but this is excused for having resource *.
func attachToVpc(role awsiam.Role, function *string) {
	policy := awsiam.NewPolicy(role, jsii.String("NetworkInterfaces"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{role},
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("LambdaNetworkInterfaces"), Actions: jsii.Strings(networkInterfaceActions...), Resources: jsii.Strings("*"),
			}),
			// AWS's own advice: what the service needs, the code must not do. lambda:SourceFunctionArn is present in requests of the code only.
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("NotByFunctionCode"), Effect: awsiam.Effect_DENY, Actions: jsii.Strings(networkInterfaceActions...), Resources: jsii.Strings("*"),
				Conditions: &map[string]any{"ArnEquals": map[string]any{"lambda:SourceFunctionArn": *function}},
			}),
		},
	})
	suppress.At(policy.Node().DefaultChild().(awsiam.CfnPolicy), suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{"Resource::*"},
		Reason: "Lambda asks for these on all resources before it attaches a function, and Describe actions know no resource; the function's code is denied them.",
	})
}

func functionARN(scope constructs.Construct, name string) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("lambda"), Resource: jsii.String("function"), ResourceName: jsii.String(name), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}
