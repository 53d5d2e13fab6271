package workload

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func watched(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	letters := NewDeadLetters(h.source, "Letters", DeadLettersProps{QueueName: "app-copy-failed"})
	copying := h.function("app-copy", GoFunctionProps{Timeout: 100 * time.Second, DeadLetters: letters})
	listing := h.function("app-list", GoFunctionProps{})
	topic := NewAlarmTopic(h.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-", Emails: []string{"ops@example.com"}})
	NewFunctionAlarms(h.source, "CopyAlarms", FunctionAlarmsProps{Function: copying, Topic: topic})
	NewFunctionAlarms(h.source, "ListAlarms", FunctionAlarmsProps{Function: listing, Topic: topic})
	NewDashboard(h.source, "Dashboard", DashboardProps{DashboardName: "app", Functions: []*GoFunction{copying, listing}})
	return h
}

// Each alarm as an operator would check it: what is measured, over which time, above what, and that no data is no alarm.
func TestAlarmsOfFunctions(t *testing.T) {
	h := watched(t)
	template := h.template(t, h.source)
	alarms := by(template, "AWS::CloudWatch::Alarm", "AlarmName")
	expected := map[string]string{
		"app-copy-errors":          "AWS/Lambda Errors Sum 300s > 0",
		"app-copy-throttles":       "AWS/Lambda Throttles Sum 300s > 0",
		"app-copy-duration":        "AWS/Lambda Duration Maximum 300s > 90000",
		"app-copy-failed-messages": "AWS/SQS ApproximateNumberOfMessagesVisible Maximum 300s > 0",
		"app-list-errors":          "AWS/Lambda Errors Sum 300s > 0",
		"app-list-throttles":       "AWS/Lambda Throttles Sum 300s > 0",
		"app-list-duration":        "AWS/Lambda Duration Maximum 300s > 27000",
	}
	found := map[string]string{}
	for name, alarm := range alarms {
		p := alarm.Properties
		if p["ComparisonOperator"] != "GreaterThanThreshold" || p["TreatMissingData"] != "notBreaching" || p["EvaluationPeriods"] != 1.0 {
			t.Errorf("%s: found %s", name, asJSON(p))
		}
		if actions, _ := p["AlarmActions"].([]any); len(actions) != 1 {
			t.Errorf("%s: found actions %s, expected the topic", name, asJSON(p["AlarmActions"]))
		}
		found[name] = fmt.Sprintf("%s %s %s %vs > %.0f", p["Namespace"], p["MetricName"], p["Statistic"], p["Period"], p["Threshold"])
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("alarms (-expected +found):\n%s", diff)
	}
	marked(t, template, "AWS::CloudWatch::Alarm")
}

// CloudWatch can publish to a topic under a customer key only if the key's policy lets it, too.
func TestAlarmTopicLetsAlarmsInAndNothingElse(t *testing.T) {
	h := watched(t)
	template := h.template(t, h.source)
	ours := map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": "111111111111"},
		"ArnLike":      map[string]any{"aws:SourceArn": "arn:aws:cloudwatch:ap-northeast-1:111111111111:alarm:app-*"},
	}
	for resourceType, c := range map[string]struct {
		property string
		actions  any
	}{
		"AWS::SNS::TopicPolicy": {"PolicyDocument", "sns:Publish"},
		"AWS::KMS::Key":         {"KeyPolicy", []any{"kms:Decrypt", "kms:GenerateDataKey"}},
	} {
		seen := 0
		for _, item := range only(t, template, resourceType).Properties[c.property].(map[string]any)["Statement"].([]any) {
			s := item.(map[string]any)
			if s["Effect"] == "Deny" || asJSON(s["Action"]) == `"kms:*"` {
				continue // plain HTTP, and the account's own administration
			}
			seen++
			if diff := cmp.Diff(ours, s["Condition"]); diff != "" || asJSON(s["Principal"]) != `{"Service":"cloudwatch.amazonaws.com"}` || asJSON(s["Action"]) != asJSON(c.actions) {
				t.Errorf("%s: found %s\n%s", resourceType, asJSON(s), diff)
			}
		}
		if seen != 1 {
			t.Errorf("%s: found %d statements for services, expected 1", resourceType, seen)
		}
	}
	topic := only(t, template, "AWS::SNS::Topic").Properties
	if topic["KmsMasterKeyId"] == nil || topic["TopicName"] != "app-alarms" {
		t.Errorf("found topic %s, expected it under the key", asJSON(topic))
	}
	mail := only(t, template, "AWS::SNS::Subscription").Properties
	if mail["Protocol"] != "email" || mail["Endpoint"] != "ops@example.com" {
		t.Errorf("found subscription %s", asJSON(mail))
	}
}

func TestDeadLettersOfAFunction(t *testing.T) {
	h := watched(t)
	template := h.template(t, h.source)
	functions := by(template, "AWS::Lambda::Function", "FunctionName")
	if functions["app-copy"].Properties["DeadLetterConfig"] == nil || functions["app-list"].Properties["DeadLetterConfig"] != nil {
		t.Errorf("found %s and %s", asJSON(functions["app-copy"].Properties["DeadLetterConfig"]), asJSON(functions["app-list"].Properties["DeadLetterConfig"]))
	}
	if functions["app-copy"].Metadata["CrossGrant::MustWork"] != true || functions["app-list"].Metadata["CrossGrant::MustWork"] != nil {
		t.Error("found the mark not on exactly the function with a dead-letter queue")
	}
	queue := only(t, template, "AWS::SQS::Queue")
	if p := queue.Properties; p["MessageRetentionPeriod"] != 14*24*3600.0 || p["SqsManagedSseEnabled"] != true || queue.DeletionPolicy != "RetainExceptOnCreate" {
		t.Errorf("found queue %s, %s, expected it encrypted and kept for 14 days", asJSON(p), queue.DeletionPolicy)
	}
	only(t, template, "AWS::CloudWatch::Dashboard")
}

func TestEmailAddresses(t *testing.T) {
	for text, expected := range map[string]bool{
		"ops@example.com": true, "first.last+tag@sub.example.co.jp": true,
		"": false, "ops": false, "ops@": false, "@example.com": false, "ops@localhost": false, "ops@example.com.": false, "Ops <ops@example.com>": false,
		"<ops@example.com>": false, "ops@example.com, dev@example.com": false, "ops @example.com": false, "ops@example.com ": false, `"a b"@example.com`: false,
	} {
		if IsEmail(text) != expected {
			t.Errorf("%q: found %t, expected %t", text, !expected, expected)
		}
	}
}

// A queue of a rule has no function that is watched with it.
func TestAlarmOfAQueueAlone(t *testing.T) {
	h := newHouse(t)
	topic := NewAlarmTopic(h.target, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	letters := NewDeadLetters(h.target, "Letters", DeadLettersProps{QueueName: "app-unsent"})
	NewDeadLettersAlarm(h.target, "Alarm", DeadLettersAlarmProps{DeadLetters: letters, Topic: topic})
	p := only(t, h.template(t, h.target), "AWS::CloudWatch::Alarm").Properties
	if p["AlarmName"] != "app-unsent-messages" || p["MetricName"] != "ApproximateNumberOfMessagesVisible" || p["Threshold"] != 0.0 ||
		p["TreatMissingData"] != "notBreaching" || len(p["AlarmActions"].([]any)) != 1 {
		t.Errorf("found alarm %s", asJSON(p))
	}
	marked(t, h.template(t, h.target), "AWS::CloudWatch::Alarm")
}
