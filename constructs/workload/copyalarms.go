package workload

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
)

// runMetrics are the metrics of the runs of a [DistributedCopy], which alarms and dashboards share.
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
type runMetrics struct{ started, succeeded, failed, aborted, timedOut, time awscloudwatch.Metric }

// runMetrics returns the metrics; the first call creates them.
func (d *DistributedCopy) runMetrics() *runMetrics {
	if d.metrics == nil {
		metric := func(name, statistic string) awscloudwatch.Metric {
			return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
				Namespace: jsii.String("AWS/States"), MetricName: jsii.String(name), DimensionsMap: &map[string]*string{"StateMachineArn": jsii.String(d.arn)},
				Statistic: jsii.String(statistic), Period: seconds(d.node, metricPeriod),
			})
		}
		d.metrics = &runMetrics{metric("ExecutionsStarted", "Sum"), metric("ExecutionsSucceeded", "Sum"), metric("ExecutionsFailed", "Sum"),
			metric("ExecutionsAborted", "Sum"), metric("ExecutionsTimedOut", "Sum"), metric("ExecutionTime", "Maximum")}
	}
	return d.metrics
}

// copyAlarms are the alarms of a [DistributedCopy].
type copyAlarms struct{ failed, aborted, timedOut awscloudwatch.IAlarm }

// addAlarms creates the alarms of runs that failed, also because some objects were not copied, and of those that somebody stopped or that took
// too long. The alarms of the function tell of each failed batch.
func (d *DistributedCopy) addAlarms(props DistributedCopyProps) {
	scope, metrics := place.New(d.node, "Alarms"), d.runMetrics()
	const redrive = ": redrive it within 14 days, or start another run, which skips what is copied"
	d.alarms = copyAlarms{
		failed: addAlarm(scope, props.Topic, d.name+"-failed", "A run of state machine "+d.name+" failed, since something could not be copied; see the function's log and the results bucket, mend the cause, then"+redrive,
			metrics.failed, threshold{}),
		aborted:  addAlarm(scope, props.Topic, d.name+"-aborted", "A run of state machine "+d.name+" was stopped"+redrive, metrics.aborted, threshold{}),
		timedOut: addAlarm(scope, props.Topic, d.name+"-timedout", "A run of state machine "+d.name+" took longer than 30 days"+redrive, metrics.timedOut, threshold{}),
	}
}

// Failed returns the alarm of failed runs.
func (d *DistributedCopy) Failed() awscloudwatch.IAlarm { return d.alarms.failed }

// Aborted returns the alarm of stopped runs.
func (d *DistributedCopy) Aborted() awscloudwatch.IAlarm { return d.alarms.aborted }

// TimedOut returns the alarm of runs that took too long.
func (d *DistributedCopy) TimedOut() awscloudwatch.IAlarm { return d.alarms.timedOut }
