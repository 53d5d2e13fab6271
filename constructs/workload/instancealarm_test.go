package workload

import "testing"

// EC2 has no metrics of an instance that is stopped or gone.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html#status-check-metrics
func TestInstanceAlarm(t *testing.T) {
	f := newFixture(t)
	topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	instance := NewLinuxInstance(f.source, "Instance", LinuxInstanceProps{InstanceName: "app", RoleName: "app-instance", Vpc: f.vpc})
	NewInstanceAlarm(f.source, "Alarm", InstanceAlarmProps{Instance: instance.Instance(), Name: "app-nat", Topic: topic})
	template := f.template(t, f.source)
	p := only(t, template, "AWS::CloudWatch::Alarm").Properties
	if p["AlarmName"] != "app-nat-status" || p["Namespace"] != "AWS/EC2" || p["MetricName"] != "StatusCheckFailed" || p["Statistic"] != "Maximum" || p["Threshold"] != 0.0 ||
		p["ComparisonOperator"] != "GreaterThanThreshold" || p["TreatMissingData"] != "breaching" || len(p["AlarmActions"].([]any)) != 1 {
		t.Errorf("found alarm %s", asJSON(p))
	}
}
