package workload

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
)

// answerNamespace is the CloudWatch namespace of the metrics that are made from the functions' logs. A metric is named as its alarm.
const answerNamespace = "crossgrant"

// failedAnswers is a class of answers that a function with AnswersFailures logs, and what raises its alarm. A wrong request, status 400, is the
// caller's mistake and raises none.
type failedAnswers struct {
	suffix  string // of the names of metric and alarm
	pattern string // of a log line; lines of Lambda itself have no status at their top level
	query   string // the same condition in CloudWatch Logs Insights
	says    string
	periods int // in a row with such an answer
}

func failedAnswerClasses() []failedAnswers {
	return []failedAnswers{
		{"-403", "{ $.status = 403 }", "status = 403",
			"AWS denied %s its access: a policy, a role or a key has changed, or the other account's stack is not deployed", 1},
		{"-5xx", "{ ($.status >= 500) && ($.status < 600) }", "status >= 500", "%s answered that it failed", 1},
		// Each such answer stands for several attempts, and asks the caller to try again: a short burst needs nobody.
		{"-429", "{ $.status = 429 }", "status = 429", "AWS throttled the calls of %s in each of three periods in a row", 3},
	}
}

// newAnswerAlarms creates metrics and alarms of the failures that a function answers instead of failing, which Lambda counts as successes. They are
// in the order of failedAnswerClasses. The metrics come from the function's log lines: Lambda leaves a line that is JSON as it is. They have
// no default value, so CloudWatch bills them only for hours with a failure, and without one the alarms' data is missing.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func (a *FunctionAlarms) newAnswerAlarms(f *GoFunction, topic *AlarmTopic) (alarms []awscloudwatch.IAlarm) {
	for _, class := range failedAnswerClasses() {
		name := f.name + class.suffix
		filter := awslogs.NewMetricFilter(a.node, jsii.String("Answers"+class.suffix), &awslogs.MetricFilterProps{
			LogGroup: f.logs, FilterPattern: place.Once(place.Stack(a.node), "pattern "+class.pattern, func() awslogs.IFilterPattern {
				return awslogs.FilterPattern_Literal(jsii.String(class.pattern))
			}),
			MetricNamespace: jsii.String(answerNamespace), MetricName: jsii.String(name), MetricValue: jsii.String("1"),
		})
		metric := filter.Metric(f.invocationMetrics().sum)
		f.addFailures(metric)
		says := fmt.Sprintf(class.says, f.name) + "; " + inLogs(logName(f.name), class.query)
		alarms = append(alarms, addAlarm(a.node, topic, name, says, metric, threshold{periods: class.periods}))
	}
	return alarms
}

// inLogs says where failures are explained, for someone who reads an alarm's mail.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
func inLogs(group, filter string) string {
	return "see log group " + group + ", in Logs Insights by: fields @timestamp, @message | filter " + filter + " | sort @timestamp desc"
}
