package workload

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/intent"
)

// FunctionAlarmsProps configures [FunctionAlarms].
type FunctionAlarmsProps struct {
	// Function is the function that is watched. Required.
	Function *GoFunction
	// Topic gets the alarms; the function's name begins with its AlarmPrefix. Required.
	Topic *AlarmTopic
}

// Validate returns everything that is wrong with the props, or nil.
func (p FunctionAlarmsProps) Validate() error {
	if p.Function == nil {
		return errors.Join(errors.New("Function: found nil, expected the function to watch"), p.Topic.problem("Function", ""))
	}
	return p.Topic.problem("Function", p.Function.name)
}

const (
	alarmPeriod = 5 * time.Minute
	// nearTimeout is the part of a function's timeout from which its duration is an alarm.
	nearTimeout = 0.9
)

// FunctionAlarms tell that invocations of a function failed, were throttled, or took nearly as long as they may; and that there is
// something in its dead-letter queue, if it has one. A function that was not invoked is no alarm.
type FunctionAlarms struct {
	node constructs.Construct
}

// NewFunctionAlarms creates the alarms, named FUNCTION-errors, FUNCTION-throttles, FUNCTION-duration and QUEUE-messages. It panics, with
// the construct's path and every problem, if the props are invalid.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func NewFunctionAlarms(scope constructs.Construct, id string, props FunctionAlarmsProps) *FunctionAlarms {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("function alarms %s:\n%w", pathOf(scope, id), err))
	}
	a := &FunctionAlarms{node: constructs.NewConstruct(scope, jsii.String(id))}
	function, limit := props.Function.function, props.Function.timeout
	over := func(metric awscloudwatch.Metric, statistic string, threshold float64, name, description string) {
		addAlarm(a.node, props.Topic, name, description, metric.With(&awscloudwatch.MetricOptions{
			Statistic: jsii.String(statistic), Period: seconds(alarmPeriod),
		}), threshold)
	}
	name := props.Function.name
	over(function.MetricErrors(nil), "Sum", 0, name+"-errors", "Invocations of "+name+" failed; its log group /aws/lambda/"+name+" says why")
	over(function.MetricThrottles(nil), "Sum", 0, name+"-throttles", "Invocations of "+name+" were refused: the account's concurrency is used up")
	near := time.Duration(nearTimeout * float64(limit)).Milliseconds()
	over(function.MetricDuration(nil), "Maximum", float64(near), name+"-duration", fmt.Sprintf("An invocation of %s took more than %d ms of the %d ms it may", name, near, limit.Milliseconds()))
	if letters := props.Function.deadLetters; letters != nil {
		letters.watch(a.node, props.Topic)
	}
	return a
}

// watch adds an alarm for whatever is in the queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html
func (d *DeadLetters) watch(scope constructs.Construct, topic *AlarmTopic) {
	addAlarm(scope, topic, d.name+"-messages", "Something could not be done and waits in "+d.name+": mend the cause, then send it again",
		d.queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: seconds(alarmPeriod)}), 0)
}

// DeadLettersAlarmProps configures [DeadLettersAlarm].
type DeadLettersAlarmProps struct {
	// DeadLetters is the queue that is watched, of no function that has alarms: theirs are watched with them. Required.
	DeadLetters *DeadLetters
	// Topic gets the alarm; the queue's name begins with its AlarmPrefix. Required.
	Topic *AlarmTopic
}

// Validate returns everything that is wrong with the props, or nil.
func (p DeadLettersAlarmProps) Validate() error {
	if p.DeadLetters == nil {
		return errors.Join(errors.New("DeadLetters: found nil, expected the queue to watch"), p.Topic.problem("DeadLetters", ""))
	}
	return p.Topic.problem("DeadLetters", p.DeadLetters.name)
}

// DeadLettersAlarm tells that there is something in a dead-letter queue.
type DeadLettersAlarm struct {
	node constructs.Construct
}

// NewDeadLettersAlarm creates the alarm, named QUEUE-messages. It panics, with the construct's path and every problem, if the props are
// invalid.
func NewDeadLettersAlarm(scope constructs.Construct, id string, props DeadLettersAlarmProps) *DeadLettersAlarm {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("dead-letter alarm %s:\n%w", pathOf(scope, id), err))
	}
	a := &DeadLettersAlarm{node: constructs.NewConstruct(scope, jsii.String(id))}
	props.DeadLetters.watch(a.node, props.Topic)
	return a
}

// Node returns the construct's node in the tree.
func (a *DeadLettersAlarm) Node() constructs.Node { return a.node.Node() }

// problem returns what is wrong with a topic for the alarms of something, which a field names.
func (t *AlarmTopic) problem(field, name string) error {
	switch {
	case t == nil:
		return errors.New("Topic: found nil, expected where the alarms go")
	case name != "" && !strings.HasPrefix(name, t.props.AlarmPrefix):
		return fmt.Errorf("%s: found %s, expected a name that begins with %q, the alarms of which may publish to the topic", field, name, t.props.AlarmPrefix)
	}
	return nil
}

func addAlarm(scope constructs.Construct, topic *AlarmTopic, name, description string, metric awscloudwatch.IMetric, threshold float64) {
	alarm := awscloudwatch.NewAlarm(scope, jsii.String(name[strings.LastIndexByte(name, '-')+1:]), &awscloudwatch.AlarmProps{
		AlarmName:          jsii.String(name),
		AlarmDescription:   jsii.String(description),
		Metric:             metric,
		Threshold:          jsii.Number(threshold),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(topic.topic))
	intent.Mark(alarm.Node().DefaultChild().(awscloudwatch.CfnAlarm))
}

// Node returns the construct's node in the tree.
func (a *FunctionAlarms) Node() constructs.Node { return a.node.Node() }
