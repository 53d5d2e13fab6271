package workload

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

type validated interface{ Validate() error }

// All that is wrong is said at once.
func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		props    validated
		expected []string
	}{
		"an alarm topic of nothing": {AlarmTopicProps{Emails: []string{"a@example.com", "a@example.com", "a"}}, []string{
			`TopicName: found ""`, `AlarmPrefix: found "", expected 3 to 200`, `Emails[1]: found "a@example.com" twice`, `Emails[2]: found "a", expected an address`,
		}},
		"an alarm prefix that lets in all": {AlarmTopicProps{TopicName: "t", AlarmPrefix: "*"}, []string{`AlarmPrefix: found "*"`}},
		"alarms of nothing":                {FunctionAlarmsProps{}, []string{"Function: found nil", "Topic: found nil"}},
		"alarms that may not publish": {FunctionAlarmsProps{Function: &GoFunction{name: "other-copy"}, Topic: &AlarmTopic{props: AlarmTopicProps{AlarmPrefix: "app-"}}}, []string{
			`Function: found other-copy, expected a name that begins with "app-"`,
		}},
		"an alarm of no queue": {DeadLettersAlarmProps{}, []string{"DeadLetters: found nil", "Topic: found nil"}},
		"an alarm of a queue that may not publish": {DeadLettersAlarmProps{DeadLetters: &DeadLetters{name: "other"}, Topic: &AlarmTopic{props: AlarmTopicProps{AlarmPrefix: "app-"}}}, []string{
			`DeadLetters: found other, expected a name that begins with "app-"`,
		}},
		"a dashboard of nothing":     {DashboardProps{DashboardName: "a b"}, []string{`DashboardName: found "a b"`, "Functions: found none"}},
		"a queue with a space":       {DeadLettersProps{QueueName: "a b"}, []string{`QueueName: found "a b", expected 1 to 80`}},
		"a queue of 81 letters":      {DeadLettersProps{QueueName: strings.Repeat("a", 81)}, []string{"expected 1 to 80"}},
		"an instance of nothing":     {LinuxInstanceProps{VolumeGiB: 7}, []string{`InstanceName: found ""`, `RoleName: found ""`, "Vpc: found nil", "VolumeGiB: found 7, expected 8 to 16384"}},
		"an instance of another CPU": {LinuxInstanceProps{InstanceType: awsec2.NewInstanceType(jsii.String("t3.micro"))}, []string{"InstanceType: found t3.micro, expected one with an arm64 processor"}},
		"an API of nothing": {FunctionAPIProps{APIName: "a b", Path: "items", Authorization: "open", RatePerSecond: -1, Burst: 5001, CORSOrigins: []string{"*"}}, []string{
			`APIName: found "a b"`, `Path: found "items", expected one such as /items`, "Function: found nil", `Authorization: found "open", expected one of ["iam" "none"]`,
			"RatePerSecond: found -1", "Burst: found 5001, expected 1 to 5000", `CORSOrigins[0]: found "*"`,
		}},
		"a path with a parameter": {FunctionAPIProps{Path: "/items/{id}"}, []string{`Path: found "/items/{id}"`}},
		"events of nothing": {ObjectEventsProps{Filter: ObjectFilter{Prefixes: []string{""}, Suffixes: []string{".csv", ""}}}, []string{
			`Name: found ""`, `RoleName: found ""`, "Bucket: found nil", `To: found account "" and region ""`, `BusName: found ""`, "Prefixes[0]: found nothing", "Suffixes[1]: found nothing",
		}},
		"events to no account": {ObjectEventsProps{To: contract.Env{Account: "1111", Region: "ap-northeast-1"}}, []string{`To: found account "1111"`}},
		"a queue of events of nothing": {EventQueueProps{SenderRoleARN: "arn:aws:iam::222222222222:root", BucketName: "B", BatchSize: 11, Tries: 1001}, []string{
			`Name: found ""`, `SenderRoleARN: found "arn:aws:iam::222222222222:root", expected the ARN of a role`, `BucketName: found "B"`, "Function: found nil",
			"BatchSize: found 11, expected 1 to 10", "Tries: found 1001, expected 1 to 1000",
		}},
		"a sender that is anybody":   {EventQueueProps{SenderRoleARN: "arn:aws:iam::222222222222:role/*"}, []string{"SenderRoleARN: found"}},
		"a trail bucket of nothing":  {TrailBucketProps{KeepDays: -1}, []string{`BucketName: found ""`, `TrailName: found ""`, "KeepDays: found -1"}},
		"a trail with two dots":      {TrailBucketProps{TrailName: "a..b"}, []string{`TrailName: found "a..b"`}},
		"a trail that is any trail":  {TrailBucketProps{TrailName: "app*"}, []string{`TrailName: found "app*"`}},
		"a trail of too few letters": {TrailBucketProps{TrailName: "ab"}, []string{`TrailName: found "ab", expected 3 to 128`}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.props.Validate()
			for _, expected := range c.expected {
				if err == nil || !strings.Contains(err.Error(), expected) {
					t.Errorf("found %v, expected %s", err, expected)
				}
			}
		})
	}
}

// A constructor says where, and all that is wrong.
func TestConstructorsNameTheirPlace(t *testing.T) {
	h := newHouse(t)
	for expected, construct := range map[string]func(){
		"alarm topic Source/X":      func() { NewAlarmTopic(h.source, "X", AlarmTopicProps{}) },
		"function alarms Source/X":  func() { NewFunctionAlarms(h.source, "X", FunctionAlarmsProps{}) },
		"dead-letter alarm Source/": func() { NewDeadLettersAlarm(h.source, "X", DeadLettersAlarmProps{}) },
		"dashboard Source/X":        func() { NewDashboard(h.source, "X", DashboardProps{}) },
		"dead-letter queue Source/": func() { NewDeadLetters(h.source, "X", DeadLettersProps{}) },
		"instance Source/X":         func() { NewLinuxInstance(h.source, "X", LinuxInstanceProps{}) },
		"API Source/X":              func() { NewFunctionAPI(h.source, "X", FunctionAPIProps{}) },
		"object events Source/X":    func() { NewObjectEvents(h.source, "X", ObjectEventsProps{}) },
		"event queue Source/X":      func() { NewEventQueue(h.source, "X", EventQueueProps{}) },
		"trail bucket Source/X":     func() { NewTrailBucket(h.source, "X", TrailBucketProps{}) },
	} {
		func() {
			defer func() {
				if problem, _ := recover().(error); problem == nil || !strings.HasPrefix(problem.Error(), expected) || !strings.Contains(problem.Error(), "found") {
					t.Errorf("found %v, expected %s…", problem, expected)
				}
			}()
			construct()
		}()
	}
}
