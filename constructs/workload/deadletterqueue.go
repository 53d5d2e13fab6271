package workload

import (
	"cmp"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
)

// maxRetention is the longest time that SQS keeps a message.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const maxRetention = 14 * 24 * time.Hour

// DeadLetterQueueProps configures a [DeadLetterQueue].
type DeadLetterQueueProps struct {
	// QueueName is the queue's name, at most 80 letters, digits, "-" and "_". Required.
	QueueName string
	// RemovalPolicy is what happens to the messages when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns all problems with the props, joined, or nil.
func (p DeadLetterQueueProps) Validate() error {
	if queueName.MatchString(p.QueueName) {
		return nil
	}
	return fmt.Errorf("QueueName: found %q, expected 1 to 80 letters, digits, - and _", p.QueueName)
}

// DeadLetterQueue is an encrypted queue that keeps what could not be processed for 14 days, so that someone can fix the cause and redrive it.
type DeadLetterQueue struct {
	queue  awssqs.Queue
	arn    *string
	name   string
	metric awscloudwatch.Metric // of its messages
}

// NewDeadLetterQueue creates the queue; it denies requests without TLS. It panics, with the construct's path and all problems, if the props
// are invalid.
func NewDeadLetterQueue(scope constructs.Construct, id string, props DeadLetterQueueProps) *DeadLetterQueue {
	validate("dead-letter queue", scope, id, props)
	queue := newQueue(scope, id, awssqs.QueueProps{
		QueueName:       jsii.String(props.QueueName),
		RetentionPeriod: seconds(scope, maxRetention),
		RemovalPolicy:   props.RemovalPolicy,
	})
	return &DeadLetterQueue{queue: queue, arn: queue.QueueArn(), name: props.QueueName}
}

// newQueue creates a queue encrypted with SQS's own keys, which need no key policy for the AWS services that send to the queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html
func newQueue(scope constructs.Construct, id string, props awssqs.QueueProps) awssqs.Queue {
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	props.EnforceSSL = jsii.Bool(true)
	props.RemovalPolicy = cmp.Or(props.RemovalPolicy, defaultRemoval)
	return place.In(scope, id, awssqs.NewQueue(scope, jsii.String(id), &props))
}

// Queue returns the SQS queue.
func (d *DeadLetterQueue) Queue() awssqs.IQueue { return d.queue }

// Node returns the queue's node in the tree.
func (d *DeadLetterQueue) Node() constructs.Node { return d.queue.Node() }

// queueOrNil returns the SQS queue, or nil if there is no dead-letter queue.
func (d *DeadLetterQueue) queueOrNil() awssqs.IQueue {
	if d == nil {
		return nil
	}
	return d.queue
}

// messages returns the metric of the messages in the queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html
func (d *DeadLetterQueue) messages() awscloudwatch.Metric {
	if d.metric == nil {
		d.metric = d.queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: seconds(d.queue, metricPeriod)})
	}
	return d.metric
}
