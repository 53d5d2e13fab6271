package workload

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
)

// AlarmTopicProps configures an [AlarmTopic].
type AlarmTopicProps struct {
	// TopicName is the topic's name, at most 256 letters, digits, "-" and "_". Required.
	TopicName string
	// AlarmPrefix begins the names of all alarms that may publish, at least 3 letters, digits, "-" and "_". Required.
	AlarmPrefix string
	// Emails are the addresses that get an email for each alarm, once they have confirmed the subscription. Default none.
	Emails []string
	// RemovalPolicy is what happens to the key when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
var (
	topicName   = nameForm{regexp.MustCompile(`^[a-zA-Z0-9-_]*$`), 1, 256}
	alarmPrefix = nameForm{regexp.MustCompile(`^[a-zA-Z0-9-_]*$`), 3, 200}
)

// Validate returns all problems with the props, joined, or nil.
func (p AlarmTopicProps) Validate() error {
	var problems []error
	if !topicName.MatchString(p.TopicName) {
		problems = append(problems, fmt.Errorf("TopicName: found %q, expected 1 to 256 letters, digits, - and _", p.TopicName))
	}
	if !alarmPrefix.MatchString(p.AlarmPrefix) {
		problems = append(problems, fmt.Errorf("AlarmPrefix: found %q, expected 3 to 200 letters, digits, - and _", p.AlarmPrefix))
	}
	for i, address := range p.Emails {
		if !IsEmail(address) {
			problems = append(problems, fmt.Errorf("Emails[%d]: found %q, expected an address such as ops@example.com", i, address))
		} else if slices.Contains(p.Emails[:i], address) {
			problems = append(problems, fmt.Errorf("Emails[%d]: found %q twice, expected each once", i, address))
		}
	}
	return errors.Join(problems...)
}

// IsEmail reports whether text is one email address without a display name, at a domain with a dot.
func IsEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text {
		return false
	}
	domain := text[strings.LastIndexByte(text, '@')+1:]
	return strings.Contains(domain, ".") && !strings.HasSuffix(domain, ".") && !strings.ContainsAny(text, " \"<>")
}

// AlarmTopic is an SNS topic for CloudWatch alarms, encrypted with a customer key: CloudWatch cannot publish to a topic that is encrypted
// with AWS's own key for SNS.
type AlarmTopic struct {
	node   constructs.Construct
	topic  awssns.Topic
	arn    *string
	action awscloudwatch.IAlarmAction // of all alarms
	key    awskms.Key
	props  AlarmTopicProps
}

// NewAlarmTopic creates the topic, its key and its subscriptions. It panics, with the construct's path and all problems, if the props
// are invalid.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
func NewAlarmTopic(scope constructs.Construct, id string, props AlarmTopicProps) *AlarmTopic {
	validate("alarm topic", scope, id, props)
	t := &AlarmTopic{node: place.New(scope, id), props: props}
	t.key = awskms.NewKey(t.node, jsii.String("Key"), &awskms.KeyProps{
		Description:       jsii.String("Alarms of topic " + props.TopicName),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     cmp.Or(props.RemovalPolicy, defaultRemoval),
	})
	t.topic = awssns.NewTopic(t.node, jsii.String("Topic"), &awssns.TopicProps{
		TopicName: jsii.String(props.TopicName), MasterKey: t.key, EnforceSSL: jsii.Bool(true),
	})
	t.arn, t.action = place.Once(t.topic, "arn", t.topic.TopicArn), awscloudwatchactions.NewSnsAction(t.topic)
	stack := place.Stack(t.node)
	fromAlarms := &map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": place.Account(stack)},
		"ArnLike":      map[string]any{"aws:SourceArn": place.ARN(stack, "cloudwatch", "alarm:"+props.AlarmPrefix+"*")},
	}
	cloudWatch := []awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)}
	t.topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("AlarmsPublish"), Principals: &cloudWatch, Actions: jsii.Strings("sns:Publish"),
		Resources: jsii.Strings(*t.arn), Conditions: fromAlarms,
	}))
	t.key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("AlarmsEncrypt"), Principals: &cloudWatch, Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"),
		Resources: jsii.Strings("*"), Conditions: fromAlarms, // in a key policy, * is the key itself
	}), nil)
	for _, address := range props.Emails {
		t.topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(address), nil))
	}
	return t
}

// Topic returns the SNS topic.
func (t *AlarmTopic) Topic() awssns.ITopic { return t.topic }

// Key returns the topic's encryption key.
func (t *AlarmTopic) Key() awskms.IKey { return t.key }

// Node returns the construct's node in the tree.
func (t *AlarmTopic) Node() constructs.Node { return t.node.Node() }

// problem returns why the topic does not take the alarms of what a field of the props names; an empty name is not checked.
func (t *AlarmTopic) problem(field, name string) error {
	switch {
	case t == nil:
		return errors.New("Topic: found nil, expected the topic for the alarms")
	case name != "" && !strings.HasPrefix(name, t.props.AlarmPrefix):
		return fmt.Errorf("%s: found %s, expected a name that begins with %q, the prefix of the alarms that may publish to the topic", field, name, t.props.AlarmPrefix)
	}
	return nil
}

// nearTimeout is the fraction of a function's timeout above which a duration raises an alarm.
const nearTimeout = 0.9

// threshold is when a metric raises an alarm.
type threshold struct {
	// above is the value that the metric exceeds.
	above float64
	// periods is in how many periods in a row. Default 1.
	periods int
	// missing is what missing data is. Default no alarm.
	missing awscloudwatch.TreatMissingData
}

// addAlarm creates an alarm for a metric above a threshold. The construct's id is the last word of the name.
func addAlarm(scope constructs.Construct, topic *AlarmTopic, name, description string, metric awscloudwatch.IMetric, t threshold) awscloudwatch.Alarm {
	id := name[strings.LastIndexByte(name, '-')+1:]
	alarm := place.In(scope, id, awscloudwatch.NewAlarm(scope, jsii.String(id), &awscloudwatch.AlarmProps{
		AlarmName:          jsii.String(name),
		AlarmDescription:   jsii.String(description),
		Metric:             metric,
		Threshold:          jsii.Number(t.above),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		EvaluationPeriods:  jsii.Number(cmp.Or(t.periods, 1)),
		TreatMissingData:   cmp.Or(t.missing, awscloudwatch.TreatMissingData_NOT_BREACHING),
	}))
	alarm.AddAlarmAction(topic.action)
	intent.Deliver(alarm, "Notify", contract.Delivery{From: *alarm.AlarmArn(), To: *topic.arn})
	return alarm
}

// addAlarm creates an alarm for any message in the queue, named QUEUE-messages.
func (d *DeadLetterQueue) addAlarm(scope constructs.Construct, topic *AlarmTopic) awscloudwatch.Alarm {
	return addAlarm(scope, topic, d.name+"-messages", "Messages are in the dead-letter queue "+d.name+": fix the cause, then send them again", d.messages(), threshold{})
}

// FunctionAlarmsProps configures [FunctionAlarms].
type FunctionAlarmsProps struct {
	// Function is the function to monitor. Required.
	Function *GoFunction
	// Topic gets the alarms; the names of the function and of its dead-letter queue begin with its AlarmPrefix. Required.
	Topic *AlarmTopic
}

// Validate returns all problems with the props, joined, or nil.
func (p FunctionAlarmsProps) Validate() error {
	if p.Function == nil {
		return errors.Join(errors.New("Function: found nil, expected the function to monitor"), p.Topic.problem("Function", ""))
	}
	problems := []error{p.Topic.problem("Function", p.Function.name)}
	if queue := p.Function.deadLetterQueue; queue != nil && p.Topic != nil {
		problems = append(problems, p.Topic.problem("Function.DeadLetterQueue", queue.name))
	}
	return errors.Join(problems...)
}

// FunctionAlarms are the alarms of a function: an invocation failed, was throttled, or took nearly as long as the timeout; a message is in the
// function's own dead-letter queue, if it has one; or the function answered that AWS denied its access, that it failed, or, for 15 minutes, that
// AWS throttled it, if it has AnswersFailures. An [EventQueue] has alarms for its own queues. No invocations are no alarm.
type FunctionAlarms struct {
	node                                  constructs.Construct
	errors, throttles, duration, messages awscloudwatch.IAlarm
	denied, failed, throttled             awscloudwatch.IAlarm // by what the function answers
}

// NewFunctionAlarms creates the alarms, named FUNCTION-errors, FUNCTION-throttles, FUNCTION-duration and QUEUE-messages; and FUNCTION-403,
// FUNCTION-5xx and FUNCTION-429 by the status of its answers. It panics, with the construct's path and all problems, if the props are invalid.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func NewFunctionAlarms(scope constructs.Construct, id string, props FunctionAlarmsProps) *FunctionAlarms {
	validate("function alarms", scope, id, props)
	a := &FunctionAlarms{node: place.New(scope, id)}
	name, limit, metrics := props.Function.name, props.Function.timeout, props.Function.invocationMetrics()
	over := func(metric awscloudwatch.Metric, above float64, suffix, description string) awscloudwatch.IAlarm {
		return addAlarm(a.node, props.Topic, name+suffix, description, metric, threshold{above: above})
	}
	a.errors = over(metrics.errors, 0, "-errors", "Invocations of "+name+" failed; "+inLogs(logName(name), `level = "ERROR" or record.status in ["error", "failure", "timeout"]`))
	a.throttles = over(metrics.throttles, 0, "-throttles", "Invocations of "+name+" were refused: the account's concurrency is used up")
	near := time.Duration(nearTimeout * float64(limit)).Milliseconds()
	a.duration = over(metrics.duration, float64(near), "-duration",
		fmt.Sprintf("An invocation of %s took more than %d ms of its timeout of %d ms", name, near, limit.Milliseconds()))
	if queue := props.Function.deadLetterQueue; queue != nil {
		a.messages = queue.addAlarm(a.node, props.Topic)
	}
	if props.Function.answersFailures {
		alarms := a.newAnswerAlarms(props.Function, props.Topic)
		a.denied, a.failed, a.throttled = alarms[0], alarms[1], alarms[2]
	}
	return a
}

// Errors returns the alarm of failed invocations.
func (a *FunctionAlarms) Errors() awscloudwatch.IAlarm { return a.errors }

// Throttles returns the alarm of throttled invocations.
func (a *FunctionAlarms) Throttles() awscloudwatch.IAlarm { return a.throttles }

// Duration returns the alarm of invocations that took nearly as long as the timeout.
func (a *FunctionAlarms) Duration() awscloudwatch.IAlarm { return a.duration }

// Messages returns the alarm of messages in the function's own dead-letter queue; nil if it has none.
func (a *FunctionAlarms) Messages() awscloudwatch.IAlarm { return a.messages }

// Denied returns the alarm of answers that AWS denied the function its access, status 403; nil if the function does not answer failures.
func (a *FunctionAlarms) Denied() awscloudwatch.IAlarm { return a.denied }

// Failed returns the alarm of answers that the function failed, status 500 to 599; nil if the function does not answer failures.
func (a *FunctionAlarms) Failed() awscloudwatch.IAlarm { return a.failed }

// Throttled returns the alarm of answers that AWS throttled the function's calls, status 429; nil if the function does not answer failures.
func (a *FunctionAlarms) Throttled() awscloudwatch.IAlarm { return a.throttled }

// Node returns the construct's node in the tree.
func (a *FunctionAlarms) Node() constructs.Node { return a.node.Node() }

// DeadLetterQueueAlarmProps configures a [DeadLetterQueueAlarm].
type DeadLetterQueueAlarmProps struct {
	// DeadLetterQueue is the queue to monitor, such as that of an [ObjectEvents]. Those of functions and of an [EventQueue] have alarms
	// already. Required.
	DeadLetterQueue *DeadLetterQueue
	// Topic gets the alarm; the queue's name begins with its AlarmPrefix. Required.
	Topic *AlarmTopic
}

// Validate returns all problems with the props, joined, or nil.
func (p DeadLetterQueueAlarmProps) Validate() error {
	if p.DeadLetterQueue == nil {
		return errors.Join(errors.New("DeadLetterQueue: found nil, expected the queue to monitor"), p.Topic.problem("DeadLetterQueue", ""))
	}
	return p.Topic.problem("DeadLetterQueue", p.DeadLetterQueue.name)
}

// DeadLetterQueueAlarm is the alarm of messages in a dead-letter queue.
type DeadLetterQueueAlarm struct {
	node  constructs.Construct
	alarm awscloudwatch.Alarm
}

// NewDeadLetterQueueAlarm creates the alarm, named QUEUE-messages. It panics, with the construct's path and all problems, if the props are
// invalid.
func NewDeadLetterQueueAlarm(scope constructs.Construct, id string, props DeadLetterQueueAlarmProps) *DeadLetterQueueAlarm {
	validate("dead-letter queue alarm", scope, id, props)
	a := &DeadLetterQueueAlarm{node: place.New(scope, id)}
	a.alarm = props.DeadLetterQueue.addAlarm(a.node, props.Topic)
	return a
}

// Alarm returns the alarm.
func (a *DeadLetterQueueAlarm) Alarm() awscloudwatch.IAlarm { return a.alarm }

// Node returns the construct's node in the tree.
func (a *DeadLetterQueueAlarm) Node() constructs.Node { return a.node.Node() }

// DashboardProps configures a [Dashboard].
type DashboardProps struct {
	// DashboardName is the dashboard's name, at most 255 letters, digits, "-" and "_". Required.
	DashboardName string
	// Functions are the functions to show, one row each. At least one is required.
	Functions []*GoFunction
	// Copies are the state machines to show, one row each, behind the functions. Default none.
	Copies []*DistributedCopy
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
var dashboardName = nameForm{regexp.MustCompile(`^[a-zA-Z0-9-_]*$`), 1, 255}

// Validate returns all problems with the props, joined, or nil.
func (p DashboardProps) Validate() error {
	var problems []error
	if !dashboardName.MatchString(p.DashboardName) {
		problems = append(problems, fmt.Errorf("DashboardName: found %q, expected 1 to 255 letters, digits, - and _", p.DashboardName))
	}
	if len(p.Functions) == 0 {
		problems = append(problems, errors.New("Functions: found none, expected at least one"))
	}
	return errors.Join(problems...)
}

// Dashboard shows a row for each function: invocations; errors, throttles, failures that it or its API answered, and messages in its dead-letter
// queues; and the longest duration. The row of a state machine has its runs, those that failed, were stopped or took too long, and the longest time.
type Dashboard struct {
	dashboard awscloudwatch.Dashboard
}

// NewDashboard creates the dashboard. It panics, with the construct's path and all problems, if the props are invalid.
func NewDashboard(scope constructs.Construct, id string, props DashboardProps) *Dashboard {
	validate("dashboard", scope, id, props)
	d := &Dashboard{dashboard: awscloudwatch.NewDashboard(scope, jsii.String(id), &awscloudwatch.DashboardProps{
		DashboardName: jsii.String(props.DashboardName), DefaultInterval: seconds(scope, 24*time.Hour),
	})}
	graph := func(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.GraphWidget {
		return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{Title: jsii.String(title), Left: &metrics, Width: jsii.Number(8), Height: jsii.Number(5)})
	}
	for _, f := range props.Functions {
		metrics := f.invocationMetrics()
		failures := graph(f.name+": failures", append([]awscloudwatch.IMetric{metrics.errors, metrics.throttles}, f.failures...)...)
		f.failureGraphs = append(f.failureGraphs, failures)
		d.dashboard.AddWidgets(graph(f.name+": invocations", f.function.MetricInvocations(metrics.sum)), failures, graph(f.name+": maximum duration", metrics.duration))
	}
	for _, c := range props.Copies {
		m := c.runMetrics()
		d.dashboard.AddWidgets(graph(c.name+" runs", m.started, m.succeeded), graph(c.name+" runs: failures", m.failed, m.aborted, m.timedOut), graph(c.name+" runs: longest time", m.time))
	}
	return d
}

// Dashboard returns the CloudWatch dashboard.
func (d *Dashboard) Dashboard() awscloudwatch.Dashboard { return d.dashboard }

// Node returns the dashboard's node in the tree.
func (d *Dashboard) Node() constructs.Node { return d.dashboard.Node() }
