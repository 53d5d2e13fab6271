package workload

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// GoFunctionProps configures a [GoFunction].
type GoFunctionProps struct {
	// Build holds the compiled function. Required.
	Build *Build
	// Package is the function's package, as given to [Compile]. Required.
	Package string
	// FunctionName is the function's name, at most 64 letters, digits, "-" and "_". Required.
	FunctionName string
	// RoleName is the name of the execution role, by which another account can trust it. Required.
	RoleName string
	// Vpc is the VPC that the function runs in. Required.
	Vpc awsec2.IVpc
	// Subnets are the function's subnets. Default the VPC's private ones.
	Subnets *awsec2.SubnetSelection
	// Timeout is the longest invocation, 1 second to 15 minutes, in whole seconds. Default 30 seconds.
	Timeout time.Duration
	// MemoryMiB is the function's memory in MiB, 128 to 10,240. Default 256.
	MemoryMiB int
	// Environment are variables for the function's code, in addition to those of its grants. Default none.
	Environment map[string]string
	// DeadLetterQueue gets the events of asynchronous invocations whose retries all failed. Default none: these events are lost.
	DeadLetterQueue *DeadLetterQueue
	// AnswersFailures says that the code answers failures with an HTTP status instead of failing, and writes one JSON line per invocation to its
	// log, with the status as the number "status". [FunctionAlarms] then has alarms for these answers. Default false.
	AnswersFailures bool
	// LogRetention is how long logs are kept. Default awslogs.RetentionDays_ONE_MONTH.
	LogRetention awslogs.RetentionDays
	// RemovalPolicy is what happens to the logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns all problems with the props, joined, or nil.
func (p GoFunctionProps) Validate() error {
	var problems []error
	if p.Build == nil {
		problems = append(problems, errors.New("Build: found nil, expected the result of Compile"))
	}
	if p.Package == "" {
		problems = append(problems, errors.New("Package: found nothing, expected one of the packages given to Compile"))
	}
	if !functionName.MatchString(p.FunctionName) {
		problems = append(problems, fmt.Errorf("FunctionName: found %q, expected 1 to 64 letters, digits, - and _", p.FunctionName))
	}
	if !contract.IsRoleName(p.RoleName) {
		problems = append(problems, roleNameProblem(p.RoleName))
	}
	if p.Vpc == nil {
		problems = append(problems, errors.New("Vpc: found nil, expected the VPC that the function runs in"))
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
var functionName = nameForm{regexp.MustCompile(`^[a-zA-Z0-9-_]*$`), 1, 64}

// GoFunction is a Lambda function in private subnets, with an execution role of a fixed name, logs that expire and a security
// group that allows only HTTPS out. It is an awsiam.IGrantable and takes environment variables, so it can be a grantee.
type GoFunction struct {
	id              string
	function        awslambda.Function
	arn             *string
	principal       awsiam.IPrincipal
	connections     awsec2.Connections
	role            awsiam.Role
	logs            awslogs.LogGroup
	name            string
	timeout         time.Duration
	deadLetterQueue *DeadLetterQueue // its own, for asynchronous invocations
	answersFailures bool
	metrics         *invocationMetrics // nil until the first alarm or dashboard

	// What counts its failures besides Lambda itself, such as dead-letter queues, and the graphs of dashboards that show it. Either may be added
	// first.
	failures      []awscloudwatch.IMetric
	failureGraphs []awscloudwatch.GraphWidget
}

// NewGoFunction creates the function with its role, log group and security group. It panics, with the construct's path and all
// problems, if the props are invalid or the compiled function cannot be read.
func NewGoFunction(scope constructs.Construct, id string, props GoFunctionProps) *GoFunction {
	validate("function", scope, id, props)
	node := place.New(scope, id)
	props = props.withDefaults()
	code, err := props.Build.asset(props.Package)
	if err != nil {
		panic(fmt.Errorf("function %s:\n%w", place.Path(node), err))
	}

	logs := awslogs.NewLogGroup(node, jsii.String("Logs"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String(logName(props.FunctionName)),
		Retention:     props.LogRetention,
		RemovalPolicy: props.RemovalPolicy,
	})
	group := awsec2.NewSecurityGroup(node, jsii.String("SecurityGroup"), &awsec2.SecurityGroupProps{
		Vpc:              props.Vpc,
		Description:      jsii.String("Function " + props.FunctionName),
		AllowAllOutbound: jsii.Bool(false),
	})
	stack := place.Stack(node)
	allowHTTPS(group, stack)

	f := &GoFunction{id: id, name: props.FunctionName, timeout: props.Timeout, deadLetterQueue: props.DeadLetterQueue, answersFailures: props.AnswersFailures, logs: logs}
	f.role = executionRole(node, props, logs)
	f.function = place.In(node, "Function", awslambda.NewFunction(node, jsii.String("Function"), &awslambda.FunctionProps{
		FunctionName:   jsii.String(props.FunctionName),
		Runtime:        place.Once(stack, "runtime", awslambda.Runtime_PROVIDED_AL2023),
		Architecture:   place.Once(stack, "architecture "+string(props.Build.Architecture), props.Build.Architecture.lambda),
		Handler:        jsii.String("bootstrap"),
		Code:           awslambda.Code_FromAsset(jsii.String(code), nil),
		Role:           f.role,
		LogGroup:       logs,
		LoggingFormat:  awslambda.LoggingFormat_JSON,
		Vpc:            props.Vpc,
		VpcSubnets:     props.Subnets,
		SecurityGroups: &[]awsec2.ISecurityGroup{group},
		Timeout:        seconds(node, props.Timeout),
		MemorySize:     jsii.Number(props.MemoryMiB),
		// CDK allows the execution role to send to it.
		DeadLetterQueue: props.DeadLetterQueue.queueOrNil(),
	}))
	f.arn, f.principal, f.connections = place.Once(f.function, "arn", f.function.FunctionArn), f.role, f.function.Connections()
	if !configuresLogging(stack) {
		f.function.Node().DefaultChild().(awslambda.CfnFunction).AddPropertyDeletionOverride(jsii.String("LoggingConfig"))
		f.function.Node().AddDependency(logs) // before Lambda creates the group itself, when the function is invoked
	}
	f.record(props)
	if props.DeadLetterQueue != nil {
		f.addFailures(props.DeadLetterQueue.messages())
	}
	for _, name := range slices.Sorted(maps.Keys(props.Environment)) {
		f.function.AddEnvironment(jsii.String(name), jsii.String(props.Environment[name]), nil)
	}
	return f
}

// configuresLogging says that Lambda's own lines can be JSON, too, which it cannot write in each partition: it refuses the setting there. The code's
// lines are as the code writes them, and the name of the log group is the one that Lambda uses without the setting.
// https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-lambda.html
// https://github.com/aws/aws-cdk/issues/28919
func configuresLogging(stack awscdk.Stack) bool {
	region := place.Region(stack)
	return place.IsToken(region) || place.Partition(region) == "aws"
}

// logName returns the name of a function's log group.
func logName(function string) string { return "/aws/lambda/" + function }

// record records how the function is set up: its role, the variables without which its code works otherwise, and its dead-letter queue.
func (f *GoFunction) record(props GoFunctionProps) {
	variables := maps.Clone(props.Environment)
	maps.DeleteFunc(variables, func(name, _ string) bool { return contract.IsTuning(name) })
	intent.Record(f.function, "Role", contract.Intent{Workload: &contract.Workload{
		Resource: *f.arn, Role: *place.Once(f.role, "arn", f.role.RoleArn), Variables: variables,
	}})
	if queue := props.DeadLetterQueue; queue != nil {
		intent.Deliver(f.function, "Failed", contract.Delivery{From: *f.arn, To: *queue.arn})
	}
}

// addFailures adds a metric to the function's graphs of failures.
func (f *GoFunction) addFailures(metric awscloudwatch.IMetric) {
	f.failures = append(f.failures, metric)
	for _, graph := range f.failureGraphs {
		graph.AddLeftMetric(metric)
	}
}

// invocationMetrics are Lambda's metrics of a function, which alarms and dashboards share.
type invocationMetrics struct {
	errors, throttles, duration awscloudwatch.Metric
	sum                         *awscloudwatch.MetricOptions // of other metrics that count
}

// invocationMetrics returns the metrics; the first call creates them.
func (f *GoFunction) invocationMetrics() *invocationMetrics {
	if f.metrics == nil {
		period := seconds(f.function, metricPeriod)
		sum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: period}
		maximum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: period}
		f.metrics = &invocationMetrics{f.function.MetricErrors(sum), f.function.MetricThrottles(sum), f.function.MetricDuration(maximum), sum}
	}
	return f.metrics
}

// Function returns the Lambda function.
func (f *GoFunction) Function() awslambda.Function { return f.function }

// Role returns the execution role.
func (f *GoFunction) Role() awsiam.IRole { return f.role }

// LogGroup returns the log group of the function.
func (f *GoFunction) LogGroup() awslogs.ILogGroup { return f.logs }

// ID returns the construct's id in its scope.
func (f *GoFunction) ID() string { return f.id }

// GrantPrincipal returns the execution role's principal, which makes the function an awsiam.IGrantable.
func (f *GoFunction) GrantPrincipal() awsiam.IPrincipal { return f.principal }

// Connections returns the function's security group, which makes the function an awsec2.IConnectable.
func (f *GoFunction) Connections() awsec2.Connections { return f.connections }

// Node returns the node of the Lambda function, so that a grant recognizes the function as one grantee, whether it gets this construct or
// Function().
func (f *GoFunction) Node() constructs.Node { return f.function.Node() }

// AddEnvironment sets an environment variable of the function.
func (f *GoFunction) AddEnvironment(key, value *string, options *awslambda.EnvironmentOptions) awslambda.Function {
	return f.function.AddEnvironment(key, value, options)
}

func (p GoFunctionProps) withDefaults() GoFunctionProps {
	p.Timeout = cmp.Or(p.Timeout, 30*time.Second)
	p.MemoryMiB = cmp.Or(p.MemoryMiB, 256)
	p.LogRetention = cmp.Or(p.LogRetention, awslogs.RetentionDays_ONE_MONTH)
	p.RemovalPolicy = cmp.Or(p.RemovalPolicy, defaultRemoval)
	return p
}

func (a Architecture) lambda() awslambda.Architecture {
	if a == X86_64 {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}

// networkInterfaceActions are the actions that the Lambda service needs, as the execution role, to attach a function to a VPC.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
var networkInterfaceActions = []string{
	"ec2:AssignPrivateIpAddresses",
	"ec2:CreateNetworkInterface",
	"ec2:DeleteNetworkInterface",
	"ec2:DescribeNetworkInterfaces",
	"ec2:DescribeSubnets",
	"ec2:UnassignPrivateIpAddresses",
}

// executionRole creates the role. It may write the function's own logs; the Lambda service, but not the function's code, may manage network
// interfaces with it.
func executionRole(scope constructs.Construct, props GoFunctionProps, logs awslogs.ILogGroup) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String("Execution role of " + props.FunctionName),
		AssumedBy: place.Once(place.Stack(scope), "lambda", func() awsiam.ServicePrincipal {
			return awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)
		}),
	})
	logs.GrantWrite(role)
	attachToVpc(role, place.ARN(place.Stack(scope), "lambda", "function:"+props.FunctionName))
	return role
}

// attachToVpc adds a separate policy, so that the suppressed finding about resource * covers no other statement.
func attachToVpc(role awsiam.Role, function string) {
	policy := awsiam.NewPolicy(role, jsii.String("NetworkInterfaces"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{role},
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("LambdaNetworkInterfaces"), Actions: jsii.Strings(networkInterfaceActions...), Resources: jsii.Strings("*"),
			}),
			// As AWS recommends, the code may not do what the service needs. Only requests of the code have lambda:SourceFunctionArn.
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("NotByFunctionCode"), Effect: awsiam.Effect_DENY, Actions: jsii.Strings(networkInterfaceActions...), Resources: jsii.Strings("*"),
				Conditions: &map[string]any{"ArnEquals": map[string]any{"lambda:SourceFunctionArn": function}},
			}),
		},
	})
	suppress.At(policy.Node().DefaultChild().(awsiam.CfnPolicy), suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{"Resource::*"},
		Reason: "Lambda asks for these on all resources before it attaches a function, and Describe actions know no resource; the function's code is denied them.",
	})
}
