package stacks

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// addEvents adds a function that gets an event for each object that is created in the target account's bucket.
func (s *source) addEvents() {
	filter := workload.ObjectFilter{Prefixes: s.Prefixes, Suffixes: s.EventSuffixes}
	role := s.roleName("events-rule")
	events := workload.NewObjectEvents(s.target.stack, "Events", workload.ObjectEventsProps{
		Name: s.name("events"), RoleName: role, Bucket: s.target.bucket, Filter: filter,
		To: contract.Env{Account: s.SourceAccount, Region: s.Region}, BusName: s.name("events"), RemovalPolicy: s.RemovalPolicy.cdk(),
	})
	workload.NewDeadLettersAlarm(s.target.stack, "UnsentAlarm", workload.DeadLettersAlarmProps{DeadLetters: events.Unsent(), Topic: s.alarmTopic(s.target.stack)})
	function := s.eventFunction()
	workload.NewEventQueue(s.stack, "EventQueue", workload.EventQueueProps{
		Name: s.name("events"), SenderRoleARN: *s.target.stack.FormatArn(roleARN(role)), BucketName: s.target.bucketName,
		Filter: filter, Function: function, RemovalPolicy: s.RemovalPolicy.cdk(),
	})
}

func (s *source) eventFunction() *workload.GoFunction {
	if s.EventsTo == EventsList {
		function := s.function("Events", workload.GoFunctionProps{Package: listPackage})
		s.vpc.AllowSTSFrom(function)
		s.grant("Events", function, crossaccount.AssumeRole, crossaccount.ReadBucket(s.target.bucket, s.Prefixes...))
		return function
	}
	received := s.data.bucket("Received", "received")
	output(s.stack, "ReceivedBucketName", received.BucketName())
	props := s.copying(5*time.Minute, nil)
	props.Environment[contract.VariableDestinationBucket] = *received.BucketName()
	function := s.function("Events", props)
	// A copy is one request by one principal. The function itself owns the one side, so it gets the other without a role between.
	s.grant("Events", function, crossaccount.Direct, crossaccount.ReadBucket(s.target.bucket, s.Prefixes...))
	// The grants have closed the S3 endpoint to the function's own bucket, too.
	crossaccount.NewSameAccountAccess(s.stack, "EventsReceived", crossaccount.SameAccountAccessProps{
		Grantee: function, Endpoints: crossaccount.Endpoints{S3: s.vpc.S3()},
		Permissions: []crossaccount.Permission{crossaccount.WriteBucket(received, s.Prefixes...), crossaccount.ListBucket(received, s.Prefixes...)},
	})
	s.explainPrefixes(function.Function().Role().Node().FindChild(jsii.String("DefaultPolicy")))
	return function
}

// explainPrefixes is about a policy that names objects by the beginning of their keys.
func (s *source) explainPrefixes(policy constructs.IConstruct) {
	suppress.At(policy.Node().DefaultChild().(awsiam.CfnPolicy), suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{`/^Resource::[^*]+\/[^*]*\*$/`},
		Reason: "Objects are named by the beginning of their keys, since they are not there yet when it is written; and another account's key by its place, since AWS makes up its id.",
	})
}
