package stacks

import (
	"slices"

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
	listPackage  = "./lambda/list"
	scanPackage  = "./lambda/scan"
	copyPackage  = "./lambda/copy"
	trailPackage = "./lambda/trail"
)

// Functions are the packages that the source stack deploys.
func Functions(c Config) (packages []string) {
	for _, f := range []struct {
		pkg    string
		wanted bool
	}{
		{listPackage, c.has(List) || c.has(Events) && c.EventsTo == EventsList},
		{scanPackage, c.has(Scan)},
		{copyPackage, c.has(Copy) || c.has(Events) && c.EventsTo == EventsCopy},
		{trailPackage, c.has(Trail)},
	} {
		if f.wanted {
			packages = append(packages, f.pkg)
		}
	}
	return packages
}

// source is the source stack as its workloads are added to it.
type source struct {
	Config
	stack     awscdk.Stack
	build     *workload.Build
	target    *TargetStack
	vpc       *network.SourceVpc
	functions []*workload.GoFunction
	data      *bucketMaker
}

// NewSourceStack creates the network and the workloads, the functions from their build, and for each workload the grant of what it does in
// the target stack. The build is nil if there is no function.
func NewSourceStack(scope constructs.Construct, c Config, build *workload.Build, target *TargetStack) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String(SourceID), &awscdk.StackProps{
		StackName:   jsii.String(c.stackName(SourceID)),
		Description: jsii.String("crossgrant: workloads in private subnets that reach another account's data"),
		Env:         &awscdk.Environment{Account: jsii.String(c.SourceAccount), Region: jsii.String(c.Region)},
	})
	s := &source{Config: c, stack: stack, build: build, target: target, data: &bucketMaker{stack: stack, config: c}}
	s.vpc = network.NewSourceVpc(stack, "Network", network.SourceVpcProps{
		AvailabilityZones: c.AvailabilityZones,
		Egress:            c.Egress,
		Isolated:          c.has(Instance),
		FlowLogRetention:  c.retention(),
		RemovalPolicy:     c.RemovalPolicy.cdk(),
	})
	for _, add := range []struct {
		workload Workload
		to       func()
	}{
		{List, s.addList}, {Scan, s.addScan}, {Copy, s.addCopy}, {Trail, s.addTrail}, {Instance, s.addInstance}, {Events, s.addEvents},
	} {
		if c.has(add.workload) {
			add.to()
		}
	}
	s.watch()
	return stack
}

// function creates a function in the private subnets.
func (s *source) function(id string, props workload.GoFunctionProps) *workload.GoFunction {
	name := lower(id)
	props.Build, props.FunctionName, props.RoleName = s.build, s.name(name), s.roleName(name)
	props.Vpc, props.Subnets = s.vpc.Vpc(), s.vpc.PrivateSubnets()
	props.LogRetention, props.RemovalPolicy = s.retention(), s.RemovalPolicy.cdk()
	function := workload.NewGoFunction(s.stack, id, props)
	s.functions = append(s.functions, function)
	output(s.stack, id+"FunctionName", function.Function().FunctionName())
	return function
}

// grant gives a workload access to what it needs of the target stack.
func (s *source) grant(id string, grantee awsiam.IGrantable, access crossaccount.AccessMode, permissions ...crossaccount.Permission) *crossaccount.CrossAccountGrant {
	return crossaccount.NewCrossAccountGrant(s.stack, id+"Grant", crossaccount.GrantProps{
		Name:        "crossgrant-" + lower(id) + "-access",
		Stage:       s.Stage,
		Grantees:    []awsiam.IGrantable{grantee},
		Target:      s.target.stack,
		Access:      access,
		Permissions: permissions,
		Endpoints:   crossaccount.Endpoints{STS: s.vpc.STS(), S3: s.vpc.S3(), DynamoDB: s.vpc.DynamoDB()},
	})
}

// roleName is the agreed name of a role of this deployment.
func (c Config) roleName(what string) string {
	return contract.RoleName("crossgrant-"+what, c.Stage, c.Region)
}

// roleARN is the ARN of a role of an agreed name.
func roleARN(name string) *awscdk.ArnComponents {
	return &awscdk.ArnComponents{Service: jsii.String("iam"), Region: jsii.String(""), Resource: jsii.String("role"), ResourceName: jsii.String(name)}
}

// letters is the dead-letter queue of a function that is invoked asynchronously.
func (s *source) letters(id string) *workload.DeadLetters {
	return workload.NewDeadLetters(s.stack, id+"Failed", workload.DeadLettersProps{
		QueueName: s.name(lower(id) + "-failed"), RemovalPolicy: s.RemovalPolicy.cdk(),
	})
}

// watch adds the alarms of all functions, where they go, and the dashboard.
func (s *source) watch() {
	if len(s.functions) == 0 {
		return
	}
	topic := s.alarmTopic(s.stack)
	for _, f := range s.functions {
		workload.NewFunctionAlarms(s.stack, f.ID()+"Alarms", workload.FunctionAlarmsProps{Function: f, Topic: topic})
	}
	workload.NewDashboard(s.stack, "Dashboard", workload.DashboardProps{DashboardName: s.name("functions"), Functions: s.functions})
}

// alarmTopic is where the alarms of one of the stacks go.
func (c Config) alarmTopic(stack awscdk.Stack) *workload.AlarmTopic {
	topic := workload.NewAlarmTopic(stack, "Alarms", workload.AlarmTopicProps{
		TopicName: c.name("alarms"), AlarmPrefix: c.name(""), Emails: slices.Clone(c.AlarmEmails), RemovalPolicy: c.RemovalPolicy.cdk(),
	})
	output(stack, "AlarmTopicArn", topic.Topic().TopicArn())
	return topic
}
