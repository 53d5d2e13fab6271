package workload

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// ObjectFilter selects the objects whose creation is an event. The zero value selects all objects of a bucket.
type ObjectFilter struct {
	// Prefixes select keys that begin with one of them, literally. Default any key.
	Prefixes []string
	// Suffixes select keys that end with one of them, literally. Default any key.
	Suffixes []string
}

func (f ObjectFilter) problems() (problems []error) {
	for field, values := range map[string][]string{"Prefixes": f.Prefixes, "Suffixes": f.Suffixes} {
		for i, value := range values {
			if value == "" {
				problems = append(problems, fmt.Errorf("%s[%d]: found nothing, expected text, or no list to select all keys", field, i))
			}
		}
	}
	return problems
}

// keys returns the event pattern of the selected keys; nil for all. A prefix and a suffix together need a wildcard pattern, in which * and \
// are escaped.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func (f ObjectFilter) keys() *[]any {
	var keys []any
	literal := strings.NewReplacer(`\`, `\\`, `*`, `\*`)
	for _, prefix := range f.Prefixes {
		if len(f.Suffixes) == 0 {
			keys = append(keys, map[string]any{"prefix": prefix})
		}
		for _, suffix := range f.Suffixes {
			keys = append(keys, map[string]any{"wildcard": literal.Replace(prefix) + "*" + literal.Replace(suffix)})
		}
	}
	if len(f.Prefixes) == 0 {
		for _, suffix := range f.Suffixes {
			keys = append(keys, map[string]any{"suffix": suffix})
		}
	}
	if keys == nil {
		return nil
	}
	return &keys
}

// pattern returns the event pattern of objects created in a bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
func (f ObjectFilter) pattern(bucket string) *awsevents.EventPattern {
	detail := map[string]any{"bucket": map[string]any{"name": []any{bucket}}}
	if keys := f.keys(); keys != nil {
		detail["object"] = map[string]any{"key": *keys}
	}
	return &awsevents.EventPattern{
		Source: jsii.Strings("aws.s3"), DetailType: jsii.Strings("Object Created"), Detail: &detail,
	}
}

// examples returns events that the filter selects, with those fields of which every such event has these values: for each beginning and end, the
// shortest key and a longer one.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
func (f ObjectFilter) examples(stack awscdk.Stack, account, bucket string) []map[string]any {
	orAny := func(list []string) []string {
		if len(list) == 0 {
			return []string{""}
		}
		return list
	}
	region, arn := place.Region(stack), "arn:"+place.PartitionOf(stack)+":s3:::"+bucket
	var all []map[string]any
	for _, prefix := range orAny(f.Prefixes) {
		for _, suffix := range orAny(f.Suffixes) {
			for _, middle := range []string{"", "2026/example"} {
				if prefix+middle+suffix == "" {
					continue // no key
				}
				all = append(all, map[string]any{
					"version": "0", "source": "aws.s3", "detail-type": "Object Created", "account": account, "region": region,
					"resources": []string{arn},
					"detail":    map[string]any{"bucket": map[string]any{"name": bucket}, "object": map[string]any{"key": prefix + middle + suffix}},
				})
			}
		}
	}
	return all
}

// ObjectEventsProps configures [ObjectEvents].
type ObjectEventsProps struct {
	// Name is the name of the rule, at most 56 letters, digits and "-". Its dead-letter queue is NAME-unsent. Required.
	Name string
	// RoleName is the name of the rule's role, which the policy of the other account's bus allows. Required.
	RoleName string
	// Bucket is the bucket. One that is imported has to send its events to EventBridge already: this construct cannot switch that on. Required.
	Bucket awss3.IBucket
	// Filter selects the objects. Default all.
	Filter ObjectFilter
	// To is the account and the region of the bus; the region is the bucket's. Required.
	To contract.Env
	// BusName is the name of the bus there. Required.
	BusName string
	// RemovalPolicy is what happens to unsent events when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

var eventsName = nameForm{regexp.MustCompile(`^[a-zA-Z0-9-]*$`), 1, 56}

// Validate returns all problems with the props, joined, or nil.
func (p ObjectEventsProps) Validate() error {
	problems := p.Filter.problems()
	if !eventsName.MatchString(p.Name) {
		problems = append(problems, fmt.Errorf("Name: found %q, expected 1 to 56 letters, digits and -", p.Name))
	}
	if !contract.IsRoleName(p.RoleName) {
		problems = append(problems, roleNameProblem(p.RoleName))
	}
	if p.Bucket == nil {
		problems = append(problems, errors.New("Bucket: found nil, expected the bucket of the objects"))
	}
	if !contract.IsAccountID(p.To.Account) || p.To.Region == "" {
		problems = append(problems, fmt.Errorf("To: found account %q and region %q, expected those of the bus", p.To.Account, p.To.Region))
	}
	if !eventsName.MatchString(p.BusName) {
		problems = append(problems, fmt.Errorf("BusName: found %q, expected 1 to 56 letters, digits and -", p.BusName))
	}
	return errors.Join(problems...)
}

// ObjectEvents sends an event for each object created in a bucket to another account's event bus, where an [EventQueue] receives it.
type ObjectEvents struct {
	node            constructs.Construct
	rule            awsevents.Rule
	role            awsiam.Role
	deadLetterQueue *DeadLetterQueue
}

// NewObjectEvents enables the bucket's events, and creates the rule, its role and a dead-letter queue for events that could not be sent
// within a day. It panics, with the construct's path and all problems, if the props are invalid.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
func NewObjectEvents(scope constructs.Construct, id string, props ObjectEventsProps) *ObjectEvents {
	validate("object events", scope, id, props)
	o := &ObjectEvents{node: place.New(scope, id)}
	stack := place.Stack(o.node)
	// For this, CDK would add a custom resource with a function and a role. CloudFormation has a property.
	created, isCreated := props.Bucket.Node().DefaultChild().(awss3.CfnBucket)
	if isCreated {
		created.AddPropertyOverride(jsii.String("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"), true)
	}
	o.deadLetterQueue = NewDeadLetterQueue(o.node, "Unsent", DeadLetterQueueProps{QueueName: props.Name + "-unsent", RemovalPolicy: props.RemovalPolicy})
	suppress.At(o.deadLetterQueue.queue.Node().DefaultChild().(awssqs.CfnQueue), suppress.Rule{
		ID: "AwsSolutions-SQS3", Reason: "It is a dead-letter queue itself, that of a rule's target, which the rule for queues does not see.",
	})
	bucket, local := *place.Once(props.Bucket, "name", props.Bucket.BucketName), busARN(stack, "default")
	bus := *stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("events"), Region: jsii.String(props.To.Region), Account: jsii.String(props.To.Account),
		Resource: jsii.String("event-bus"), ResourceName: jsii.String(props.BusName),
	})
	o.role = awsiam.NewRole(o.node, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String("Rule " + props.Name + ", to the bus of account " + props.To.Account),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": place.Account(stack)},
			"ArnEquals":    map[string]any{"aws:SourceArn": ruleARN(stack, props.Name)},
		}}),
	})
	o.rule = awsevents.NewRule(o.node, jsii.String("Rule"), &awsevents.RuleProps{
		RuleName:     jsii.String(props.Name),
		Description:  jsii.String("Objects created in " + props.Name + "'s bucket, to account " + props.To.Account),
		EventPattern: props.Filter.pattern(bucket),
	})
	o.rule.AddTarget(awseventstargets.NewEventBus(awsevents.EventBus_FromEventBusArn(o.node, jsii.String("Bus"), jsii.String(bus)),
		&awseventstargets.EventBusProps{Role: o.role, DeadLetterQueue: o.deadLetterQueue.queue}))
	events := props.Filter.examples(stack, place.Account(stack), bucket)
	intent.Deliver(o.node, "Notifications", contract.Delivery{From: *place.Once(props.Bucket, "arn", props.Bucket.BucketArn), To: local, External: !isCreated})
	intent.Deliver(o.node, "Events", contract.Delivery{From: local, To: bus, Events: events})
	intent.Deliver(o.node, "Unsent", contract.Delivery{From: *o.rule.RuleArn(), To: *o.deadLetterQueue.arn})
	return o
}

// Rule returns the rule that sends the events.
func (o *ObjectEvents) Rule() awsevents.IRule { return o.rule }

// Role returns the rule's role.
func (o *ObjectEvents) Role() awsiam.IRole { return o.role }

// DeadLetterQueue returns the queue of events that could not be sent.
func (o *ObjectEvents) DeadLetterQueue() *DeadLetterQueue { return o.deadLetterQueue }

// busARN returns the ARN of an event bus of the stack's account.
func busARN(stack awscdk.Stack, name string) string {
	return place.ARN(stack, "events", "event-bus/"+name)
}

// ruleARN returns the ARN of a rule of the account's default bus.
func ruleARN(stack awscdk.Stack, name string) string { return place.ARN(stack, "events", "rule/"+name) }

// Node returns the construct's node in the tree.
func (o *ObjectEvents) Node() constructs.Node { return o.node.Node() }

// EventQueueProps configures an [EventQueue].
type EventQueueProps struct {
	// Name is the name of the bus, the rule and the queue, at most 56 letters, digits and "-". The dead-letter queue is NAME-failed. Required.
	Name string
	// SenderRoleARN is the role of the other account's rule, the only principal that may put events on the bus. Required.
	SenderRoleARN string
	// BucketName is the bucket in which the objects are created. Required.
	BucketName string
	// Filter selects the objects. Default all whose events arrive.
	Filter ObjectFilter
	// Function gets the events, in batches, and returns those that failed. Required.
	Function *GoFunction
	// Topic gets the alarm of the dead-letter queue, whose name begins with its AlarmPrefix. Required.
	Topic *AlarmTopic
	// BatchSize is the largest number of events per invocation, 1 to 10. Default 10.
	BatchSize int
	// MaxReceiveCount is how often the function may fail an event before it moves to the dead-letter queue, 1 to 1,000. Default 3.
	MaxReceiveCount int
	// RemovalPolicy is what happens to queued events when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate returns all problems with the props, joined, or nil.
func (p EventQueueProps) Validate() error {
	problems := p.Filter.problems()
	if !eventsName.MatchString(p.Name) {
		problems = append(problems, fmt.Errorf("Name: found %q, expected 1 to 56 letters, digits and -", p.Name))
	}
	if _, ok := contract.RoleAccount(p.SenderRoleARN); !ok {
		problems = append(problems, fmt.Errorf("SenderRoleARN: found %q, expected the ARN of a role, such as arn:aws:iam::222222222222:role/NAME", p.SenderRoleARN))
	}
	if !bucketName.MatchString(p.BucketName) {
		problems = append(problems, bucketNameProblem(p.BucketName))
	}
	if p.Function == nil {
		problems = append(problems, errors.New("Function: found nil, expected the function that gets the events"))
	}
	if err := p.Topic.problem("Name", p.Name); err != nil {
		problems = append(problems, err)
	}
	if p.BatchSize != 0 && (p.BatchSize < 1 || p.BatchSize > 10) {
		problems = append(problems, fmt.Errorf("BatchSize: found %d, expected 1 to 10", p.BatchSize))
	}
	if p.MaxReceiveCount != 0 && (p.MaxReceiveCount < 1 || p.MaxReceiveCount > 1000) {
		problems = append(problems, fmt.Errorf("MaxReceiveCount: found %d, expected 1 to 1000", p.MaxReceiveCount))
	}
	return errors.Join(problems...)
}

// EventQueue delivers another account's events of created objects to a function: an event bus on which one role of that account may put
// events of S3, a queue that keeps each event until the function has processed it, with an alarm for events that nobody processes, and a dead-letter
// queue with an alarm for events that failed every time. An event may arrive late, or more than once.
type EventQueue struct {
	node            constructs.Construct
	bus             awsevents.EventBus
	rule            awsevents.Rule
	queue           awssqs.Queue
	deadLetterQueue *DeadLetterQueue
	alarm, age      awscloudwatch.IAlarm
}

// NewEventQueue creates the bus with its policy, the rule, both queues, their alarms, and the function's permission to receive from the queue.
// The dead-letter queue also appears in the function's row of a [Dashboard]. NewEventQueue panics, with the construct's path and all
// problems, if the props are invalid.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func NewEventQueue(scope constructs.Construct, id string, props EventQueueProps) *EventQueue {
	validate("event queue", scope, id, props)
	e := &EventQueue{node: place.New(scope, id)}
	e.deadLetterQueue = NewDeadLetterQueue(e.node, "Failed", DeadLetterQueueProps{QueueName: props.Name + "-failed", RemovalPolicy: props.RemovalPolicy})
	e.queue = newQueue(e.node, "Queue", awssqs.QueueProps{
		QueueName:         jsii.String(props.Name),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: e.deadLetterQueue.queue, MaxReceiveCount: jsii.Number(cmp.Or(props.MaxReceiveCount, defaultReceives))},
		VisibilityTimeout: seconds(e.node, visibility(props.Function)),
		RetentionPeriod:   seconds(e.node, maxRetention-10*24*time.Hour), // retention counts from the first sending: ten days are left in the dead-letter queue
		RemovalPolicy:     props.RemovalPolicy,
	})
	e.addBus(props)
	props.Function.function.AddEventSource(awslambdaeventsources.NewSqsEventSource(e.queue, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(cmp.Or(props.BatchSize, 10)), ReportBatchItemFailures: jsii.Bool(true),
		MaxConcurrency: jsii.Number(5), // many events must not use up the account's concurrency
	}))
	e.record(props)
	e.alarm = e.deadLetterQueue.addAlarm(e.node, props.Topic)
	props.Function.addFailures(e.deadLetterQueue.messages())
	e.addAgeAlarm(props)
	return e
}

// addAgeAlarm creates the alarm of events that nobody processes: Lambda no longer polls the queue, or cannot. After four days such events are lost,
// without ever getting into the dead-letter queue. An event that fails each time is in that queue by then.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func (e *EventQueue) addAgeAlarm(props EventQueueProps) {
	longest := max(time.Duration(cmp.Or(props.MaxReceiveCount, defaultReceives))*visibility(props.Function), 15*time.Minute)
	metric := e.queue.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: seconds(e.node, metricPeriod)})
	e.age = addAlarm(e.node, props.Topic, props.Name+"-age", fmt.Sprintf("Events wait longer than %s in queue %s: see whether function %s is invoked, and whether "+
		"its event source mapping is enabled and may receive from the queue", longest, props.Name, props.Function.name), metric, threshold{above: longest.Seconds()})
}

// defaultReceives is how often the function may fail an event.
const defaultReceives = 3

// visibility returns how long an event stays with the function. As Lambda recommends, it can retry a throttled batch before its messages become
// visible again.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func visibility(f *GoFunction) time.Duration { return 6 * f.timeout }

// record records the way of an event. What the function's stack refers to is recorded there.
func (e *EventQueue) record(props EventQueueProps) {
	stack, queue := place.Stack(e.node), *e.queue.QueueArn()
	account, _ := contract.RoleAccount(props.SenderRoleARN)
	events := props.Filter.examples(stack, account, props.BucketName)
	intent.Deliver(e.node, "Events", contract.Delivery{From: *place.Once(e.bus, "arn", e.bus.EventBusArn), To: queue, Events: events})
	intent.Deliver(e.node, "Unsent", contract.Delivery{From: *e.rule.RuleArn(), To: *e.deadLetterQueue.arn})
	intent.Deliver(e.node, "Failed", contract.Delivery{From: queue, To: *e.deadLetterQueue.arn})
	intent.Deliver(props.Function.function, "Messages of "+place.Path(e.node), contract.Delivery{
		From: queue, To: *props.Function.arn, Events: events, ReportsFailures: true,
	})
}

// addBus creates the bus and its rule. The policy allows one role of the other account to put events of S3, and AWS accepts that source from
// S3 only.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-example-policy-cross-account-custom-bus-source.html
func (e *EventQueue) addBus(props EventQueueProps) {
	account, _ := contract.RoleAccount(props.SenderRoleARN) // checked by Validate
	e.bus = awsevents.NewEventBus(e.node, jsii.String("Bus"), &awsevents.EventBusProps{EventBusName: jsii.String(props.Name)})
	awsevents.NewCfnEventBusPolicy(e.node, jsii.String("BusPolicy"), &awsevents.CfnEventBusPolicyProps{
		EventBusName: e.bus.EventBusName(), StatementId: jsii.String("ObjectEvents"),
		Statement: map[string]any{
			"Sid": "ObjectEvents", "Effect": "Allow", "Action": "events:PutEvents", "Resource": *place.Once(e.bus, "arn", e.bus.EventBusArn),
			"Principal": map[string]any{"AWS": *awsiam.NewAccountPrincipal(account).Arn()},
			"Condition": map[string]any{
				"ArnEquals":                 map[string]any{"aws:PrincipalArn": props.SenderRoleARN},
				"ForAllValues:StringEquals": map[string]any{"events:source": "aws.s3"},
			},
		},
	})
	// By name, because the sandbox's local AWS cannot resolve the reference.
	named := awsevents.EventBus_FromEventBusName(e.node, jsii.String("NamedBus"), jsii.String(props.Name))
	e.rule = awsevents.NewRule(e.node, jsii.String("Rule"), &awsevents.RuleProps{
		RuleName: jsii.String(props.Name), EventBus: named, Description: jsii.String("Objects created in " + props.BucketName + ", to queue " + props.Name),
		EventPattern: props.Filter.pattern(props.BucketName),
	})
	e.rule.AddTarget(awseventstargets.NewSqsQueue(e.queue, &awseventstargets.SqsQueueProps{DeadLetterQueue: e.deadLetterQueue.queue}))
	e.rule.Node().AddDependency(e.bus)
}

// Bus returns the event bus.
func (e *EventQueue) Bus() awsevents.IEventBus { return e.bus }

// Rule returns the rule that sends events from the bus to the queue.
func (e *EventQueue) Rule() awsevents.IRule { return e.rule }

// Queue returns the queue from which the function receives events.
func (e *EventQueue) Queue() awssqs.IQueue { return e.queue }

// DeadLetterQueue returns the queue of events that failed every time.
func (e *EventQueue) DeadLetterQueue() *DeadLetterQueue { return e.deadLetterQueue }

// Alarm returns the alarm of the dead-letter queue.
func (e *EventQueue) Alarm() awscloudwatch.IAlarm { return e.alarm }

// Age returns the alarm of events that wait too long.
func (e *EventQueue) Age() awscloudwatch.IAlarm { return e.age }

// Node returns the construct's node in the tree.
func (e *EventQueue) Node() constructs.Node { return e.node.Node() }
