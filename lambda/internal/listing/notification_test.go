package listing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

var reports = Grant{RoleARN: role, Bucket: "lake", Prefixes: []string{"reports/"}}

// created is EventBridge's event of an object.
func created(bucket, key string) string {
	return fmt.Sprintf(`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":%q},"object":{"key":%q}}}`, bucket, key)
}

// batch is an SQS event with one message for each body, m0 first.
func batch(bodies ...string) string {
	var records []map[string]string
	for i, body := range bodies {
		records = append(records, map[string]string{"messageId": fmt.Sprint("m", i), "eventSource": "aws:sqs", "body": body})
	}
	encoded, _ := json.Marshal(map[string]any{"Records": records})
	return string(encoded)
}

func notified(b *bucket, event string) invocation.Result {
	return New(b, reports).Serve(context.Background(), invocation.Request{ID: "L1", Payload: []byte(event)})
}

func TestANotificationListsItsObjectAlone(t *testing.T) {
	b := &bucket{keys: []string{"reports/1", "reports/10", "reports/2"}}
	got := notified(b, created(reports.Bucket, "reports/1"))
	if got.FunctionError != "" || !strings.Contains(string(got.Payload), `"key":"reports/1"`) || !strings.Contains(string(got.Payload), `"count":1}`) {
		t.Errorf("found %s %s, expected reports/1 alone", got.FunctionError, got.Payload)
	}
}

func TestAnObjectThatIsGoneIsNoError(t *testing.T) {
	b := &bucket{keys: []string{"reports/10"}}
	got := notified(b, created(reports.Bucket, "reports/1"))
	if got.FunctionError != "" || !strings.Contains(string(got.Payload), `"objects":[],"count":0}`) {
		t.Errorf("found %s %s, expected no object", got.FunctionError, got.Payload)
	}
}

func TestABatchNamesTheMessagesThatFailed(t *testing.T) {
	b := &bucket{keys: []string{"reports/1", "reports/2"}}
	good := created(reports.Bucket, "reports/1")
	got := notified(b, batch(good, "no JSON", created("other", "reports/1"), created(reports.Bucket, "private/1"), good, created(reports.Bucket, "reports/2")))
	if want := `{"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"m2"},{"itemIdentifier":"m3"}]}`; string(got.Payload) != want || got.FunctionError != "" {
		t.Errorf("found %s %s, expected %s", got.FunctionError, got.Payload, want)
	}
	for _, expected := range []string{"message m1", "message m2: the notification is about bucket", `message m3: prefix "private/1" is outside`} {
		if got.Err == nil || !strings.Contains(got.Err.Error(), expected) {
			t.Errorf("found log %v, expected %s", got.Err, expected)
		}
	}
	if len(b.asked) != 3 {
		t.Errorf("S3 was asked %d times, expected once for each of three objects", len(b.asked))
	}
}

// Nobody reads the answer to an asynchronous invocation: Lambda has to see the failure, or the event is lost.
func TestANotificationThatFailsIsAnErrorOfTheFunction(t *testing.T) {
	for name, c := range map[string]struct {
		bucket   bucket
		event    string
		expected string
	}{
		"S3 does not answer":        {bucket{keys: []string{"reports/1"}, after: 1, err: errors.New("connection refused")}, created(reports.Bucket, "reports/1"), `"statusCode":500`},
		"another bucket":            {bucket{}, created("other", "reports/1"), `"statusCode":403`},
		"an object that was erased": {bucket{}, `{"source":"aws.s3","detail-type":"Object Deleted","detail":{}}`, `"statusCode":400`},
	} {
		t.Run(name, func(t *testing.T) {
			got := notified(&c.bucket, c.event)
			if got.FunctionError != functionError || !strings.Contains(string(got.Payload), c.expected) || got.Err == nil {
				t.Errorf("found %q %s, expected %s with %s", got.FunctionError, got.Payload, functionError, c.expected)
			}
		})
	}
}

func TestAScheduleListsEverything(t *testing.T) {
	const scheduled = `{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}"}`
	b := &bucket{keys: []string{"reports/1", "reports/2"}}
	if got := notified(b, scheduled); got.FunctionError != "" || !strings.Contains(string(got.Payload), `"count":2}`) {
		t.Errorf("found %s %s, expected both objects", got.FunctionError, got.Payload)
	}
	if got := notified(&bucket{err: errors.New("broken")}, scheduled); got.FunctionError != "ListFailed" {
		t.Errorf("found %s %s, expected a function error, since nobody reads the answer", got.FunctionError, got.Payload)
	}
}

func TestRecordsOfOtherKindsStopNoObject(t *testing.T) {
	record := func(name string) string {
		return fmt.Sprintf(`{"eventSource":"aws:s3","eventName":%q,"s3":{"bucket":{"name":"lake"},"object":{"key":"reports/1"}}}`, name)
	}
	b := &bucket{keys: []string{"reports/1"}}
	got := notified(b, `{"Records":[`+record("ObjectRemoved:Delete")+`,`+record("ObjectCreated:Put")+`,`+record("ObjectRestore:Completed")+`]}`)
	if got.FunctionError != "" || !strings.Contains(string(got.Payload), `"count":2}`) {
		t.Errorf("found %s %s, expected the created and the restored object", got.FunctionError, got.Payload)
	}
	got = notified(b, `{"Records":[`+record("ObjectAcl:Put")+`,`+record("ObjectCreated:Put")+`]}`)
	if got.FunctionError != "ListFailed" || got.Status != 400 || !slices.ContainsFunc(got.Counts, slog.Int("count", 1).Equal) {
		t.Errorf("found %s %s %v, expected a refusal beside one object", got.FunctionError, got.Payload, got.Counts)
	}
}

func TestARequestOfAPIGatewayIsNamed(t *testing.T) {
	got := notified(&bucket{}, `{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}`)
	if got.Status != 400 || got.FunctionError != "" || !strings.Contains(string(got.Payload), "found a request of API Gateway") {
		t.Errorf("found %s %s", got.FunctionError, got.Payload)
	}
}
