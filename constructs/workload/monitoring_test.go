package workload

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// monitored is an app with two functions, their alarms and a dashboard.
func monitored(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	failed := NewDeadLetterQueue(f.source, "Failed", DeadLetterQueueProps{QueueName: "app-copy-failed"})
	copying := f.function("app-copy", GoFunctionProps{Timeout: 100 * time.Second, DeadLetterQueue: failed})
	listing := f.function("app-list", GoFunctionProps{})
	topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-", Emails: []string{"ops@example.com"}})
	NewFunctionAlarms(f.source, "CopyAlarms", FunctionAlarmsProps{Function: copying, Topic: topic})
	NewFunctionAlarms(f.source, "ListAlarms", FunctionAlarmsProps{Function: listing, Topic: topic})
	NewDashboard(f.source, "Dashboard", DashboardProps{DashboardName: "app", Functions: []*GoFunction{copying, listing}})
	return f
}

// Each alarm has its metric, period and threshold, and treats missing data as no alarm.
func TestAlarmsOfFunctions(t *testing.T) {
	f := monitored(t)
	template := f.template(t, f.source)
	alarms := byName(template, "AWS::CloudWatch::Alarm", "AlarmName")
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
	checkIntents(t, template, "delivery", map[string]string{
		"CopyAlarms/duration/Notify":  `{"from":{"Fn::GetAtt":["CopyAlarmsduration","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
		"CopyAlarms/errors/Notify":    `{"from":{"Fn::GetAtt":["CopyAlarmserrors","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
		"CopyAlarms/messages/Notify":  `{"from":{"Fn::GetAtt":["CopyAlarmsmessages","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
		"CopyAlarms/throttles/Notify": `{"from":{"Fn::GetAtt":["CopyAlarmsthrottles","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
		"ListAlarms/duration/Notify":  `{"from":{"Fn::GetAtt":["ListAlarmsduration","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
		"ListAlarms/errors/Notify":    `{"from":{"Fn::GetAtt":["ListAlarmserrors","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
		"ListAlarms/throttles/Notify": `{"from":{"Fn::GetAtt":["ListAlarmsthrottles","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
		"app-copy/Function/Failed":    `{"from":{"Fn::GetAtt":["appcopyFunction","Arn"]},"to":{"Fn::GetAtt":["Failed","Arn"]}}`,
	})
}

// CloudWatch can publish to a topic with a customer key only if the key's policy allows it, too.
func TestAlarmTopicAllowsOnlyAlarms(t *testing.T) {
	f := monitored(t)
	template := f.template(t, f.source)
	fromAlarms := map[string]any{
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
				continue // requests without TLS, and the account's own administrators
			}
			seen++
			if diff := cmp.Diff(fromAlarms, s["Condition"]); diff != "" || asJSON(s["Principal"]) != `{"Service":"cloudwatch.amazonaws.com"}` || asJSON(s["Action"]) != asJSON(c.actions) {
				t.Errorf("%s: found %s\n%s", resourceType, asJSON(s), diff)
			}
		}
		if seen != 1 {
			t.Errorf("%s: found %d statements for services, expected 1", resourceType, seen)
		}
	}
	topic := only(t, template, "AWS::SNS::Topic").Properties
	if topic["KmsMasterKeyId"] == nil || topic["TopicName"] != "app-alarms" {
		t.Errorf("found topic %s, expected it encrypted with the key", asJSON(topic))
	}
	mail := only(t, template, "AWS::SNS::Subscription").Properties
	if mail["Protocol"] != "email" || mail["Endpoint"] != "ops@example.com" {
		t.Errorf("found subscription %s", asJSON(mail))
	}
}

func TestDeadLetterQueueOfAFunction(t *testing.T) {
	f := monitored(t)
	template := f.template(t, f.source)
	functions := byName(template, "AWS::Lambda::Function", "FunctionName")
	if functions["app-copy"].Properties["DeadLetterConfig"] == nil || functions["app-list"].Properties["DeadLetterConfig"] != nil {
		t.Errorf("found %s and %s", asJSON(functions["app-copy"].Properties["DeadLetterConfig"]), asJSON(functions["app-list"].Properties["DeadLetterConfig"]))
	}
	checkIntents(t, template, "workload", map[string]string{
		"app-copy/Function/Role": `{"resource":{"Fn::GetAtt":["appcopyFunction","Arn"]},"role":{"Fn::GetAtt":["appcopyRole","Arn"]}}`,
		"app-list/Function/Role": `{"resource":{"Fn::GetAtt":["applistFunction","Arn"]},"role":{"Fn::GetAtt":["applistRole","Arn"]}}`,
	})
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

// The dead-letter queue of a rule has no function whose alarms include it.
func TestAlarmOfADeadLetterQueueAlone(t *testing.T) {
	f := newFixture(t)
	topic := NewAlarmTopic(f.target, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	unsent := NewDeadLetterQueue(f.target, "Unsent", DeadLetterQueueProps{QueueName: "app-unsent"})
	NewDeadLetterQueueAlarm(f.target, "Alarm", DeadLetterQueueAlarmProps{DeadLetterQueue: unsent, Topic: topic})
	p := only(t, f.template(t, f.target), "AWS::CloudWatch::Alarm").Properties
	if p["AlarmName"] != "app-unsent-messages" || p["MetricName"] != "ApproximateNumberOfMessagesVisible" || p["Threshold"] != 0.0 ||
		p["TreatMissingData"] != "notBreaching" || len(p["AlarmActions"].([]any)) != 1 {
		t.Errorf("found alarm %s", asJSON(p))
	}
	checkIntents(t, f.template(t, f.target), "delivery", map[string]string{
		"Alarm/messages/Notify": `{"from":{"Fn::GetAtt":["Alarmmessages","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
	})
}

// Alarms and dashboard have the dead-letter queues of the function and of its event queue, in whatever order the constructs are created.
func TestDeadLetterQueuesInEveryOrder(t *testing.T) {
	for _, own := range []bool{false, true} {
		for _, order := range []string{"EAD", "EDA", "AED", "ADE", "DEA", "DAE"} {
			t.Run(fmt.Sprintf("own queue %t, order %s", own, order), func(t *testing.T) {
				f := newFixture(t)
				topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
				props := GoFunctionProps{}
				if own {
					props.DeadLetterQueue = NewDeadLetterQueue(f.source, "Failed", DeadLetterQueueProps{QueueName: "app-fn-failed"})
				}
				function := f.function("app-fn", props)
				construct := map[rune]func(){
					'E': func() {
						NewEventQueue(f.source, "Queue", EventQueueProps{Name: "app-events", SenderRoleARN: sender, BucketName: "app-data", Function: function, Topic: topic})
					},
					'A': func() {
						NewFunctionAlarms(f.source, "FunctionAlarms", FunctionAlarmsProps{Function: function, Topic: topic})
					},
					'D': func() {
						NewDashboard(f.source, "Dashboard", DashboardProps{DashboardName: "app", Functions: []*GoFunction{function}})
					},
				}
				for _, step := range order {
					construct[step]()
				}
				template := f.template(t, f.source)
				queues := map[string]string{"app-events-failed-messages": "app-events-failed"}
				if own {
					queues["app-fn-failed-messages"] = "app-fn-failed"
				}
				found := map[string]string{}
				for name, alarm := range byName(template, "AWS::CloudWatch::Alarm", "AlarmName") {
					if p := alarm.Properties; p["MetricName"] == "ApproximateNumberOfMessagesVisible" {
						id := p["Dimensions"].([]any)[0].(map[string]any)["Value"].(map[string]any)["Fn::GetAtt"].([]any)[0].(string)
						found[name], _ = template.Resources[id].Properties["QueueName"].(string)
						if actions, _ := p["AlarmActions"].([]any); len(actions) != 1 || asJSON(actions[0]) != asJSON(f.source.Resolve(topic.Topic().TopicArn())) {
							t.Errorf("%s: found actions %s, expected the topic", name, asJSON(p["AlarmActions"]))
						}
					}
				}
				if diff := cmp.Diff(queues, found); diff != "" {
					t.Errorf("queues by their alarms (-expected +found):\n%s", diff)
				}
				body := asJSON(only(t, template, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"])
				for _, name := range queues {
					for id, r := range template.Resources {
						if r.Properties["QueueName"] == name && strings.Count(body, `{"Fn::GetAtt":["`+id+`","QueueName"]}`) != 1 {
							t.Errorf("found a dashboard without one graph of %s", name)
						}
					}
				}
			})
		}
	}
}
