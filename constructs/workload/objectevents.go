package workload

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// ObjectFilter tells of which created objects there are events. The zero value is all of a bucket's.
type ObjectFilter struct {
	// Prefixes are the beginnings of keys, literally; any of them. Default any.
	Prefixes []string
	// Suffixes are their ends, literally; any of them. Default any.
	Suffixes []string
}

func (f ObjectFilter) problems() (problems []error) {
	for field, values := range map[string][]string{"Prefixes": f.Prefixes, "Suffixes": f.Suffixes} {
		for i, value := range values {
			if value == "" {
				problems = append(problems, fmt.Errorf("%s[%d]: found nothing, expected text, or to leave the list out for all", field, i))
			}
		}
	}
	return problems
}

// keys is the pattern of an event's key; nil for all. Prefix and suffix of one key together take a wildcard, in which * and \ are escaped.
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

// pattern matches EventBridge's events of objects that were created in a bucket.
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

// ObjectEventsProps configures [ObjectEvents].
type ObjectEventsProps struct {
	// Name is what the rule and its dead-letter queue are called, at most 56 letters, digits and "-". Required.
	Name string
	// RoleName is the name of the rule's role, which the other account's bus trusts. Required.
	RoleName string
	// Bucket is the bucket, of this app. Required.
	Bucket awss3.Bucket
	// Filter tells of which objects. Default all.
	Filter ObjectFilter
	// To is where the bus is, in the bucket's region. Required.
	To contract.Env
	// BusName is the name of the bus there. Required.
	BusName string
	// RemovalPolicy is what happens to what could not be sent when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

var eventsName = regexp.MustCompile(`^[a-zA-Z0-9-]{1,56}$`)

// Validate returns everything that is wrong with the props, or nil.
func (p ObjectEventsProps) Validate() error {
	problems := p.Filter.problems()
	if !eventsName.MatchString(p.Name) {
		problems = append(problems, fmt.Errorf("Name: found %q, expected 1 to 56 letters, digits and -", p.Name))
	}
	if !contract.IsRoleName(p.RoleName) {
		problems = append(problems, fmt.Errorf("RoleName: found %q, expected 1 to 64 letters, digits and -_.+=,@", p.RoleName))
	}
	if p.Bucket == nil {
		problems = append(problems, errors.New("Bucket: found nil, expected the bucket whose objects are told of"))
	}
	if !contract.IsAccountID(p.To.Account) || p.To.Region == "" {
		problems = append(problems, fmt.Errorf("To: found account %q and region %q, expected those of the bus", p.To.Account, p.To.Region))
	}
	if !eventsName.MatchString(p.BusName) {
		problems = append(problems, fmt.Errorf("BusName: found %q, expected 1 to 56 letters, digits and -", p.BusName))
	}
	return errors.Join(problems...)
}

// ObjectEvents tells another account's event bus of the objects that are created in a bucket: an [EventQueue] there takes them.
type ObjectEvents struct {
	node   constructs.Construct
	unsent *DeadLetters
}

// NewObjectEvents switches the bucket's events on, and creates the rule, its role and a queue for what could not be sent within a day. It
// panics, with the construct's path and every problem, if the props are invalid.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
func NewObjectEvents(scope constructs.Construct, id string, props ObjectEventsProps) *ObjectEvents {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("object events %s:\n%w", pathOf(scope, id), err))
	}
	o := &ObjectEvents{node: constructs.NewConstruct(scope, jsii.String(id))}
	stack := awscdk.Stack_Of(o.node)
	// CDK would add a function with a role of its own to say this to S3, which CloudFormation can say by itself.
	props.Bucket.Node().DefaultChild().(awss3.CfnBucket).AddPropertyOverride(jsii.String("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"), true)
	letters := NewDeadLetters(o.node, "Unsent", DeadLettersProps{QueueName: props.Name + "-unsent", RemovalPolicy: props.RemovalPolicy})
	o.unsent = letters
	suppress.At(letters.queue.Node().DefaultChild().(awssqs.CfnQueue), suppress.Rule{
		ID: "AwsSolutions-SQS3", Reason: "It is a dead-letter queue itself, that of a rule's target, which the rule for queues does not see.",
	})
	bus := *stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("events"), Region: jsii.String(props.To.Region), Account: jsii.String(props.To.Account),
		Resource: jsii.String("event-bus"), ResourceName: jsii.String(props.BusName),
	})
	role := awsiam.NewRole(o.node, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String("Rule " + props.Name + ", to the bus of account " + props.To.Account),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": *stack.Account()},
			"ArnEquals":    map[string]any{"aws:SourceArn": *ruleARN(stack, props.Name)},
		}}),
	})
	rule := awsevents.NewRule(o.node, jsii.String("Rule"), &awsevents.RuleProps{
		RuleName:     jsii.String(props.Name),
		Description:  jsii.String("Objects created in " + props.Name + "'s bucket, to account " + props.To.Account),
		EventPattern: props.Filter.pattern(*props.Bucket.BucketName()),
	})
	rule.AddTarget(awseventstargets.NewEventBus(awsevents.EventBus_FromEventBusArn(o.node, jsii.String("Bus"), jsii.String(bus)),
		&awseventstargets.EventBusProps{Role: role, DeadLetterQueue: letters.queue}))
	intent.Mark(rule.Node().DefaultChild().(awsevents.CfnRule))
	return o
}

// Unsent returns the queue of what could not be sent.
func (o *ObjectEvents) Unsent() *DeadLetters { return o.unsent }

// ruleARN is the ARN of a rule on the account's default bus.
func ruleARN(stack awscdk.Stack, name string) *string {
	return stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("events"), Resource: jsii.String("rule"), ResourceName: jsii.String(name)})
}

// Node returns the construct's node in the tree.
func (o *ObjectEvents) Node() constructs.Node { return o.node.Node() }
