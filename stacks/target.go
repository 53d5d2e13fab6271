package stacks

import (
	"cmp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// TargetID is the target stack's construct id, by which `cdk deploy` selects it.
const TargetID = "CrossGrant-Target"

// TargetStack is the data of the target account, and the rule that sends its events. Resources that no workload needs are nil. The trusted
// roles are part of the grants, which the source stack declares.
type TargetStack struct {
	base
	data    awss3.IBucket
	uploads awss3.Bucket
	table   awsdynamodb.ITable
	trail   awss3.IBucket
	// trailPrefix begins the keys of CloudTrail's log files.
	trailPrefix string
	// What an event queue in the source account has to know.
	eventFilter   workload.ObjectFilter
	senderRoleARN string
}

// NewTargetStack creates what the workloads reach: the data bucket, the instance's bucket, the table and CloudTrail's bucket; and the rule
// that sends the events of the data bucket to the source account.
func NewTargetStack(scope constructs.Construct, c Config) *TargetStack {
	t := &TargetStack{base: base{config: c, stack: awscdk.NewStack(scope, jsii.String(TargetID), &awscdk.StackProps{
		StackName:           jsii.String(c.stackName(TargetID)),
		Description:         jsii.String("crossgrant: data that another account reaches, and the roles that it assumes to do so"),
		Env:                 &awscdk.Environment{Account: jsii.String(c.TargetAccount), Region: jsii.String(c.Region)},
		PermissionsBoundary: c.boundary(),
	})}}
	if c.has(List, Copy, Events) {
		t.data = t.dataBucket()
		t.output("BucketName", "Bucket of the data", place.Once(t.data, "name", t.data.BucketName))
	}
	if c.has(Instance) {
		t.uploads = t.bucket("Uploads", "uploads")
		t.output("UploadsBucketName", "Bucket that the instance writes to", place.Once(t.uploads, "name", t.uploads.BucketName))
	}
	if c.has(Scan) {
		t.addTable()
		t.output("TableName", "Table of the data", place.Once(t.table, "name", t.table.TableName))
	}
	if c.has(Trail) {
		t.addTrail()
		t.output("TrailBucketName", "Bucket of CloudTrail's logs", place.Once(t.trail, "name", t.trail.BucketName))
	}
	if c.has(Events) {
		t.addEvents()
	}
	return t
}

// dataBucketName returns the name of the data bucket as text, for the other stack.
func (t *TargetStack) dataBucketName() string { return cmp.Or(t.config.DataBucket, t.bucketName("")) }

// addTable adds the table that the scan function reads.
func (t *TargetStack) addTable() {
	if t.config.Table != "" {
		t.table = t.existingTable()
		return
	}
	t.table = awsdynamodb.NewTable(t.stack, jsii.String("Devices"), &awsdynamodb.TableProps{
		TableName:    jsii.String(t.config.name("devices")),
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("deviceId"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		RemovalPolicy: t.config.RemovalPolicy.cdk(),
	})
}

// addTrail adds the bucket of the account's CloudTrail logs.
func (t *TargetStack) addTrail() {
	c := t.config
	if c.TrailBucket != "" {
		t.trail, t.trailPrefix = t.existingBucket("Trail", c.TrailBucket, c.TrailKeyARN), c.trailKeys()
		return
	}
	trail := workload.NewTrailBucket(t.stack, "Trail", workload.TrailBucketProps{
		BucketName: t.bucketName("trail"), TrailName: c.trailName(), CreateTrail: c.CreateTrail, ExpirationDays: c.TrailLogDays, RemovalPolicy: c.RemovalPolicy.cdk(),
	})
	t.trail, t.trailPrefix = trail.Bucket(), trail.Prefix()
	t.suppressAutoDelete()
}

// addEvents adds the rule that sends the events of the data bucket to the source account, and the alarm of events that could not be sent.
func (t *TargetStack) addEvents() {
	c := t.config
	role := c.roleName("events-rule")
	t.eventFilter = workload.ObjectFilter{Prefixes: c.Prefixes, Suffixes: c.EventSuffixes}
	t.senderRoleARN = "arn:" + place.PartitionOf(t.stack) + ":iam::" + c.TargetAccount + ":role/" + role
	events := workload.NewObjectEvents(t.stack, "Events", workload.ObjectEventsProps{
		Name: c.name("events"), RoleName: role, Bucket: t.data, Filter: t.eventFilter,
		To: contract.Env{Account: c.SourceAccount, Region: c.Region}, BusName: c.busName(), RemovalPolicy: c.RemovalPolicy.cdk(),
	})
	t.output("EventsUnsentQueueUrl", "Queue of the events that could not be sent to the source account", events.DeadLetterQueue().Queue().QueueUrl())
	workload.NewDeadLetterQueueAlarm(t.stack, "UnsentAlarm", workload.DeadLetterQueueAlarmProps{
		DeadLetterQueue: events.DeadLetterQueue(), Topic: t.alarmTopic(),
	})
}
