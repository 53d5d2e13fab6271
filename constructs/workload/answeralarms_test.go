package workload

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/policyview"
)

// matches evaluates a filter pattern of the form {(A) && (B)} or {A}, whose terms compare a number at the top level of a line with a number. A line
// without the number does not match.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-json-log-events
func matches(t *testing.T, pattern string, line map[string]any) bool {
	t.Helper()
	inner, ok := strings.CutPrefix(pattern, "{")
	inner, also := strings.CutSuffix(inner, "}")
	if !ok || !also {
		t.Fatalf("found pattern %q, expected braces", pattern)
	}
	term := regexp.MustCompile(`^\(?\$\.([a-zA-Z]+) (=|<|>=) ([0-9]+)\)?$`)
	for _, text := range strings.Split(inner, "&&") {
		parts := term.FindStringSubmatch(strings.TrimSpace(text))
		if parts == nil {
			t.Fatalf("found term %q of pattern %q, expected a comparison of numbers", text, pattern)
		}
		found, isNumber := line[parts[1]].(float64)
		limit, _ := strconv.ParseFloat(parts[3], 64)
		if !isNumber || !map[string]bool{"=": found == limit, "<": found < limit, ">=": found >= limit}[parts[2]] {
			return false
		}
	}
	return true
}

// The filters are held against what the functions wrote to their logs, and what Lambda writes itself, as its documentation has it.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func TestAlarmsOfAnswersMatchTheLogs(t *testing.T) {
	f := newFixture(t)
	topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	function := f.function("app-list", GoFunctionProps{AnswersFailures: true})
	NewFunctionAlarms(f.source, "ListAlarms", FunctionAlarmsProps{Function: function, Topic: topic})
	template := f.template(t, f.source)
	filters := metricFilters(template)
	raised := func(line map[string]any) (metrics []string) {
		for _, r := range filters {
			if matches(t, r.Properties["FilterPattern"].(string), line) {
				transformation := r.Properties["MetricTransformations"].([]any)[0].(map[string]any)
				metrics = append(metrics, transformation["MetricName"].(string))
			}
		}
		slices.Sort(metrics)
		return metrics
	}
	expected := map[string]string{"200": "[]", "400": "[]", "403": "[app-list-403]", "405": "[]", "429": "[app-list-429]", "500": "[app-list-5xx]"}
	file, err := os.Open("../../lambda/internal/invocation/testdata/log.jsonl") // written by the functions, as their tests check
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen := map[string]bool{}
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		status := fmt.Sprint(line["status"])
		seen[status] = true
		if found := fmt.Sprint(raised(line)); found != expected[status] {
			t.Errorf("%s: raised %s, expected %q", scanner.Text(), found, expected[status])
		}
	}
	for status := range expected {
		if !seen[status] {
			t.Errorf("found no line with status %s", status)
		}
	}
	for _, line := range []string{
		`{"time":"2024-03-13T18:56:24.046Z","type":"platform.report","record":{"requestId":"R","metrics":{"durationMs":2.22},"status":"timeout"}}`,
		`{"time":"2024-03-13T18:56:24.046Z","type":"platform.runtimeDone","record":{"requestId":"R","status":"error"}}`,
	} {
		var parsed map[string]any
		if err := json.Unmarshal([]byte(line), &parsed); err != nil || len(raised(parsed)) != 0 {
			t.Errorf("%s: raised %v, expected Lambda's own metrics alone to count it", line, raised(parsed))
		}
	}
}

// Each alarm reads the metric that its filter writes, from the function's own log group, and says where to look.
func TestAlarmsOfAnswers(t *testing.T) {
	f := newFixture(t)
	topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	function := f.function("app-list", GoFunctionProps{AnswersFailures: true})
	NewDashboard(f.source, "Dashboard", DashboardProps{DashboardName: "app", Functions: []*GoFunction{function}})
	NewFunctionAlarms(f.source, "ListAlarms", FunctionAlarmsProps{Function: function, Topic: topic})
	template := f.template(t, f.source)
	metrics := map[string]string{}
	for _, r := range metricFilters(template) {
		for _, item := range r.Properties["MetricTransformations"].([]any) {
			m := item.(map[string]any)
			if m["MetricValue"] != "1" || m["DefaultValue"] != nil || m["Dimensions"] != nil {
				t.Errorf("found %s, expected a count without default value, which CloudWatch would bill for every hour", asJSON(m))
			}
			metrics[fmt.Sprint(m["MetricNamespace"], " ", m["MetricName"])] = hash.ReplaceAllString(asJSON(r.Properties["LogGroupName"]), `$1"`)
		}
	}
	if diff := cmp.Diff(map[string]string{
		"crossgrant app-list-403": `{"Ref":"applistLogs"}`, "crossgrant app-list-5xx": `{"Ref":"applistLogs"}`, "crossgrant app-list-429": `{"Ref":"applistLogs"}`,
	}, metrics); diff != "" {
		t.Errorf("metrics by log group (-expected +found):\n%s", diff)
	}
	alarms := byName(template, "AWS::CloudWatch::Alarm", "AlarmName")
	for name, periods := range map[string]float64{"app-list-403": 1, "app-list-5xx": 1, "app-list-429": 3} {
		p := alarms[name].Properties
		if p["Namespace"] != "crossgrant" || p["MetricName"] != name || p["Statistic"] != "Sum" || p["Threshold"] != 0.0 || p["Period"] != 300.0 ||
			p["EvaluationPeriods"] != periods || p["TreatMissingData"] != "notBreaching" || len(p["AlarmActions"].([]any)) != 1 {
			t.Errorf("%s: found %s", name, asJSON(p))
		}
		description := fmt.Sprint(p["AlarmDescription"])
		if !strings.Contains(description, "log group /aws/lambda/app-list,") || !strings.Contains(description, "| filter status") || len(description) > 1024 {
			t.Errorf("%s: found description %q, expected where to look, in 1,024 characters", name, description)
		}
		if body := asJSON(only(t, template, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"]); strings.Count(body, name) != 1 {
			t.Errorf("expected one graph with %s on the dashboard", name)
		}
	}
}

func TestAlarmOfAnAPI(t *testing.T) {
	f := newFixture(t)
	topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	api := NewFunctionAPI(f.source, "Items", FunctionAPIProps{APIName: "app-items", Path: "/items", Function: f.function("app-scan", GoFunctionProps{})})
	NewFunctionAPIAlarm(f.source, "ItemsAlarm", FunctionAPIAlarmProps{API: api, Topic: topic})
	template := f.template(t, f.source)
	p := only(t, template, "AWS::CloudWatch::Alarm").Properties
	if p["AlarmName"] != "app-items-api-5xx" || p["Namespace"] != "AWS/ApiGateway" || p["MetricName"] != "5xx" || p["Threshold"] != 0.0 || p["Statistic"] != "Sum" ||
		hash.ReplaceAllString(asJSON(p["Dimensions"]), `$1"`) != `[{"Name":"ApiId","Value":{"Ref":"ItemsApi"}}]` || !strings.Contains(fmt.Sprint(p["AlarmDescription"]), "/aws/vendedlogs/apis/app-items") {
		t.Errorf("found alarm %s", asJSON(p))
	}
	checkIntents(t, template, "delivery", map[string]string{
		"Items/Requests":        `{"from":{"Fn::Join":["",["arn:aws:execute-api:ap-northeast-1:111111111111:",{"Ref":"ItemsApi"},"/$default/GET/items"]]},"to":{"Fn::GetAtt":["appscanFunction","Arn"]}}`,
		"ItemsAlarm/5xx/Notify": `{"from":{"Fn::GetAtt":["ItemsAlarm5xx","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
	})
}

// The alarm of events that nobody processes waits until each attempt is over.
func TestAlarmOfOldEvents(t *testing.T) {
	f := newFixture(t)
	topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	thresholds := map[string]float64{}
	for name, c := range map[string]struct {
		timeout   time.Duration
		receives  int
		threshold float64
	}{
		"app-short": {time.Second, 0, 15 * 60}, "app-long": {5 * time.Minute, 0, 3 * 6 * 300}, "app-often": {100 * time.Second, 10, 10 * 6 * 100},
	} {
		queue := NewEventQueue(f.source, name, EventQueueProps{
			Name: name, SenderRoleARN: sender, BucketName: "app-data", Topic: topic, MaxReceiveCount: c.receives,
			Function: f.function(name+"-fn", GoFunctionProps{Timeout: c.timeout}),
		})
		if queue.Age() == nil {
			t.Errorf("%s: found no alarm", name)
		}
		thresholds[name+"-age"] = c.threshold
	}
	alarms := byName(f.template(t, f.source), "AWS::CloudWatch::Alarm", "AlarmName")
	for name, threshold := range thresholds {
		p := alarms[name].Properties
		if p["MetricName"] != "ApproximateAgeOfOldestMessage" || p["Statistic"] != "Maximum" || p["Threshold"] != threshold {
			t.Errorf("%s: found %s, expected more than %v seconds", name, asJSON(p), threshold)
		}
	}
}

func metricFilters(template policyview.Template) (found []policyview.Resource) {
	for _, r := range template.Resources {
		if r.Type == "AWS::Logs::MetricFilter" {
			found = append(found, r)
		}
	}
	return found
}
