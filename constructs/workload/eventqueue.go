package workload

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
)

// EventQueueProps configures an [EventQueue].
type EventQueueProps struct {
	// Name is what the bus, the rule and the queue are called, at most 56 letters, digits and "-". Required.
	Name string
	// SenderRoleARN is the role of the other account's rule, which alone may put events on the bus. Required.
	SenderRoleARN string
	// BucketName is the bucket whose created objects the events are of. Required.
	BucketName string
	// Filter tells of which objects. Default all that arrive.
	Filter ObjectFilter
	// Function gets the events, in batches, and answers which of them failed. Required.
	Function *GoFunction
	// BatchSize is how many events the function gets at once at most, 1 to 10. Default 10.
	BatchSize int
	// Tries is how often an event is tried before it is put aside, 1 to 1,000. Default 3.
	Tries int
	// RemovalPolicy is what happens to waiting events when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns everything that is wrong with the props, or nil.
func (p EventQueueProps) Validate() error {
	problems := p.Filter.problems()
	if !eventsName.MatchString(p.Name) {
		problems = append(problems, fmt.Errorf("Name: found %q, expected 1 to 56 letters, digits and -", p.Name))
	}
	if _, ok := contract.RoleAccount(p.SenderRoleARN); !ok {
		problems = append(problems, fmt.Errorf("SenderRoleARN: found %q, expected the ARN of a role, such as arn:aws:iam::222222222222:role/NAME", p.SenderRoleARN))
	}
	if !bucketName.MatchString(p.BucketName) {
		problems = append(problems, fmt.Errorf("BucketName: found %q, expected 3 to 63 lower-case letters, digits, hyphens and dots", p.BucketName))
	}
	if p.Function == nil {
		problems = append(problems, errors.New("Function: found nil, expected what gets the events"))
	}
	if p.BatchSize != 0 && (p.BatchSize < 1 || p.BatchSize > 10) {
		problems = append(problems, fmt.Errorf("BatchSize: found %d, expected 1 to 10", p.BatchSize))
	}
	if p.Tries != 0 && (p.Tries < 1 || p.Tries > 1000) {
		problems = append(problems, fmt.Errorf("Tries: found %d, expected 1 to 1000", p.Tries))
	}
	return errors.Join(problems...)
}

// EventQueue takes another account's events of created objects to a function: an event bus that one role there may put events of S3 on, a
// queue that keeps them until the function has done each, and a dead-letter queue for those that failed again and again. An event may come
// twice, and late.
type EventQueue struct {
	node    constructs.Construct
	bus     awsevents.EventBus
	queue   awssqs.Queue
	letters *DeadLetters
}

// NewEventQueue creates the bus with its policy, the rule, both queues, and the function's right to take events from the queue. It panics,
// with the construct's path and every problem, if the props are invalid.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func NewEventQueue(scope constructs.Construct, id string, props EventQueueProps) *EventQueue {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("event queue %s:\n%w", pathOf(scope, id), err))
	}
	if props.BatchSize == 0 {
		props.BatchSize = 10
	}
	if props.Tries == 0 {
		props.Tries = 3
	}
	e := &EventQueue{node: constructs.NewConstruct(scope, jsii.String(id))}
	e.letters = NewDeadLetters(e.node, "Failed", DeadLettersProps{QueueName: props.Name + "-failed", RemovalPolicy: props.RemovalPolicy})
	e.queue = newQueue(e.node, "Queue", awssqs.QueueProps{
		QueueName:       jsii.String(props.Name),
		DeadLetterQueue: &awssqs.DeadLetterQueue{Queue: e.letters.queue, MaxReceiveCount: jsii.Number(props.Tries)},
		// What Lambda advises: a batch may be tried again after throttling before its messages are given to others.
		VisibilityTimeout: seconds(6 * props.Function.timeout),
		RetentionPeriod:   seconds(keptLetters - 10*24*time.Hour), // so that one that failed at the end still has ten days in the other queue
		RemovalPolicy:     props.RemovalPolicy,
	})
	e.addBus(props)
	props.Function.function.AddEventSource(awslambdaeventsources.NewSqsEventSource(e.queue, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(props.BatchSize), ReportBatchItemFailures: jsii.Bool(true),
		MaxConcurrency: jsii.Number(5), // so that a flood of events leaves the account's concurrency to others
	}))
	for _, child := range *props.Function.function.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if mapping, ok := child.(awslambda.CfnEventSourceMapping); ok {
			intent.Mark(mapping)
		}
	}
	if props.Function.deadLetters == nil {
		props.Function.deadLetters = e.letters // so that its alarms and its row of a dashboard show them
	}
	return e
}

// addBus lets in the one role of the other account, with events of S3 alone, which AWS takes from nobody but S3.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-example-policy-cross-account-custom-bus-source.html
func (e *EventQueue) addBus(props EventQueueProps) {
	account, _ := contract.RoleAccount(props.SenderRoleARN) // which Validate has checked
	e.bus = awsevents.NewEventBus(e.node, jsii.String("Bus"), &awsevents.EventBusProps{EventBusName: jsii.String(props.Name)})
	awsevents.NewCfnEventBusPolicy(e.node, jsii.String("BusPolicy"), &awsevents.CfnEventBusPolicyProps{
		EventBusName: e.bus.EventBusName(), StatementId: jsii.String("ObjectEvents"),
		Statement: map[string]any{
			"Sid": "ObjectEvents", "Effect": "Allow", "Action": "events:PutEvents", "Resource": *e.bus.EventBusArn(),
			"Principal": map[string]any{"AWS": *awsiam.NewAccountPrincipal(account).Arn()},
			"Condition": map[string]any{
				"ArnEquals":                 map[string]any{"aws:PrincipalArn": props.SenderRoleARN},
				"ForAllValues:StringEquals": map[string]any{"events:source": "aws.s3"},
			},
		},
	})
	// By its name and not by reference, which the local AWS of the sandbox cannot resolve.
	named := awsevents.EventBus_FromEventBusName(e.node, jsii.String("NamedBus"), jsii.String(props.Name))
	rule := awsevents.NewRule(e.node, jsii.String("Rule"), &awsevents.RuleProps{
		RuleName: jsii.String(props.Name), EventBus: named, Description: jsii.String("Objects created in " + props.BucketName + ", to queue " + props.Name),
		EventPattern: props.Filter.pattern(props.BucketName),
	})
	rule.AddTarget(awseventstargets.NewSqsQueue(e.queue, &awseventstargets.SqsQueueProps{DeadLetterQueue: e.letters.queue}))
	rule.Node().AddDependency(e.bus)
	intent.Mark(rule.Node().DefaultChild().(awsevents.CfnRule))
}

// Queue returns the queue that the function gets its events from.
func (e *EventQueue) Queue() awssqs.IQueue { return e.queue }

// Failed returns the dead-letter queue.
func (e *EventQueue) Failed() *DeadLetters { return e.letters }

// Node returns the construct's node in the tree.
func (e *EventQueue) Node() constructs.Node { return e.node.Node() }
