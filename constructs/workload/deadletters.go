package workload

import (
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// keptLetters is how long SQS keeps a message at most.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const keptLetters = 14 * 24 * time.Hour

// DeadLettersProps configures [DeadLetters].
type DeadLettersProps struct {
	// QueueName is the queue's name, at most 80 letters, digits, "-" and "_". Required.
	QueueName string
	// RemovalPolicy is what happens to the messages when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns everything that is wrong with the props, or nil.
func (p DeadLettersProps) Validate() error {
	return queueNameProblem("QueueName", p.QueueName)
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
var queueName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,80}$`)

func queueNameProblem(field, name string) error {
	if queueName.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%s: found %q, expected 1 to 80 letters, digits, - and _", field, name)
}

// DeadLetters is an encrypted queue for what could not be done, kept for 14 days: somebody looks at it, mends the cause, and sends it again.
type DeadLetters struct {
	queue awssqs.Queue
	name  string
}

// NewDeadLetters creates the queue; nobody may send to it without TLS. It panics, with the construct's path and every problem, if the props
// are invalid.
func NewDeadLetters(scope constructs.Construct, id string, props DeadLettersProps) *DeadLetters {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("dead-letter queue %s:\n%w", pathOf(scope, id), err))
	}
	return &DeadLetters{name: props.QueueName, queue: newQueue(scope, id, awssqs.QueueProps{
		QueueName:       jsii.String(props.QueueName),
		RetentionPeriod: seconds(keptLetters),
		RemovalPolicy:   props.RemovalPolicy,
	})}
}

// newQueue has the encryption of SQS's own keys, with which every service that sends by the queue's policy can go on sending.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html
func newQueue(scope constructs.Construct, id string, props awssqs.QueueProps) awssqs.Queue {
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	props.EnforceSSL = jsii.Bool(true)
	if props.RemovalPolicy == "" {
		props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	return awssqs.NewQueue(scope, jsii.String(id), &props)
}

// Queue returns the queue.
func (d *DeadLetters) Queue() awssqs.IQueue { return d.queue }

func (d *DeadLetters) queueOrNil() awssqs.IQueue {
	if d == nil {
		return nil
	}
	return d.queue
}

func seconds(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}

// pathOf is the path that a construct would have.
func pathOf(scope constructs.Construct, id string) string {
	if path := *scope.Node().Path(); path != "" {
		return path + "/" + id
	}
	return id
}
