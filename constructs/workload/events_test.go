package workload

import (
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

const sender = "arn:aws:iam::222222222222:role/app-rule"

// objectEvents synthesizes both constructs for the events of one bucket.
func objectEvents(t *testing.T, filter ObjectFilter) (source, target policyview.Template) {
	t.Helper()
	f := newFixture(t)
	bucket := awss3.NewBucket(f.target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("app-data")})
	NewObjectEvents(f.target, "Events", ObjectEventsProps{
		Name: "app-events", RoleName: "app-rule", Bucket: bucket, Filter: filter, To: contract.Env{Account: "111111111111", Region: "ap-northeast-1"}, BusName: "app-bus",
	})
	NewEventQueue(f.source, "Queue", EventQueueProps{
		Name: "app-bus", SenderRoleARN: sender, BucketName: "app-data", Filter: filter, Function: f.function("app-fn", GoFunctionProps{Timeout: 50 * time.Second}), MaxReceiveCount: 4, BatchSize: 7,
		Topic: NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"}),
	})
	return f.template(t, f.source), f.template(t, f.target)
}

// The policy of the bus allows one role of the other account, for events of S3, and no other principal.
func TestBusAllowsOneRole(t *testing.T) {
	source, target := objectEvents(t, ObjectFilter{})
	expected := map[string]any{
		"Sid": "ObjectEvents", "Effect": "Allow", "Action": "events:PutEvents",
		"Principal": map[string]any{"AWS": "arn:aws:iam::222222222222:root"},
		"Condition": map[string]any{
			"ArnEquals":                 map[string]any{"aws:PrincipalArn": sender},
			"ForAllValues:StringEquals": map[string]any{"events:source": "aws.s3"},
		},
	}
	found := only(t, source, "AWS::Events::EventBusPolicy").Properties["Statement"].(map[string]any)
	delete(found, "Resource") // the bus itself, by reference
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("policy of the bus (-expected +found):\n%s", diff)
	}
	role := byName(target, "AWS::IAM::Role", "RoleName")["app-rule"]
	trust := role.Properties["AssumeRolePolicyDocument"].(map[string]any)["Statement"].([]any)[0].(map[string]any)
	if diff := cmp.Diff(map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": "222222222222"},
		"ArnEquals":    map[string]any{"aws:SourceArn": "arn:aws:events:ap-northeast-1:222222222222:rule/app-events"},
	}, trust["Condition"]); diff != "" {
		t.Errorf("trust of the rule's role (-expected +found):\n%s", diff)
	}
}

func TestFailedEventsAreKept(t *testing.T) {
	source, target := objectEvents(t, ObjectFilter{})
	queues := byName(source, "AWS::SQS::Queue", "QueueName")
	queue := queues["app-bus"].Properties
	if redrive, _ := queue["RedrivePolicy"].(map[string]any); redrive["maxReceiveCount"] != 4.0 || queue["VisibilityTimeout"] != 300.0 {
		t.Errorf("found queue %s, expected a receive count of 4 and six times the function's timeout", asJSON(queue))
	}
	if kept, failed := queue["MessageRetentionPeriod"].(float64), queues["app-bus-failed"].Properties["MessageRetentionPeriod"].(float64); kept >= failed {
		t.Errorf("found %v and %v seconds, expected the dead-letter queue to keep messages longer: retention counts from the first sending", kept, failed)
	}
	mapping := only(t, source, "AWS::Lambda::EventSourceMapping").Properties
	if mapping["BatchSize"] != 7.0 || asJSON(mapping["FunctionResponseTypes"]) != `["ReportBatchItemFailures"]` || asJSON(mapping["ScalingConfig"]) != `{"MaximumConcurrency":5}` {
		t.Errorf("found mapping %s", asJSON(mapping))
	}
	for name, template := range map[string]policyview.Template{"source": source, "target": target} {
		for _, item := range only(t, template, "AWS::Events::Rule").Properties["Targets"].([]any) {
			if item.(map[string]any)["DeadLetterConfig"] == nil {
				t.Errorf("%s: found target %s, expected a dead-letter queue", name, asJSON(item))
			}
		}
	}
	if events := only(t, target, "AWS::S3::Bucket").Properties["NotificationConfiguration"]; asJSON(events) != `{"EventBridgeConfiguration":{"EventBridgeEnabled":true}}` {
		t.Errorf("found notifications %s, expected EventBridge", asJSON(events))
	}
}

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func TestFilters(t *testing.T) {
	for name, c := range map[string]struct {
		filter   ObjectFilter
		expected string
	}{
		"all":                   {ObjectFilter{}, ``},
		"prefixes":              {ObjectFilter{Prefixes: []string{"a/", "b*/"}}, `[{"prefix":"a/"},{"prefix":"b*/"}]`},
		"suffixes":              {ObjectFilter{Suffixes: []string{".csv"}}, `[{"suffix":".csv"}]`},
		"both, of one key":      {ObjectFilter{Prefixes: []string{"a/", "b/"}, Suffixes: []string{".csv"}}, `[{"wildcard":"a/*.csv"},{"wildcard":"b/*.csv"}]`},
		"both, with a wildcard": {ObjectFilter{Prefixes: []string{`a*\`}, Suffixes: []string{".csv"}}, `[{"wildcard":"a\\*\\\\*.csv"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			source, target := objectEvents(t, c.filter)
			expected := `{"detail":{"bucket":{"name":["app-data"]}},"detail-type":["Object Created"],"source":["aws.s3"]}`
			if c.expected != "" {
				expected = `{"detail":{"bucket":{"name":["app-data"]},"object":{"key":` + c.expected + `}},"detail-type":["Object Created"],"source":["aws.s3"]}`
			}
			if found := asJSON(only(t, source, "AWS::Events::Rule").Properties["EventPattern"]); found != expected {
				t.Errorf("in the source account: found %s, expected %s", found, expected)
			}
			pattern := only(t, target, "AWS::Events::Rule").Properties["EventPattern"].(map[string]any)
			pattern["detail"].(map[string]any)["bucket"] = map[string]any{"name": []any{"app-data"}} // by reference
			if found := asJSON(pattern); found != expected {
				t.Errorf("in the target account: found %s, expected %s", found, expected)
			}
		})
	}
}

// The way of an event is recorded hop by hop, with the events that have to arrive: for each prefix the shortest key and a longer one.
func TestTheWayOfAnEventIsRecorded(t *testing.T) {
	source, target := objectEvents(t, ObjectFilter{Prefixes: []string{"in/"}, Suffixes: []string{".csv"}})
	events := func(bucket, resource string) string {
		event := func(key string) string {
			return `{"account":"222222222222","detail":{"bucket":{"name":` + bucket + `},"object":{"key":"` + key +
				`"}},"detail-type":"Object Created","region":"ap-northeast-1","resources":[` + resource + `],"source":"aws.s3","version":"0"}`
		}
		return `{"events":[` + event("in/.csv") + "," + event("in/2026/example.csv") + `],`
	}
	named := events(`"app-data"`, `"arn:aws:s3:::app-data"`)
	checkIntents(t, source, "delivery", map[string]string{
		"Queue/Events": named + `"from":{"Fn::GetAtt":["QueueBus","Arn"]},"to":{"Fn::GetAtt":["Queue","Arn"]}}`,
		"app-fn/Function/Messages of Source/Queue": named + `"from":{"Fn::GetAtt":["Queue","Arn"]},"reportsFailures":true,"to":{"Fn::GetAtt":["appfnFunction","Arn"]}}`,
		"Queue/Failed":          `{"from":{"Fn::GetAtt":["Queue","Arn"]},"to":{"Fn::GetAtt":["QueueFailed","Arn"]}}`,
		"Queue/Unsent":          `{"from":{"Fn::GetAtt":["QueueRule","Arn"]},"to":{"Fn::GetAtt":["QueueFailed","Arn"]}}`,
		"Queue/age/Notify":      `{"from":{"Fn::GetAtt":["Queueage","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
		"Queue/messages/Notify": `{"from":{"Fn::GetAtt":["Queuemessages","Arn"]},"to":{"Ref":"AlarmsTopic"}}`,
	})
	referred := events(`{"Ref":"Bucket"}`, `{"Fn::Join":["",["arn:aws:s3:::",{"Ref":"Bucket"}]]}`)
	const bus = "arn:aws:events:ap-northeast-1:222222222222:event-bus/default"
	checkIntents(t, target, "delivery", map[string]string{
		"Events/Notifications": `{"from":{"Fn::GetAtt":["Bucket","Arn"]},"to":"` + bus + `"}`,
		"Events/Events":        referred + `"from":"` + bus + `","to":"arn:aws:events:ap-northeast-1:111111111111:event-bus/app-bus"}`,
		"Events/Unsent":        `{"from":{"Fn::GetAtt":["EventsRule","Arn"]},"to":{"Fn::GetAtt":["EventsUnsent","Arn"]}}`,
	})
}

func TestExamplesOfEvents(t *testing.T) {
	stack := newFixture(t).source
	for name, c := range map[string]struct {
		filter   ObjectFilter
		expected []string
	}{
		"any object":          {ObjectFilter{}, []string{"2026/example"}},
		"prefixes":            {ObjectFilter{Prefixes: []string{"a/", "b/"}}, []string{"a/", "a/2026/example", "b/", "b/2026/example"}},
		"a suffix":            {ObjectFilter{Suffixes: []string{".csv"}}, []string{".csv", "2026/example.csv"}},
		"a prefix and suffix": {ObjectFilter{Prefixes: []string{"a/"}, Suffixes: []string{".csv"}}, []string{"a/.csv", "a/2026/example.csv"}},
	} {
		t.Run(name, func(t *testing.T) {
			var found []string
			for _, event := range c.filter.examples(stack, "222222222222", "app-data") {
				found = append(found, event["detail"].(map[string]any)["object"].(map[string]any)["key"].(string))
			}
			if diff := cmp.Diff(c.expected, found); diff != "" {
				t.Errorf("keys (-expected +found):\n%s", diff)
			}
		})
	}
}
