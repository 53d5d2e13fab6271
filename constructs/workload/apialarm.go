package workload

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
)

// FunctionAPIAlarmProps configures a [FunctionAPIAlarm].
type FunctionAPIAlarmProps struct {
	// API is the API to monitor. Required.
	API *FunctionAPI
	// Topic gets the alarm; the API's name begins with its AlarmPrefix. Required.
	Topic *AlarmTopic
}

// Validate returns all problems with the props, joined, or nil.
func (p FunctionAPIAlarmProps) Validate() error {
	if p.API == nil {
		return errors.Join(errors.New("API: found nil, expected the API to monitor"), p.Topic.problem("API", ""))
	}
	return p.Topic.problem("API", p.API.props.APIName)
}

// FunctionAPIAlarm is the alarm of responses with a status of 500 and above: those of the function, and API Gateway's own, which it sends if it may
// not invoke the function, or if the function fails or is too slow. Requests that API Gateway throttles or does not authorize are the callers'
// mistakes: they have 4xx, and lines in the access log.
type FunctionAPIAlarm struct {
	node  constructs.Construct
	alarm awscloudwatch.Alarm
}

// NewFunctionAPIAlarm creates the alarm, named NAME-api-5xx, since API and function may have one name, and adds its metric to the function's row of a [Dashboard]. It panics, with the construct's
// path and all problems, if the props are invalid.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
func NewFunctionAPIAlarm(scope constructs.Construct, id string, props FunctionAPIAlarmProps) *FunctionAPIAlarm {
	validate("API alarm", scope, id, props)
	a := &FunctionAPIAlarm{node: place.New(scope, id)}
	name := props.API.props.APIName
	metric := props.API.api.MetricServerError(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: seconds(a.node, metricPeriod)})
	props.API.props.Function.addFailures(metric)
	a.alarm = addAlarm(a.node, props.Topic, name+"-api-5xx", "API "+name+" responded with a status of 500 or above; "+inLogs(accessLogName(name), "status >= 500")+
		"; if the function has answered none, API Gateway may not invoke it, or it is too slow", metric, threshold{})
	return a
}

// Alarm returns the alarm.
func (a *FunctionAPIAlarm) Alarm() awscloudwatch.IAlarm { return a.alarm }

// Node returns the construct's node in the tree.
func (a *FunctionAPIAlarm) Node() constructs.Node { return a.node.Node() }
