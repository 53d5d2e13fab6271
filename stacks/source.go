package stacks

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// SourceID is the source stack's construct id, by which `cdk deploy` selects it.
const SourceID = "CrossGrant-Source"

// The packages of the functions, as `go build` takes them in this module.
const (
	listPackage  = "./lambda/list"
	scanPackage  = "./lambda/scan"
	copyPackage  = "./lambda/copy"
	trailPackage = "./lambda/trail"
)

// Functions returns the packages of the functions that the source stack deploys.
func Functions(c Config) (packages []string) {
	for _, f := range []struct {
		pkg      string
		deployed bool
	}{
		{listPackage, c.has(List) || c.has(Events) && c.EventsTo == EventsList},
		{scanPackage, c.has(Scan)},
		{copyPackage, c.has(Copy) || c.has(Events) && c.EventsTo == EventsCopy},
		{trailPackage, c.has(Trail)},
	} {
		if f.deployed {
			packages = append(packages, f.pkg)
		}
	}
	return packages
}

// sourceStack is the source stack while workloads are added to it. It adds nothing to the target stack itself: only the grants do, which
// declare both accounts' parts in one place.
type sourceStack struct {
	base
	build     *workload.Build
	target    *TargetStack
	vpc       *network.SourceVpc
	functions []*workload.GoFunction
	copy      *workload.DistributedCopy // nil without CopyDistributedMap
}

// NewSourceStack creates the VPC, the workloads, and for each workload the grant of the access it needs to the target stack's resources. The
// functions come from the build, which is nil if there are none.
func NewSourceStack(scope constructs.Construct, c Config, build *workload.Build, target *TargetStack) awscdk.Stack {
	s := &sourceStack{build: build, target: target, base: base{config: c, stack: awscdk.NewStack(scope, jsii.String(SourceID), &awscdk.StackProps{
		StackName:           jsii.String(c.stackName(SourceID)),
		Description:         jsii.String("crossgrant: workloads in private subnets that reach another account's data"),
		Env:                 &awscdk.Environment{Account: jsii.String(c.SourceAccount), Region: jsii.String(c.Region)},
		PermissionsBoundary: c.boundary(),
	})}}
	s.vpc = s.newNetwork()
	s.output("VpcId", "VPC of the workloads", s.vpc.Vpc().VpcId())
	if address := s.vpc.PublicAddress(); address != nil {
		s.output("NatAddress", "Public address of the workloads' requests to the internet", address)
	}
	for _, w := range []struct {
		workload Workload
		add      func()
	}{
		{List, s.addList}, {Scan, s.addScan}, {Copy, s.addCopy}, {Trail, s.addTrail}, {Instance, s.addInstance}, {Events, s.addEvents},
	} {
		if c.has(w.workload) {
			w.add()
		}
	}
	s.addMonitoring()
	return s.stack
}

// addList adds the function that lists the data bucket.
func (s *sourceStack) addList() {
	list := s.function("List", workload.GoFunctionProps{Package: listPackage, AnswersFailures: true})
	s.allowSTSFrom(list)
	s.grant("List", list, crossaccount.AssumeRole, crossaccount.ReadBucket(s.target.data, s.config.Prefixes...))
}

// addScan adds the function that scans the table, and its API.
func (s *sourceStack) addScan() {
	scan := s.function("Scan", workload.GoFunctionProps{Package: scanPackage, AnswersFailures: true})
	s.allowSTSFrom(scan)
	s.grant("Scan", scan, crossaccount.AssumeRole, crossaccount.ReadTable(s.target.table))
	props := s.config.itemsAPI()
	props.Function, props.LogRetention, props.RemovalPolicy = scan, s.config.logRetention(), s.config.RemovalPolicy.cdk()
	api := workload.NewFunctionAPI(s.stack, "Items", props)
	workload.NewFunctionAPIAlarm(s.stack, "ItemsAlarm", workload.FunctionAPIAlarmProps{API: api, Topic: s.alarmTopic()})
	s.output("ItemsUrl", "URL of the API", api.URL())
	s.output("ItemsArn", "Resource on which callers of the API need execute-api:Invoke", api.ARN())
}

// addCopy adds a bucket, and the function that copies its objects to the target account's data bucket.
func (s *sourceStack) addCopy() {
	origin := s.bucket("Origin", "origin")
	s.output("OriginBucketName", "Bucket whose objects the copy function copies", place.Once(origin, "name", origin.BucketName))
	// Lambda's longest timeout.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	props := s.copyFunction(15 * time.Minute)
	props.DeadLetterQueue = s.deadLetterQueue("Copy")
	function := s.function("Copy", props)
	s.allowSTSFrom(function)
	s.grant("Copy", function, crossaccount.AssumeRole, crossaccount.CopyIntoBucket(origin, s.target.data, s.config.Prefixes...))
	if s.config.CopyScale == CopyDistributedMap {
		s.addDistributedCopy(function, origin)
	}
}

// addDistributedCopy adds the state machine that gives the copy function batches.
func (s *sourceStack) addDistributedCopy(function *workload.GoFunction, origin awss3.Bucket) {
	c := s.config
	props := workload.DistributedCopyProps{
		Name: c.name("copy-runs"), RoleName: c.roleName("copy-runs"), Function: function, Origin: origin, Prefixes: c.Prefixes,
		ResultsBucketName: s.bucketName("copy-runs"), Concurrency: c.CopyConcurrency, ToleratedFailurePercent: c.CopyToleratedPercent, Inventory: c.CopyInventory,
		Topic: s.alarmTopic(), LogRetention: c.logRetention(), RemovalPolicy: c.RemovalPolicy.cdk(),
	}
	if c.CopySchedule != "" {
		props.Schedule = awsevents.Schedule_Expression(jsii.String(c.CopySchedule))
	}
	s.copy = workload.NewDistributedCopy(s.stack, "CopyRuns", props)
	s.suppressAutoDelete()
	s.output("CopyStateMachineArn", "State machine that copies the origin bucket", s.copy.StateMachine().AttrArn())
	s.output("CopyResultsBucketName", "Bucket of the results of the state machine's runs", s.copy.Results().BucketName())
}

// copyFunction returns the props of a function with the copy engine. S3 copies the data, so the function needs no memory for it.
func (s *sourceStack) copyFunction(timeout time.Duration) workload.GoFunctionProps {
	return workload.GoFunctionProps{
		Package: copyPackage, Timeout: timeout, MemoryMiB: 512,
		Environment: map[string]string{contract.VariableCopyPartMiB: strconv.Itoa(s.config.CopyPartMiB)},
	}
}

// addTrail adds the function that reads the target account's CloudTrail logs.
func (s *sourceStack) addTrail() {
	trail := s.function("Trail", workload.GoFunctionProps{
		Package: trailPackage, Timeout: 5 * time.Minute, MemoryMiB: 512, DeadLetterQueue: s.deadLetterQueue("Trail"), AnswersFailures: true,
	})
	s.allowSTSFrom(trail)
	s.grant("Trail", trail, crossaccount.AssumeRole, crossaccount.ReadBucket(s.target.trail, s.target.trailPrefix))
}

// profile is the name of the AWS CLI profile on the instance.
const profile = "crossgrant"

// addInstance adds an instance without a route to the internet, whose AWS CLI writes to a bucket of the target account.
func (s *sourceStack) addInstance() {
	props := workload.LinuxInstanceProps{
		InstanceName: s.config.name("instance"), RoleName: s.config.roleName("instance"), Vpc: s.vpc.Vpc(), Subnets: s.vpc.IsolatedSubnets(),
		ImageID: s.config.ImageID,
	}
	if s.config.SessionManager {
		props.SessionActions = network.SessionActions()
	}
	instance := workload.NewLinuxInstance(s.stack, "Instance", props)
	s.allowSTSFrom(instance)
	grant := s.grant("Instance", instance, crossaccount.AssumeRole, crossaccount.WriteBucket(s.target.uploads))
	instance.AddProfile(profile, grant.Contract())
	s.allowCallerIdentity(append(grant.Contract().Grantees, grant.Contract().RoleARN))
	// The grants have closed the S3 endpoint, through which the instance also gets its updates.
	aws := []crossaccount.AWSBuckets{crossaccount.AmazonLinux}
	if s.config.SessionManager {
		aws = append(aws, crossaccount.SystemsManager)
		s.vpc.AllowSessions(instance, instance.Role())
	}
	s.allowAWSBuckets(aws...)
	s.output("InstanceId", "Instance, as Session Manager takes it", place.Once(instance.Instance(), "id", instance.Instance().InstanceId))
}

// addEvents adds the queue of events from the target account's data bucket, and the function that processes them.
func (s *sourceStack) addEvents() {
	queue := workload.NewEventQueue(s.stack, "EventQueue", workload.EventQueueProps{
		Name: s.config.busName(), SenderRoleARN: s.target.senderRoleARN, BucketName: s.target.dataBucketName(), Filter: s.target.eventFilter,
		Function: s.eventFunction(), Topic: s.alarmTopic(), RemovalPolicy: s.config.RemovalPolicy.cdk(),
	})
	s.output("EventsFailedQueueUrl", "Queue of the events that the events function could not process", queue.DeadLetterQueue().Queue().QueueUrl())
}

// eventFunction returns the function that lists the created objects, or that copies them to a bucket of the source account.
func (s *sourceStack) eventFunction() *workload.GoFunction {
	prefixes := s.config.Prefixes
	if s.config.EventsTo == EventsList {
		function := s.function("Events", workload.GoFunctionProps{Package: listPackage})
		s.allowSTSFrom(function)
		s.grant("Events", function, crossaccount.AssumeRole, crossaccount.ReadBucket(s.target.data, prefixes...))
		return function
	}
	received := s.bucket("Received", "received")
	s.output("ReceivedBucketName", "Bucket into which the events function copies", place.Once(received, "name", received.BucketName))
	props := s.copyFunction(5 * time.Minute)
	props.Environment[contract.VariableDestinationBucket] = *place.Once(received, "name", received.BucketName)
	function := s.function("Events", props)
	// One principal makes the copy request, and needs access to both buckets. The destination is in the function's own account, so the
	// function's role gets access to the other bucket directly.
	s.grant("Events", function, crossaccount.Direct, crossaccount.ReadBucket(s.target.data, prefixes...))
	// The grants have closed the S3 endpoint, also to the function's own bucket.
	crossaccount.NewSameAccountAccess(s.stack, "EventsReceived", crossaccount.SameAccountAccessProps{
		Grantee: function, Endpoints: crossaccount.Endpoints{S3: s.s3()}, StatementsAddedManually: s.config.StatementsAdded,
		Permissions: []crossaccount.Permission{crossaccount.WriteBucket(received, prefixes...), crossaccount.ListBucket(received, prefixes...)},
	})
	suppress.At(function.Role().Node().FindChild(jsii.String("DefaultPolicy")).Node().DefaultChild().(awsiam.CfnPolicy), suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{`/^Resource::[^*]+\/[^*]*\*$/`},
		Reason: "Objects are named by key prefix, since they do not exist yet; another account's KMS key is named by account and region, since AWS generates its ID.",
	})
	return function
}

// function creates a function in the private subnets.
func (s *sourceStack) function(id string, props workload.GoFunctionProps) *workload.GoFunction {
	c, name := s.config, strings.ToLower(id)
	props.Build, props.FunctionName, props.RoleName = s.build, c.name(name), c.roleName(name)
	props.Vpc, props.Subnets = s.vpc.Vpc(), s.vpc.PrivateSubnets()
	props.LogRetention, props.RemovalPolicy = c.logRetention(), c.RemovalPolicy.cdk()
	function := workload.NewGoFunction(s.stack, id, props)
	s.functions = append(s.functions, function)
	s.output(id+"FunctionName", "Function of the workload "+name, function.Function().FunctionName())
	return function
}

// deadLetterQueue creates the dead-letter queue of a function that is invoked asynchronously.
func (s *sourceStack) deadLetterQueue(id string) *workload.DeadLetterQueue {
	queue := workload.NewDeadLetterQueue(s.stack, id+"Failed", workload.DeadLetterQueueProps{
		QueueName: s.config.name(strings.ToLower(id) + "-failed"), RemovalPolicy: s.config.RemovalPolicy.cdk(),
	})
	s.output(id+"FailedQueueUrl", "Queue of the events that the "+strings.ToLower(id)+" function could not process", queue.Queue().QueueUrl())
	return queue
}

// grant creates a workload's grant on resources of the target stack.
func (s *sourceStack) grant(id string, grantee awsiam.IGrantable, access crossaccount.AccessMode, permissions ...crossaccount.Permission) *crossaccount.CrossAccountGrant {
	grant := crossaccount.NewCrossAccountGrant(s.stack, id+"Grant", crossaccount.GrantProps{
		Name:        "crossgrant-" + strings.ToLower(id) + "-access",
		Stage:       s.config.stageInNames(),
		Grantees:    []awsiam.IGrantable{grantee},
		Target:      s.target.stack,
		Access:      access,
		Permissions: permissions,
		Trust:       s.config.trust(access),
		Perimeter:   s.config.perimeter(permissions),
		Endpoints:   s.endpoints(access, permissions),

		StatementsAddedManually: s.config.StatementsAdded,
	})
	if role := grant.Role(); role != nil {
		s.target.output(id+"RoleArn", "Trusted role of the workload "+strings.ToLower(id), place.Once(role, "arn", role.RoleArn))
	}
	return grant
}

// trust returns what the target account requires of requests besides the grantee's role. External ID and session are those of a role to assume.
func (c Config) trust(access crossaccount.AccessMode) crossaccount.Trust {
	trust := crossaccount.Trust{OrganizationID: c.OrganizationID}
	if access == crossaccount.AssumeRole {
		trust.ExternalID, trust.Session = c.ExternalID, time.Duration(c.SessionSeconds)*time.Second
	}
	return trust
}

// perimeter returns the perimeter of a grant. It is one of accounts, since the IDs of endpoints are known only after deployment. DynamoDB does not
// tell its policies the account of an endpoint, so a grant on a table has none.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount
func (c Config) perimeter(permissions []crossaccount.Permission) crossaccount.Perimeter {
	if c.Perimeter == NoPerimeter || slices.ContainsFunc(permissions, func(p crossaccount.Permission) bool { return p.Statements()[0].Service() != "s3" }) {
		return crossaccount.Perimeter{}
	}
	perimeter := crossaccount.Perimeter{VpceAccounts: []string{c.SourceAccount}}
	if c.Perimeter == BucketPerimeter {
		perimeter.Enforcement, perimeter.Administrators = crossaccount.OnBucket, c.Administrators
	}
	return perimeter
}

// addMonitoring adds alarms for the NAT instance and for all functions, and the dashboard.
func (s *sourceStack) addMonitoring() {
	if nat := s.vpc.NATInstance(); nat != nil {
		workload.NewInstanceAlarm(s.stack, "NATAlarm", workload.InstanceAlarmProps{Instance: nat, Name: s.config.name("nat"), Topic: s.alarmTopic()})
	}
	if len(s.functions) == 0 {
		return
	}
	for _, f := range s.functions {
		workload.NewFunctionAlarms(s.stack, f.ID()+"Alarms", workload.FunctionAlarmsProps{Function: f, Topic: s.alarmTopic()})
	}
	props := workload.DashboardProps{DashboardName: s.config.nameInAccount("functions"), Functions: s.functions}
	if s.copy != nil {
		props.Copies = []*workload.DistributedCopy{s.copy}
	}
	dashboard := workload.NewDashboard(s.stack, "Dashboard", props)
	s.output("DashboardName", "Dashboard of all functions", dashboard.Dashboard().DashboardName())
}
