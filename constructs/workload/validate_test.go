package workload

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

type validated interface{ Validate() error }

// An error lists all problems.
func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		props    validated
		expected []string
	}{
		"a function of nothing": {GoFunctionProps{}, []string{
			"Build: found nil", "Package: found nothing", `FunctionName: found ""`, `RoleName: found ""`, "Vpc: found nil",
		}},
		"a timeout over 15 minutes":    {GoFunctionProps{Timeout: 901 * time.Second}, []string{"Timeout: found 15m1s, expected whole seconds from 1s to 15m0s"}},
		"a timeout of half a second":   {GoFunctionProps{Timeout: 500 * time.Millisecond}, []string{"Timeout: found 500ms"}},
		"too little memory":            {GoFunctionProps{MemoryMiB: 127}, []string{"MemoryMiB: found 127, expected 128 to 10240"}},
		"more memory than Lambda has":  {GoFunctionProps{MemoryMiB: 10241}, []string{"MemoryMiB: found 10241"}},
		"a function name with a slash": {GoFunctionProps{FunctionName: "a/b"}, []string{`FunctionName: found "a/b", expected 1 to 64 letters, digits, - and _`}},
		"a function name that is long": {GoFunctionProps{FunctionName: strings.Repeat("a", 65)}, []string{"expected 1 to 64 letters"}},
		"an alarm topic of nothing": {AlarmTopicProps{Emails: []string{"a@example.com", "a@example.com", "a"}}, []string{
			`TopicName: found ""`, `AlarmPrefix: found "", expected 3 to 200`, `Emails[1]: found "a@example.com" twice`, `Emails[2]: found "a", expected an address`,
		}},
		"an alarm prefix for all alarms": {AlarmTopicProps{TopicName: "t", AlarmPrefix: "*"}, []string{`AlarmPrefix: found "*"`}},
		"alarms of nothing":              {FunctionAlarmsProps{}, []string{"Function: found nil", "Topic: found nil"}},
		"alarms that may not publish": {FunctionAlarmsProps{Function: &GoFunction{name: "other-copy"}, Topic: &AlarmTopic{props: AlarmTopicProps{AlarmPrefix: "app-"}}}, []string{
			`Function: found other-copy, expected a name that begins with "app-"`,
		}},
		"alarms of a function whose queue may not publish": {FunctionAlarmsProps{
			Function: &GoFunction{name: "app-copy", deadLetterQueue: &DeadLetterQueue{name: "other-failed"}}, Topic: &AlarmTopic{props: AlarmTopicProps{AlarmPrefix: "app-"}},
		}, []string{`Function.DeadLetterQueue: found other-failed, expected a name that begins with "app-"`}},
		"an alarm of no instance": {InstanceAlarmProps{}, []string{"Instance: found nil", "Name: found none", "Topic: found nil"}},
		"an alarm of no API":      {FunctionAPIAlarmProps{}, []string{"API: found nil", "Topic: found nil"}},
		"an alarm of an API that may not publish": {FunctionAPIAlarmProps{API: &FunctionAPI{props: FunctionAPIProps{APIName: "other"}}, Topic: &AlarmTopic{props: AlarmTopicProps{AlarmPrefix: "app-"}}}, []string{
			`API: found other, expected a name that begins with "app-"`,
		}},
		"an alarm of no queue": {DeadLetterQueueAlarmProps{}, []string{"DeadLetterQueue: found nil", "Topic: found nil"}},
		"an alarm of a queue that may not publish": {DeadLetterQueueAlarmProps{DeadLetterQueue: &DeadLetterQueue{name: "other"}, Topic: &AlarmTopic{props: AlarmTopicProps{AlarmPrefix: "app-"}}}, []string{
			`DeadLetterQueue: found other, expected a name that begins with "app-"`,
		}},
		"a dashboard of nothing":     {DashboardProps{DashboardName: "a b"}, []string{`DashboardName: found "a b"`, "Functions: found none"}},
		"a queue with a space":       {DeadLetterQueueProps{QueueName: "a b"}, []string{`QueueName: found "a b", expected 1 to 80`}},
		"a queue of 81 letters":      {DeadLetterQueueProps{QueueName: strings.Repeat("a", 81)}, []string{"expected 1 to 80"}},
		"an instance of nothing":     {LinuxInstanceProps{VolumeGiB: 7}, []string{`InstanceName: found ""`, `RoleName: found ""`, "Vpc: found nil", "VolumeGiB: found 7, expected 8 to 16384"}},
		"an instance of another CPU": {LinuxInstanceProps{InstanceType: awsec2.NewInstanceType(jsii.String("t3.micro"))}, []string{"InstanceType: found t3.micro, expected one with an arm64 processor"}},
		"an API of nothing": {FunctionAPIProps{APIName: "a b", Path: "items", Authorization: "open", RatePerSecond: -1, Burst: 5001, CORSOrigins: []string{"*"}}, []string{
			`APIName: found "a b"`, `Path: found "items", expected one such as /items`, "Function: found nil", `Authorization: found "open", expected one of ["iam" "none"]`,
			"RatePerSecond: found -1", "Burst: found 5001, expected 1 to 5000", `CORSOrigins[0]: found "*"`,
		}},
		"a distributed copy of nothing": {DistributedCopyProps{ResultsDays: -1, Concurrency: 1001, BatchItems: -5, LargeBytes: 1, ToleratedFailurePercent: 101, Inventory: "orc"}, []string{
			`Name: found ""`, `RoleName: found ""`, "Function: found nil", "Origin: found nil", "Prefixes: found none", `ResultsBucketName: found ""`, "Topic: found nil",
			"ResultsDays: found -1, expected 1 to", "Concurrency: found 1001, expected 1 to 1000", "BatchItems: found -5", "LargeBytes: found 1, expected 5242880",
			"ToleratedFailurePercent: found 101, expected 0 to 100", `Inventory: found "orc", expected one of [none csv parquet]`,
		}},
		"a distributed copy of a whole bucket": {DistributedCopyProps{Prefixes: []string{"a/", "", "a/"}}, []string{`Prefixes[1]: found ""`, `Prefixes[2]: found "a/"`}},
		"a path with a parameter":              {FunctionAPIProps{Path: "/items/{id}"}, []string{`Path: found "/items/{id}"`}},
		"events of nothing": {ObjectEventsProps{Filter: ObjectFilter{Prefixes: []string{""}, Suffixes: []string{".csv", ""}}}, []string{
			`Name: found ""`, `RoleName: found ""`, "Bucket: found nil", `To: found account "" and region ""`, `BusName: found ""`, "Prefixes[0]: found nothing", "Suffixes[1]: found nothing",
		}},
		"events to no account": {ObjectEventsProps{To: contract.Env{Account: "1111", Region: "ap-northeast-1"}}, []string{`To: found account "1111"`}},
		"a queue of events of nothing": {EventQueueProps{SenderRoleARN: "arn:aws:iam::222222222222:root", BucketName: "B", BatchSize: 11, MaxReceiveCount: 1001}, []string{
			`Name: found ""`, `SenderRoleARN: found "arn:aws:iam::222222222222:root", expected the ARN of a role`, `BucketName: found "B"`, "Function: found nil", "Topic: found nil",
			"BatchSize: found 11, expected 1 to 10", "MaxReceiveCount: found 1001, expected 1 to 1000",
		}},
		"a queue of events whose alarm may not publish": {EventQueueProps{Name: "other", Topic: &AlarmTopic{props: AlarmTopicProps{AlarmPrefix: "app-"}}}, []string{
			`Name: found other, expected a name that begins with "app-"`,
		}},
		"a sender that is any role":  {EventQueueProps{SenderRoleARN: "arn:aws:iam::222222222222:role/*"}, []string{"SenderRoleARN: found"}},
		"a trail bucket of nothing":  {TrailBucketProps{ExpirationDays: -1}, []string{`BucketName: found ""`, `TrailName: found ""`, "ExpirationDays: found -1"}},
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

// A constructor's panic has the construct's path and all problems.
func TestConstructorsNameTheirPath(t *testing.T) {
	f := newFixture(t)
	for expected, construct := range map[string]func(){
		"alarm topic Source/X":             func() { NewAlarmTopic(f.source, "X", AlarmTopicProps{}) },
		"function alarms Source/X":         func() { NewFunctionAlarms(f.source, "X", FunctionAlarmsProps{}) },
		"function Source/X":                func() { NewGoFunction(f.source, "X", GoFunctionProps{}) },
		"instance alarm Source/X":          func() { NewInstanceAlarm(f.source, "X", InstanceAlarmProps{}) },
		"API alarm Source/X":               func() { NewFunctionAPIAlarm(f.source, "X", FunctionAPIAlarmProps{}) },
		"dead-letter queue alarm Source/X": func() { NewDeadLetterQueueAlarm(f.source, "X", DeadLetterQueueAlarmProps{}) },
		"dashboard Source/X":               func() { NewDashboard(f.source, "X", DashboardProps{}) },
		"dead-letter queue Source/X":       func() { NewDeadLetterQueue(f.source, "X", DeadLetterQueueProps{}) },
		"instance Source/X":                func() { NewLinuxInstance(f.source, "X", LinuxInstanceProps{}) },
		"API Source/X":                     func() { NewFunctionAPI(f.source, "X", FunctionAPIProps{}) },
		"object events Source/X":           func() { NewObjectEvents(f.source, "X", ObjectEventsProps{}) },
		"event queue Source/X":             func() { NewEventQueue(f.source, "X", EventQueueProps{}) },
		"trail bucket Source/X":            func() { NewTrailBucket(f.source, "X", TrailBucketProps{}) },
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
