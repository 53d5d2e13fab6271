package stacks

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
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
	s.letWrite(function, received)
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

// letWrite lets a function write into a bucket of its own account, under the prefixes, through the S3 endpoint.
func (s *source) letWrite(function *workload.GoFunction, bucket awss3.Bucket) {
	var objects, patterns []string
	for _, prefix := range s.Prefixes {
		objects = append(objects, *bucket.ArnForObjects(jsii.String(prefix + "*")))
		patterns = append(patterns, prefix+"*")
	}
	statements := func(principals []awsiam.IPrincipal, conditions map[string]any) []awsiam.PolicyStatement {
		list := map[string]any{"StringLike": map[string]any{"s3:prefix": patterns}}
		for operator, keys := range conditions {
			list[operator] = keys
		}
		return []awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("ReceivedObjects"), Principals: &principals, Conditions: &conditions, Resources: jsii.Strings(objects...),
				Actions: jsii.Strings("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging"),
			}),
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("ReceivedList"), Principals: &principals, Conditions: &list, Resources: jsii.Strings(*bucket.BucketArn()),
				Actions: jsii.Strings("s3:ListBucket"),
			}),
		}
	}
	own := append(statements(nil, nil), awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("ReceivedKey"), Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"), Resources: jsii.Strings(*bucket.EncryptionKey().KeyArn()),
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": "s3." + s.Region + ".amazonaws.com"}},
	}))
	policy := awsiam.NewPolicy(s.stack, jsii.String("EventsReceived"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{function.Function().Role()}, Statements: &own,
	})
	intent.Mark(policy.Node().DefaultChild().(awsiam.CfnPolicy))
	s.explainPrefixes(policy)
	role := map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": *s.stack.FormatArn(roleARN(s.roleName("events")))}}
	for _, statement := range statements([]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, role) {
		s.vpc.S3().AddToPolicy(statement)
	}
}
