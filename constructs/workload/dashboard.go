package workload

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// DashboardProps configures a [Dashboard].
type DashboardProps struct {
	// DashboardName is the dashboard's name, at most 255 letters, digits, "-" and "_". Required.
	DashboardName string
	// Functions are those that it shows, one row each. At least one is required.
	Functions []*GoFunction
}

var dashboardName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,255}$`)

// Validate returns everything that is wrong with the props, or nil.
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

// Dashboard shows what functions do: invocations, what went wrong, how long it took, and what waits in their dead-letter queues.
type Dashboard struct {
	dashboard awscloudwatch.Dashboard
}

// NewDashboard creates the dashboard. It panics, with the construct's path and every problem, if the props are invalid.
func NewDashboard(scope constructs.Construct, id string, props DashboardProps) *Dashboard {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("dashboard %s:\n%w", pathOf(scope, id), err))
	}
	d := &Dashboard{dashboard: awscloudwatch.NewDashboard(scope, jsii.String(id), &awscloudwatch.DashboardProps{
		DashboardName: jsii.String(props.DashboardName), DefaultInterval: seconds(24 * time.Hour),
	})}
	for _, f := range props.Functions {
		graph := func(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
			return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
				Title: jsii.String(f.name + ": " + title), Left: &metrics, Width: jsii.Number(8), Height: jsii.Number(5),
			})
		}
		sum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: seconds(alarmPeriod)}
		longest := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: seconds(alarmPeriod)}
		wrong := []awscloudwatch.IMetric{f.function.MetricErrors(sum), f.function.MetricThrottles(sum)}
		if f.deadLetters != nil {
			wrong = append(wrong, f.deadLetters.queue.MetricApproximateNumberOfMessagesVisible(longest))
		}
		d.dashboard.AddWidgets(graph("invocations", f.function.MetricInvocations(sum)), graph("what went wrong", wrong...), graph("longest", f.function.MetricDuration(longest)))
	}
	return d
}

// Node returns the construct's node in the tree.
func (d *Dashboard) Node() constructs.Node { return d.dashboard.Node() }
