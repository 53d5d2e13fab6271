package workload

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
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
	var problems []error
	if p.Function == nil {
		problems = append(problems, errors.New("Function: found nil, expected the function to watch"))
	}
	if p.Topic == nil {
		problems = append(problems, errors.New("Topic: found nil, expected where the alarms go"))
	}
	if p.Function != nil && p.Topic != nil && !strings.HasPrefix(p.Function.name, p.Topic.props.AlarmPrefix) {
		problems = append(problems, fmt.Errorf("Function: found %s, expected a name that begins with %q, the alarms of which may publish to the topic", p.Function.name, p.Topic.props.AlarmPrefix))
	}
	return errors.Join(problems...)
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
		a.add(props.Topic, name, description, metric.With(&awscloudwatch.MetricOptions{
			Statistic: jsii.String(statistic), Period: seconds(alarmPeriod),
		}), threshold)
	}
	name := props.Function.name
	over(function.MetricErrors(nil), "Sum", 0, name+"-errors", "Invocations of "+name+" failed; its log group /aws/lambda/"+name+" says why")
	over(function.MetricThrottles(nil), "Sum", 0, name+"-throttles", "Invocations of "+name+" were refused: the account's concurrency is used up")
	near := time.Duration(nearTimeout * float64(limit)).Milliseconds()
	over(function.MetricDuration(nil), "Maximum", float64(near), name+"-duration", fmt.Sprintf("An invocation of %s took more than %d ms of the %d ms it may", name, near, limit.Milliseconds()))
	if letters := props.Function.deadLetters; letters != nil {
		a.watchLetters(props.Topic, letters.name, letters.queue)
	}
	return a
}

// watchLetters has an alarm for whatever is in a dead-letter queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html
func (a *FunctionAlarms) watchLetters(topic *AlarmTopic, name string, queue awssqs.Queue) {
	a.add(topic, name+"-messages", "Something could not be done and waits in "+name+": mend the cause, then send it again",
		queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: seconds(alarmPeriod)}), 0)
}

func (a *FunctionAlarms) add(topic *AlarmTopic, name, description string, metric awscloudwatch.IMetric, threshold float64) {
	alarm := awscloudwatch.NewAlarm(a.node, jsii.String(name[strings.LastIndexByte(name, '-')+1:]), &awscloudwatch.AlarmProps{
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
