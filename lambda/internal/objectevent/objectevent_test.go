package objectevent

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

// The objects of the files in testdata, which have the form of AWS's documented samples.
var (
	report = Object{Bucket: "crossgrant-data", Key: "inbox/2026/a report+1.txt", ETag: "0123456789abcdef0123456789abcdef", Size: 1024, VersionID: "v1",
		Sequencer: "0A1B2C3D4E5F678901"}
	put = Object{Bucket: "amzn-s3-demo-bucket", Key: "HappyFace.jpg", ETag: "d41d8cd98f00b204e9800998ecf8427e", Size: 1024,
		VersionID: "096fKKXTRTtl3on89fVO.nfljtsv6qko", Sequencer: "0055AED6DCD90281E5"}
	gone = Object{Bucket: "amzn-s3-demo-bucket", Key: "HappyFace.jpg", Kind: Removed, ETag: "d41d8cd98f00b204e9800998ecf8427e", Size: -1,
		VersionID: "4.DFbNzlyMxIR0zXxkuKGhDwvSjoI6Vu", Sequencer: "0055AED6DCD9028200"}
	restored = Object{Bucket: "amzn-s3-demo-bucket", Key: "SadFace.jpg", Kind: Restored, ETag: "d41d8cd98f00b204e9800998ecf8427e", Size: 1024,
		VersionID: "096fKKXTRTtl3on89fVO.nfljtsv6qko", Sequencer: "0055AED6DCD90281E5"}
	tagged = Object{Bucket: "amzn-s3-demo-bucket", Key: "HappyFace.jpg", ETag: "d41d8cd98f00b204e9800998ecf8427e", Size: -1, Err: &event.Invalid{
		Field: "field Records[2]", Found: `"ObjectTagging:Put" of S3 for key "HappyFace.jpg"`,
		Expected: "ObjectCreated:*, ObjectRestore:Completed, ObjectRemoved:* or LifecycleExpiration:*; limit the bucket's notification to these events"}}
	expired = Object{Bucket: "amzn-s3-demo-bucket", Key: "old/OldFace.jpg", Kind: Removed, Size: -1, Sequencer: "0055AED6DCD90281E5"}
)

func with(o Object, account string) Object { o.Account = account; return o }

func TestFormsInWhichAWSSendsAnObject(t *testing.T) {
	const first, second, third = "059f36b4-87a3-44ab-83d2-661975830a7d", "2e1424d4-f796-459a-8184-9c92662be6da", "3e1424d4-f796-459a-8184-9c92662be6da"
	for name, c := range map[string]struct {
		want   Event
		counts string
	}{
		"s3-notification.json": {Event{Objects: []Object{report}}, ""},
		"s3-kinds.json":        {Event{Objects: []Object{put, gone, tagged, restored, expired}}, "restored=1 removed=2"},
		"s3-test.json":         {Event{tests: 1}, "tests=1"},
		"eventbridge.json":     {Event{Objects: []Object{with(report, "222222222222")}}, ""},
		"eventbridge-deleted.json": {Event{Objects: []Object{{Bucket: "amzn-s3-demo-bucket1", Key: "example-key", Kind: Removed, ETag: "d41d8cd98f00b204e9800998ecf8427e",
			Size: -1, VersionID: "1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF", Sequencer: "617f0837b476e463", Account: "111122223333"}}}, "removed=1"},
		"eventbridge-restored.json": {Event{Objects: []Object{{Bucket: "amzn-s3-demo-bucket1", Key: "example-key", Kind: Restored, ETag: "b1946ac92492d2347c6235b4d2611184",
			Size: 5, VersionID: "KKsjUC1.6gIjqtvhfg5AdMI0eCePIiT3", Account: "111122223333"}}}, "restored=1"},
		"sns.json":             {Event{Objects: []Object{put, restored}, tests: 1}, "restored=1 tests=1"},
		"sqs-eventbridge.json": {Event{Messages: []Message{{ID: first, Objects: []Object{with(report, "222222222222")}}}}, ""},
		"sqs-s3.json":          {Event{Messages: []Message{{ID: first, Objects: []Object{report}}, {ID: second, Tests: 1}}}, "tests=1"},
		"sqs-sns.json": {Event{Messages: []Message{{ID: first, Objects: []Object{put}}, {ID: second, Tests: 1}, {ID: third, Objects: []Object{
			{Bucket: "amzn-s3-demo-bucket1", Key: "example-key", Kind: Restored, ETag: "b1946ac92492d2347c6235b4d2611184", Size: 5, Account: "111122223333"}}}}},
			"restored=1 tests=1"},
		"sqs-fifo.json": {Event{Messages: []Message{{ID: "11d6ee51-4cc7-4302-9e22-7cd8afdaadf5", Objects: []Object{put}, group: "1"},
			{ID: "22d6ee51-4cc7-4302-9e22-7cd8afdaadf5", Objects: []Object{gone}, group: "1"}}}, "removed=1"},
		"schedule-rule.json":      {Event{Scheduled: true}, ""},
		"schedule-scheduler.json": {Event{Scheduled: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok, err := Parse(sample(t, name))
			if err != nil || !ok {
				t.Fatalf("found ok %t and %v", ok, err)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(Event{}, Message{})); diff != "" {
				t.Error(diff)
			}
			var counts []string
			for _, a := range got.Counts() {
				counts = append(counts, a.String())
			}
			if found := strings.Join(counts, " "); found != c.counts {
				t.Errorf("found the counts %q, expected %q", found, c.counts)
			}
		})
	}
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	payload, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestEventsOfAFunctionsOwn(t *testing.T) {
	for _, payload := range []string{``, `null`, `{}`, `{"prefix":"inbox/"}`, `{"Comment":"x"}`, `{"requestContext":5}`} {
		if got, ok, err := Parse([]byte(payload)); ok || err != nil || len(got.Objects) != 0 || got.Messages != nil {
			t.Errorf("%s: found %v, %t, %v", payload, got, ok, err)
		}
	}
}

func TestABadMessageSpoilsNoOther(t *testing.T) {
	const created = `{\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"k\"}}}`
	got, ok, err := Parse([]byte(`{"Records":[
		{"messageId":"1","eventSource":"aws:sqs","body":"hello"},
		{"messageId":"2","eventSource":"aws:sqs","body":"{\"prefix\":\"x\"}"},
		{"messageId":"3","eventSource":"aws:sqs","body":"{\"Records\":[{\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectAcl:Put\"}]}"},
		{"messageId":"4","eventSource":"aws:sqs","body":"{\"source\":\"aws.events\",\"detail-type\":\"Scheduled Event\"}"},
		{"messageId":"5","eventSource":"aws:sqs","body":"{\"Records\":[{\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectAcl:Put\"},` + created + `]}"}]}`))
	if err != nil || !ok || len(got.Messages) != 5 {
		t.Fatalf("found %v, %t, %v", got, ok, err)
	}
	for i, expected := range []string{"expected a JSON object", "found neither Records nor detail-type", `found "ObjectAcl:Put"`, `found "Scheduled Event" in a message`, ""} {
		m := got.Messages[i]
		if expected == "" && (m.Err != nil || len(m.Objects) != 2 || m.Objects[0].Err == nil || m.Objects[1].Err != nil) ||
			expected != "" && (m.Err == nil || !strings.Contains(m.Err.Error(), expected) || m.Objects != nil) {
			t.Errorf("message %s: found %v, %v, expected %q", m.ID, m.Objects, m.Err, expected)
		}
	}
}

// A record that is refused names itself and the way out, and the others are handled.
func TestARefusedRecordSpoilsNoOther(t *testing.T) {
	const created = `{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}`
	for name, c := range map[string]struct{ record, expected string }{
		"of tags":                {`{"eventSource":"aws:s3","eventName":"ObjectTagging:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"a%2Bb"}}}`, `found "ObjectTagging:Delete" of S3 for key "a+b", expected ObjectCreated:*`},
		"of a begun restore":     {`{"eventSource":"aws:s3","eventName":"ObjectRestore:Post"}`, `found "ObjectRestore:Post"`},
		"of an expired restore":  {`{"eventSource":"aws:s3","eventName":"ObjectRestore:Delete"}`, `found "ObjectRestore:Delete"`},
		"of a transition":        {`{"eventSource":"aws:s3","eventName":"LifecycleTransition"}`, "limit the bucket's notification to these events"},
		"of replication":         {`{"eventSource":"aws:s3","eventName":"Replication:OperationFailedReplication"}`, `found "Replication:OperationFailedReplication"`},
		"of another service":     {`{"eventSource":"aws:kinesis","eventName":"aws:kinesis:record"}`, `found a record of "aws:kinesis", expected records of "aws:s3", directly or through SNS or SQS; remove this function from that event source`},
		"of an unknown service":  {`{"kinesis":{}}`, `found a record without eventSource`},
		"that is a number":       {`7`, "field Records[0]: found the number 7"},
		"with other types":       {`{"eventSource":"aws:s3","s3":[]}`, "found an object whose fields have other types"},
		"with a broken encoding": {`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"a%2"}}}`, `key "a%2"`},
		"that is not UTF-8":      {`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"a%FF"}}}`, `key "a%FF"`},
		"without a bucket":       {`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"object":{"key":"k"}}}`, "s3.bucket.name"},
		"of SNS of a schedule":   {`{"EventSource":"aws:sns","Sns":{"Message":"{\"source\":\"aws.events\",\"detail-type\":\"Scheduled Event\"}"}}`, "make this function itself the schedule's target"},
		"of SNS about no object": {`{"EventSource":"aws:sns","Sns":{"Message":"hello"}}`, "expected a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok, err := Parse([]byte(`{"Records":[` + c.record + `,` + created + `]}`))
			if err != nil || !ok || len(got.Objects) != 2 || got.Objects[0].Err == nil || !strings.Contains(got.Objects[0].Err.Error(), c.expected) ||
				got.Objects[1].Err != nil || got.Objects[1].Key != "k" {
				t.Errorf("found %+v and %v, expected %s", got.Objects, err, c.expected)
			}
			_, ok, err = Parse([]byte(`{"Records":[` + c.record + `,` + c.record + `]}`))
			if !ok || !errors.As(err, new(*event.Invalid)) || !strings.Contains(err.Error(), c.expected) || !strings.HasSuffix(err.Error(), "nor is any of the 1 other records") {
				t.Errorf("nothing else: found %v, expected %s", err, c.expected)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	const eventBridge = `{"source":"aws.s3","detail-type":"Object Created","detail":`
	for name, c := range map[string]struct{ payload, expected string }{
		"not JSON":                            {`{"Records":`, "found the end in the middle"},
		"an array":                            {`[{"messageId":"1"}]`, "found an array, expected a JSON object"},
		"no record":                           {`{"Records":[]}`, "field Records: found an array, expected records"},
		"records that are none":               {`{"Records":"x"}`, `found the string "x", expected records`},
		"a record of another service":         {`{"Records":[{"eventSource":"aws:dynamodb","eventName":"INSERT"}]}`, `found a record of "aws:dynamodb"`},
		"an EventBridge event of tags":        {`{"source":"aws.s3","detail-type":"Object Tags Added","detail":{}}`, `found "Object Tags Added" of "aws.s3", expected "Object Created", "Object Restore Completed" or "Object Deleted" of "aws.s3"; limit the rule's event pattern to these`},
		"an EventBridge event of CloudTrail":  {`{"source":"aws.s3","detail-type":"AWS API Call via CloudTrail","detail":{}}`, `found "AWS API Call via CloudTrail"`},
		"an EventBridge event of somebody":    {`{"source":"my.app","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`, `of "my.app"`},
		"somebody's schedule":                 {`{"source":"my.app","detail-type":"Scheduled Event","detail":{}}`, `of "my.app"`},
		"an EventBridge event without detail": {eventBridge + `null}`, "bucket.name and object.key"},
		"an EventBridge event without a key":  {eventBridge + `{"bucket":{"name":"b"},"object":{}}}`, "bucket.name and object.key"},
		"half of a surrogate pair":            {eventBridge + `{"bucket":{"name":"b"},"object":{"key":"a\ud800"}}}`, "half of a surrogate pair"},
		"a message without an id":             {`{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}`, "found no messageId"},
		"a message with other types":          {`{"Records":[{"messageId":7,"eventSource":"aws:sqs","body":"{}"}]}`, "found fields of other types"},
		"a batch of two services":             {`{"Records":[{"messageId":"1","eventSource":"aws:sqs","body":"{}"},{"messageId":"2","eventSource":"aws:sns","body":"{}"}]}`, "field Records[1]"},
		"an event of S3 that is no test":      {`{"Event":"s3:Other"}`, "found neither Records nor detail-type"},
		"a confirmation of SNS":               {`{"Type":"SubscriptionConfirmation","TopicArn":"t","Message":"You have chosen","Token":"x"}`, `found "SubscriptionConfirmation" of SNS`},
		"SNS in SNS":                          {`{"Type":"Notification","TopicArn":"t","Message":"{\"Type\":\"Notification\",\"TopicArn\":\"t\",\"Message\":\"{}\"}"}`, "a message of SNS in a message of SNS"},
		"an HTTP API":                         {`{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}`, "found a request of API Gateway or a function URL, expected an event of this function's own"},
		"a REST API":                          {`{"httpMethod":"GET","requestContext":{"stage":"prod"}}`, "found a request of API Gateway"},
		"a load balancer":                     {`{"httpMethod":"GET","requestContext":{"elb":{"targetGroupArn":"a"}}}`, "found a request of an Application Load Balancer"},
		"Step Functions":                      {`{"Execution":{"Id":"a"},"State":{"Name":"b"},"StateMachine":{"Id":"c"}}`, "found the context object of Step Functions"},
		"a subscription of logs":              {`{"awslogs":{"data":"x"}}`, "found records of a CloudWatch Logs subscription"},
		"S3 Batch Operations":                 {`{"invocationSchemaVersion":"1.0","invocationId":"a","job":{},"tasks":[]}`, "found a task of S3 Batch Operations"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Parse([]byte(c.payload))
			if !errors.As(err, new(*event.Invalid)) || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

func TestTestsOfARuleAreAnswered(t *testing.T) {
	for _, kind := range []string{"Test Event", "test", "EventBridge Test Event", "myTestEvent"} {
		got, ok, err := Parse([]byte(`{"source":"my.app","detail-type":"` + kind + `","detail":{}}`))
		if err != nil || !ok || got.tests != 1 || len(got.Objects) != 0 {
			t.Errorf("%s: found %+v, %t, %v", kind, got, ok, err)
		}
	}
}

func TestOwn(t *testing.T) {
	for name, c := range map[string]struct {
		want   string
		unread bool
		err    string
	}{
		`{"limit":5}`: {want: "limit"},
		`{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}"}`: {unread: true},
		`{"Records":[{"eventSource":"aws:sqs"}]}`:                                  {unread: true, err: `found records of "aws:sqs", expected an event of this function's own`},
		`{"source":"aws.s3","detail-type":"Object Created"}`:                       {unread: true, err: `found "Object Created" of "aws.s3"`},
		`{"Event":"s3:TestEvent"}`:                                                 {unread: true, err: `found a notification`},
		`{"awslogs":{}}`:                                                           {err: `found records of a CloudWatch Logs subscription`},
	} {
		fields, err := event.Parse([]byte(name))
		if err != nil {
			t.Fatal(err)
		}
		own, unread, err := Own(fields)
		var names []string
		for field := range own {
			names = append(names, field)
		}
		if strings.Join(names, " ") != c.want || unread != c.unread || (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: found %v, %t, %v; expected %q, %q", name, names, unread, err, c.want, c.err)
		}
	}
}

func TestWhere(t *testing.T) {
	for want, o := range map[string]Object{
		`bucket "b"`:                           {Bucket: "b"},
		`bucket "b" of account "999999999999"`: {Bucket: "b", Account: "999999999999"},
	} {
		if got := o.Where(); got != want {
			t.Errorf("found %s, expected %s", got, want)
		}
	}
}

// The rule is AWS's: pad the shorter one with zeros on the right, then compare as text. The values are hexadecimal.
func TestLater(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		later bool
	}{
		{"0055AED6DCD90281E5", "0055AED6DCD90281E4", true},
		{"0055AED6DCD90281E4", "0055AED6DCD90281E5", false},
		{"0055AED6DCD90281E5", "0055AED6DCD90281E5", false},
		{"0055AED6", "0055AED600", false},
		{"0055AED600", "0055AED6", false},
		{"0055AED601", "0055AED6", true},
		{"1", "09FFFFFF", true},
		{"617f0837b476e463", "617f08299329d189", true},
		{"617F", "617f", false},
		{"9", "a", false},
		{"F", "a", true},
		{"1", "", true},
		{"", "1", false},
		{"", "", false},
	} {
		if got := Later(c.a, c.b); got != c.later {
			t.Errorf("Later(%q, %q) = %t", c.a, c.b, got)
		}
	}
}

// No event may end the process, and what is accepted has a bucket and a key.
func fuzz(f *testing.F, samples ...string) {
	for _, name := range samples {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, ok, err := Parse(payload)
		if err != nil {
			if !errors.As(err, new(*event.Invalid)) || len(err.Error()) > 1000 {
				t.Fatalf("found %v", err)
			}
			return
		}
		if !ok && !cmp.Equal(got, Event{}, cmp.AllowUnexported(Event{}), cmpopts.IgnoreUnexported(Message{})) {
			t.Fatalf("an own event has %+v", got)
		}
		check := func(objects []Object) {
			for _, o := range objects {
				if o.Err == nil && (o.Bucket == "" || o.Key == "") || o.Err != nil && (!errors.As(o.Err, new(*event.Invalid)) || len(o.Err.Error()) > 1000) {
					t.Fatalf("found %+v", o)
				}
			}
		}
		check(got.Objects)
		for _, m := range got.Messages {
			if check(m.Objects); m.ID == "" || m.Err != nil && !errors.As(m.Err, new(*event.Invalid)) {
				t.Fatalf("found %+v", m)
			}
		}
	})
}

func FuzzS3(f *testing.F) { fuzz(f, "s3-notification.json", "s3-kinds.json", "s3-test.json") }
func FuzzEventBridge(f *testing.F) {
	fuzz(f, "eventbridge.json", "eventbridge-deleted.json", "eventbridge-restored.json")
}
func FuzzSNS(f *testing.F)      { fuzz(f, "sns.json", "sqs-sns.json") }
func FuzzSQS(f *testing.F)      { fuzz(f, "sqs-s3.json", "sqs-eventbridge.json", "sqs-fifo.json") }
func FuzzSchedule(f *testing.F) { fuzz(f, "schedule-rule.json", "schedule-scheduler.json") }

func FuzzLater(f *testing.F) {
	f.Add("0055AED6DCD90281E5", "617f08299329d189")
	f.Fuzz(func(t *testing.T, a, b string) {
		if Later(a, b) && Later(b, a) {
			t.Fatalf("%q and %q are each later than the other", a, b)
		}
	})
}
