package stacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/policyview"
	"github.com/crossgrant/crossgrant/internal/sample"
)

// topicOf returns the logical id of the only topic.
func topicOf(t *testing.T, template policyview.Template) string {
	t.Helper()
	found := slices.Collect(maps.Keys(ofType(template, "AWS::SNS::Topic")))
	if len(found) != 1 {
		t.Fatalf("found topics %q, expected one", found)
	}
	return found[0]
}

// Alarms cover the errors, throttles and duration of each function, the failures that functions answer, the API, and each queue.
func TestEveryFunctionAndDeadLetterQueueHasAlarms(t *testing.T) {
	source := synthesize(t, nil).source
	expected := []string{
		"crossgrant-dev-copy-duration", "crossgrant-dev-copy-errors", "crossgrant-dev-copy-failed-messages", "crossgrant-dev-copy-throttles",
		"crossgrant-dev-events-age", "crossgrant-dev-events-duration", "crossgrant-dev-events-errors", "crossgrant-dev-events-failed-messages",
		"crossgrant-dev-events-throttles", "crossgrant-dev-items-api-5xx", "crossgrant-dev-list-403", "crossgrant-dev-list-429", "crossgrant-dev-list-5xx",
		"crossgrant-dev-list-duration", "crossgrant-dev-list-errors", "crossgrant-dev-list-throttles",
		"crossgrant-dev-scan-403", "crossgrant-dev-scan-429", "crossgrant-dev-scan-5xx",
		"crossgrant-dev-scan-duration", "crossgrant-dev-scan-errors", "crossgrant-dev-scan-throttles",
		"crossgrant-dev-trail-403", "crossgrant-dev-trail-429", "crossgrant-dev-trail-5xx",
		"crossgrant-dev-trail-duration", "crossgrant-dev-trail-errors", "crossgrant-dev-trail-failed-messages", "crossgrant-dev-trail-throttles",
	}
	if diff := cmp.Diff(expected, names(source, "AWS::CloudWatch::Alarm", "AlarmName")); diff != "" {
		t.Errorf("alarms (-expected +found):\n%s", diff)
	}
	metrics, topic := map[string][]string{}, topicOf(t, source)
	for name, alarm := range named(source, "AWS::CloudWatch::Alarm", "AlarmName") {
		p := alarm.Properties
		if p["Namespace"] == "crossgrant" { // a metric from a log
			metrics["logs"] = append(metrics["logs"], p["MetricName"].(string))
			continue
		}
		dimension := p["Dimensions"].([]any)[0].(map[string]any)
		reference := dimension["Value"].(map[string]any)
		id, _ := reference["Ref"].(string)
		if attribute, ok := reference["Fn::GetAtt"].([]any); ok {
			id = attribute[0].(string)
		}
		r := source.Resources[id]
		subject := fmt.Sprint(dimension["Name"], " ", r.Properties["FunctionName"], r.Properties["QueueName"], r.Properties["Name"])
		metrics[subject] = append(metrics[subject], p["MetricName"].(string))
		if asJSON(p["AlarmActions"]) != `[{"Ref":"`+topic+`"}]` {
			t.Errorf("%s: found actions %s, expected the topic", name, asJSON(p["AlarmActions"]))
		}
	}
	for _, of := range metrics {
		slices.Sort(of)
	}
	function, queue := []string{"Duration", "Errors", "Throttles"}, []string{"ApproximateNumberOfMessagesVisible"}
	if diff := cmp.Diff(map[string][]string{
		"FunctionName crossgrant-dev-list<nil> <nil>": function, "FunctionName crossgrant-dev-scan<nil> <nil>": function, "FunctionName crossgrant-dev-copy<nil> <nil>": function,
		"FunctionName crossgrant-dev-trail<nil> <nil>": function, "FunctionName crossgrant-dev-events<nil> <nil>": function,
		"QueueName <nil>crossgrant-dev-copy-failed<nil>": queue, "QueueName <nil>crossgrant-dev-trail-failed<nil>": queue, "QueueName <nil>crossgrant-dev-events-failed<nil>": queue,
		"QueueName <nil>crossgrant-dev-events<nil>": {"ApproximateAgeOfOldestMessage"}, "ApiId <nil> <nil>crossgrant-dev-items": {"5xx"},
		"logs": {"crossgrant-dev-list-403", "crossgrant-dev-list-429", "crossgrant-dev-list-5xx", "crossgrant-dev-scan-403", "crossgrant-dev-scan-429",
			"crossgrant-dev-scan-5xx", "crossgrant-dev-trail-403", "crossgrant-dev-trail-429", "crossgrant-dev-trail-5xx"},
	}, metrics); diff != "" {
		t.Errorf("metrics of alarms (-expected +found):\n%s", diff)
	}
	// All queues except that of the events are dead-letter queues.
	if found := names(source, "AWS::SQS::Queue", "QueueName"); !slices.Equal(found, []string{
		"crossgrant-dev-copy-failed", "crossgrant-dev-events", "crossgrant-dev-events-failed", "crossgrant-dev-trail-failed",
	}) {
		t.Errorf("found queues %q, expected an alarm above for each new one", found)
	}
}

func TestAlarmEmails(t *testing.T) {
	for setting, expected := range map[string][]string{"": nil, "ops@example.com,dev@example.com": {"dev@example.com", "ops@example.com"}} {
		changes := map[string]any{"workloads": "list"}
		if setting != "" {
			changes["alarmEmails"] = setting
		}
		source := synthesize(t, changes).source
		if found := names(source, "AWS::SNS::Subscription", "Endpoint"); !slices.Equal(found, expected) {
			t.Errorf("%q: found %q, expected %q", setting, found, expected)
		}
		topic := topicOf(t, source)
		for id, r := range ofType(source, "AWS::SNS::Subscription") {
			if r.Properties["Protocol"] != "email" || asJSON(r.Properties["TopicArn"]) != `{"Ref":"`+topic+`"}` {
				t.Errorf("%s: found %s", id, asJSON(r.Properties))
			}
		}
	}
}

// The logs of functions, of the API and of the VPC. With -short, of the default and one other.
func TestLogRetention(t *testing.T) {
	expected := map[string]float64{"": 30, "7": 7, "3653": 3653}
	for _, setting := range sample.Of(t, sample.Seed(t), slices.Sorted(maps.Keys(expected)), func(setting string) []string { return []string{fmt.Sprint("set: ", setting != "")} }) {
		days := expected[setting]
		changes := map[string]any{}
		if setting != "" {
			changes["logRetentionDays"] = setting
		}
		a := synthesize(t, changes)
		var found []string
		for _, r := range ofType(a.source, "AWS::Logs::LogGroup") {
			found = append(found, fmt.Sprint(r.Properties["LogGroupName"]))
			if r.Properties["RetentionInDays"] != days {
				t.Errorf("%q: %v: found %v days, expected %v", setting, r.Properties["LogGroupName"], r.Properties["RetentionInDays"], days)
			}
		}
		slices.Sort(found)
		if diff := cmp.Diff([]string{
			"/aws/lambda/crossgrant-dev-copy", "/aws/lambda/crossgrant-dev-events", "/aws/lambda/crossgrant-dev-list", "/aws/lambda/crossgrant-dev-scan",
			"/aws/lambda/crossgrant-dev-trail", "/aws/vendedlogs/apis/crossgrant-dev-items", "<nil>", // CloudFormation names the flow logs
		}, found); diff != "" {
			t.Errorf("%q: log groups (-expected +found):\n%s", setting, diff)
		}
	}
}

func TestDashboardShowsEveryFunction(t *testing.T) {
	source := synthesize(t, nil).source
	dashboard := only(t, source, "AWS::CloudWatch::Dashboard").Properties
	body := asJSON(dashboard["DashboardBody"])
	for _, name := range []string{"list", "scan", "copy", "trail", "events"} {
		if strings.Count(body, "crossgrant-dev-"+name+": ") != 3 {
			t.Errorf("expected three graphs of %s", name)
		}
	}
	if dashboard["DashboardName"] != "crossgrant-dev-functions-ap-northeast-1" || strings.Count(body, "ApproximateNumberOfMessagesVisible") != 3 {
		t.Errorf("found %s, expected it with three dead-letter queues", asJSON(dashboard))
	}
}

func TestInstanceAloneHasNoAlarms(t *testing.T) {
	source := synthesize(t, map[string]any{"workloads": "instance"}).source
	for _, resourceType := range []string{"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::SNS::Topic"} {
		if found := len(ofType(source, resourceType)); found != 0 {
			t.Errorf("found %d %s", found, resourceType)
		}
	}
}
