package objectevent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The files of testdata have the form of AWS's documented samples.
func TestFormsInWhichAWSSendsAnObject(t *testing.T) {
	inbox := []Object{{"crossgrant-data", "inbox/2026/a report+1.txt"}}
	for name, want := range map[string]Event{
		"s3-notification.json": {Objects: inbox},
		"eventbridge.json":     {Objects: inbox},
		"s3-test.json":         {},
		"sqs-eventbridge.json": {Messages: []Message{{ID: "059f36b4-87a3-44ab-83d2-661975830a7d", Objects: inbox}}},
		"sqs-s3.json":          {Messages: []Message{{ID: "059f36b4-87a3-44ab-83d2-661975830a7d", Objects: inbox}, {ID: "2e1424d4-f796-459a-8184-9c92662be6da"}}},
	} {
		t.Run(name, func(t *testing.T) {
			payload, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			got, ok, err := Parse(payload)
			if err != nil || !ok {
				t.Fatalf("found ok %t and %v", ok, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEventsOfAFunctionsOwn(t *testing.T) {
	for _, payload := range []string{``, `null`, `{}`, `{"prefix":"inbox/"}`} {
		if got, ok, err := Parse([]byte(payload)); ok || err != nil || len(got.Objects) != 0 || got.Messages != nil {
			t.Errorf("%s: found %v, %t, %v", payload, got, ok, err)
		}
	}
}

func TestABadMessageSpoilsNoOther(t *testing.T) {
	got, ok, err := Parse([]byte(`{"Records":[
		{"messageId":"1","eventSource":"aws:sqs","body":"hello"},
		{"messageId":"2","eventSource":"aws:sqs","body":"{\"prefix\":\"x\"}"},
		{"messageId":"3","eventSource":"aws:sqs","body":"{\"source\":\"aws.s3\",\"detail-type\":\"Object Created\",\"detail\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"k\"}}}"}]}`))
	if err != nil || !ok || len(got.Messages) != 3 {
		t.Fatalf("found %v, %t, %v", got, ok, err)
	}
	for i, expected := range []string{"expected a JSON object", "found neither Records nor detail-type", ""} {
		m := got.Messages[i]
		if expected == "" && (m.Err != nil || !cmp.Equal(m.Objects, []Object{{"b", "k"}})) || expected != "" && (m.Err == nil || !strings.Contains(m.Err.Error(), expected)) {
			t.Errorf("message %s: found %v, %v, expected %q", m.ID, m.Objects, m.Err, expected)
		}
	}
}

func TestWhatIsNoCreatedObject(t *testing.T) {
	const eventBridge = `{"source":"aws.s3","detail-type":"Object Created","detail":`
	for name, c := range map[string]struct{ payload, expected string }{
		"not JSON":                            {`{"Records":`, "found the end in the middle"},
		"no record":                           {`{"Records":[]}`, "field Records: found an array, expected records"},
		"records that are none":               {`{"Records":"x"}`, `found the string "x", expected records`},
		"a record of another service":         {`{"Records":[{"eventSource":"aws:dynamodb","eventName":"INSERT"}]}`, `found "INSERT" of "aws:dynamodb"`},
		"an object that was removed":          {`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}`, `found "ObjectRemoved:Delete"`},
		"a removed one among created ones":    {`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}},{"eventSource":"aws:s3","eventName":"ObjectRemoved:Delete"}]}`, "field Records[1]"},
		"a key with a broken encoding":        {`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"a%2"}}}]}`, `key "a%2"`},
		"a record without a bucket":           {`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"object":{"key":"k"}}}]}`, "s3.bucket.name"},
		"an EventBridge event of a removal":   {`{"source":"aws.s3","detail-type":"Object Deleted","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`, `found "Object Deleted"`},
		"an EventBridge event of somebody":    {`{"source":"my.app","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`, `of "my.app"`},
		"an EventBridge event without detail": {eventBridge + `null}`, "bucket.name and object.key"},
		"an EventBridge event without a key":  {eventBridge + `{"bucket":{"name":"b"},"object":{}}}`, "bucket.name and object.key"},
		"a message without an id":             {`{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}`, "found no messageId"},
		"a batch of two services":             {`{"Records":[{"messageId":"1","eventSource":"aws:sqs","body":"{}"},{"messageId":"2","eventSource":"aws:sns","body":"{}"}]}`, "field Records[1]"},
		"an event of S3 that is no test":      {`{"Event":"s3:Other"}`, "found neither Records nor detail-type"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Parse([]byte(c.payload))
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}
