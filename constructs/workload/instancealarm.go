package workload

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
)

// InstanceAlarmProps configures an [InstanceAlarm].
type InstanceAlarmProps struct {
	// Instance is the instance to monitor. Required.
	Instance awsec2.IInstance
	// Name begins the alarm's name, with AlarmPrefix of the topic. Required.
	Name string
	// Topic gets the alarm. Required.
	Topic *AlarmTopic
}

// Validate returns all problems with the props, joined, or nil.
func (p InstanceAlarmProps) Validate() error {
	var problems []error
	if p.Instance == nil {
		problems = append(problems, errors.New("Instance: found nil, expected the instance to monitor"))
	}
	if p.Name == "" {
		problems = append(problems, errors.New("Name: found none, expected the beginning of the alarm's name"))
	}
	return errors.Join(append(problems, p.Topic.problem("Name", p.Name))...)
}

// InstanceAlarm is the alarm of an instance that fails its status checks, such as a NAT instance. EC2 itself recovers most instances whose hardware
// fails, but none whose system fails.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-recover.html
type InstanceAlarm struct {
	node  constructs.Construct
	alarm awscloudwatch.Alarm
}

// NewInstanceAlarm creates the alarm, named NAME-status, for five minutes in which a check failed, or in which the
// instance did not run. It panics, with the construct's path and all
// problems, if the props are invalid.
//
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html#status-check-metrics
func NewInstanceAlarm(scope constructs.Construct, id string, props InstanceAlarmProps) *InstanceAlarm {
	validate("instance alarm", scope, id, props)
	a := &InstanceAlarm{node: place.New(scope, id)}
	a.alarm = addAlarm(a.node, props.Topic, props.Name+"-status", "The instance of "+props.Name+" fails its status checks: reboot it",
		awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: jsii.String("AWS/EC2"), MetricName: jsii.String("StatusCheckFailed"), Statistic: jsii.String("Maximum"), Period: seconds(a.node, metricPeriod),
			DimensionsMap: &map[string]*string{"InstanceId": place.Once(props.Instance, "id", props.Instance.InstanceId)},
		}), threshold{missing: awscloudwatch.TreatMissingData_BREACHING}) // there is no data of an instance that is stopped
	return a
}

// Alarm returns the alarm.
func (a *InstanceAlarm) Alarm() awscloudwatch.IAlarm { return a.alarm }

// Node returns the construct's node in the tree.
func (a *InstanceAlarm) Node() constructs.Node { return a.node.Node() }
