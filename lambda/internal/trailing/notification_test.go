package trailing

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

func ofS3(bucket string, keys ...string) string {
	var records []string
	for _, key := range keys {
		records = append(records, fmt.Sprintf(`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}`, bucket, url.QueryEscape(key)))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

func ofEventBridge(bucket, key string) string {
	return fmt.Sprintf(`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":%q},"object":{"key":%q}}}`, bucket, key)
}

func inSQS(bodies ...string) string {
	var records []string
	for i, body := range bodies {
		text, _ := json.Marshal(body)
		records = append(records, fmt.Sprintf(`{"messageId":"m%d","eventSource":"aws:sqs","body":%s}`, i+1, text))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

func notify(b *bucket, event string) invocation.Result {
	return newFunction(b).Serve(context.Background(), invocation.Request{ID: "L1", Payload: []byte(event)})
}

func TestNotifications(t *testing.T) {
	objects, second := three()
	first, third := key(tokyo, "20160825T1310Z", "a"), key(tokyo, "20160825T1320Z", "c")
	digest := strings.Replace(base, "CloudTrail/", "CloudTrail/x_CloudTrail-Digest_", 1) + "y.json.gz"
	for _, c := range []struct {
		name, event, want string
		read              []string
	}{
		{"S3", ofS3("logs", second), "E0003 E0004", []string{second}},
		{"EventBridge", ofEventBridge("logs", second), "E0003 E0004", []string{second}},
		{"exactly those files, in their order", ofS3("logs", third, first), "E0005 E0006 E0001 E0002", []string{third, first}},
		{"a digest", ofS3("logs", digest, base), "", nil},
		{"the test of a new notification", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"logs"}`, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{objects: objects}
			result := notify(b, c.event)
			var got answered
			if err := json.Unmarshal(result.Payload, &got); err != nil || result.FunctionError != "" || result.Status != 200 {
				t.Fatalf("found %+v", result)
			}
			read := map[string]bool{}
			for _, key := range b.got {
				read[key] = true
			}
			if got.names() != c.want || len(read) != len(c.read) || len(b.got) != len(c.read) || len(b.listed) != 0 {
				t.Errorf("found %q, read %v", got.names(), b.got)
			}
			if c.name == "a digest" && (got.Files.Digests != 1 || got.Files.Others != 1) {
				t.Errorf("found %+v", got.Files)
			}
		})
	}
}

func TestANotificationThatFailsIsAFunctionError(t *testing.T) {
	objects, second := three()
	objects[second] = objects[second][:30]
	outside := "AWSLogs/333333333333/CloudTrail/x.json.gz"
	for _, c := range []struct{ name, event, want string }{
		{"a damaged file", ofS3("logs", second), `{"statusCode":500,"error":"log file \"` + second + `\" could not be read, nor could 0 others: damaged: the gzip data ends too early","requestId":"L1"}`},
		{"a damaged file of EventBridge's", ofEventBridge("logs", second), `{"statusCode":500,"error":"log file \"` + second + `\" could not be read, nor could 0 others: damaged: the gzip data ends too early","requestId":"L1"}`},
		{"a file that is gone", ofS3("logs", fixtureKey), `{"statusCode":500,"error":"log file \"` + fixtureKey + `\" could not be read, nor could 0 others: gone: it was deleted or has expired since it was listed","requestId":"L1"}`},
		{"another bucket", ofS3("other", second), `{"statusCode":403,"error":"the notification is about bucket \"other\"; role ` + role + ` may read bucket logs","requestId":"L1"}`},
		{"a key outside", ofS3("logs", second, outside), `{"statusCode":403,"error":"key \"` + outside + `\" is outside of what role ` + role + ` may read; the granted prefixes are \"` + base + `\"","requestId":"L1"}`},
		{"no notification", `{"Records":[{"eventSource":"aws:dynamodb"}]}`, `{"statusCode":400,"error":"field Records[0]: found a record of \"aws:dynamodb\", expected records of \"aws:s3\", directly or through SNS or SQS; remove this function from that event source","requestId":"L1"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{objects: objects}
			result := notify(b, c.event)
			if string(result.Payload) != c.want || result.FunctionError != "TrailFailed" || result.Err == nil {
				t.Errorf("found    %q %s\nexpected %s", result.FunctionError, result.Payload, c.want)
			}
			if read := c.name != "another bucket" && c.name != "no notification"; read != (len(b.got) > 0) || slices.Contains(b.got, outside) {
				t.Errorf("read %v", b.got)
			}
		})
	}
}

// Events beyond the hundredth are counted, so that a damaged file behind them is still found.
func TestANotificationOfManyEventsIsReadWhole(t *testing.T) {
	var times []string
	for i := range 250 {
		times = append(times, time.Date(2016, 8, 25, 13, 0, i, 0, time.UTC).Format(time.RFC3339))
	}
	objects, second := three()
	objects[second] = log(times...)
	first, third := key(tokyo, "20160825T1310Z", "a"), key(tokyo, "20160825T1320Z", "c")
	var got answered
	if err := json.Unmarshal(notify(&bucket{objects: objects}, ofS3("logs", first, second, third)).Payload, &got); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range got.ByName {
		total += n
	}
	if len(got.Events) != 100 || got.Count != 254 || total != 254 || got.Files.Read != 3 || got.Next != "" {
		t.Errorf("%d events of %d in %d files, next %q", len(got.Events), got.Count, got.Files.Read, got.Next)
	}
	objects[third] = objects[third][:30]
	if result := notify(&bucket{objects: objects}, ofS3("logs", first, second, third)); result.FunctionError == "" {
		t.Errorf("found %+v", result)
	}
}

func TestABatchNamesTheMessagesThatFailed(t *testing.T) {
	objects, second := three()
	damaged := key(tokyo, "20160825T1325Z", "d")
	objects[damaged] = []byte("no gzip")
	for _, c := range []struct {
		name, event, want string
		status            int
	}{
		{"all good", inSQS(ofS3("logs", second), ofEventBridge("logs", second), `{"Event":"s3:TestEvent"}`), `{"batchItemFailures":[]}`, 200},
		{"some not", inSQS(ofS3("logs", second), "hello", ofS3("other", second), ofS3("logs", damaged), ofS3("logs", second)),
			`{"batchItemFailures":[{"itemIdentifier":"m2"},{"itemIdentifier":"m3"},{"itemIdentifier":"m4"}]}`, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := notify(&bucket{objects: objects}, c.event)
			if diff := cmp.Diff(c.want, string(result.Payload)); diff != "" || result.Status != c.status || result.FunctionError != "" || (result.Err == nil) != (c.status == 200) {
				t.Errorf("status %d, function error %q, %v (-want +got):\n%s", result.Status, result.FunctionError, result.Err, diff)
			}
		})
	}
}

func TestANotificationThatRunsOutOfTimeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		objects, second := three()
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		third := key(tokyo, "20160825T1320Z", "c")
		b := &bucket{objects: objects, get: hangOn(ctx, third)}
		started := time.Now()
		result := newFunction(b).Serve(ctx, invocation.Request{ID: "L1", Payload: []byte(ofS3("logs", second, third))})
		if took := time.Since(started); took != 300*time.Millisecond {
			t.Errorf("took %s, expected 300ms", took)
		}
		if result.FunctionError == "" || !strings.Contains(string(result.Payload), "were read only up to") {
			t.Errorf("found %q %s", result.FunctionError, result.Payload)
		}
	})
}

// Nobody reads the answer, so what is refused is a function error.
func TestAScheduleHasToNameLogFiles(t *testing.T) {
	b := &bucket{}
	result := notify(b, `{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`)
	want := `{"statusCode":400,"error":"event: found that of a schedule, which names no log files, expected an input of the schedule's target, such as {\"from\":\"…\",\"to\":\"…\"} or {\"prefix\":\"…\"}","requestId":"L1"}`
	if string(result.Payload) != want || result.FunctionError != "TrailFailed" || len(b.listed) != 0 {
		t.Errorf("found %q %s", result.FunctionError, result.Payload)
	}
}

func TestRecordsOfOtherKindsStopNoFile(t *testing.T) {
	objects, second := three()
	b := &bucket{objects: objects}
	created := strings.TrimSuffix(strings.TrimPrefix(ofS3("logs", second), `{"Records":[`), "]}")
	removed := strings.Replace(created, "ObjectCreated:Put", "ObjectRemoved:Delete", 1)
	tagged := strings.Replace(created, "ObjectCreated:Put", "ObjectTagging:Put", 1)
	if result := notify(b, `{"Records":[`+removed+`,`+created+`]}`); result.FunctionError != "" || len(b.got) != 1 || !slices.ContainsFunc(result.Counts, slog.Int("removed", 1).Equal) {
		t.Errorf("found %s %v, read %v", result.Payload, result.Counts, b.got)
	}
	if result := notify(b, `{"Records":[`+tagged+`,`+created+`]}`); result.FunctionError != "TrailFailed" || len(b.got) != 2 || !strings.Contains(string(result.Payload), "ObjectTagging:Put") {
		t.Errorf("found %s, read %v", result.Payload, b.got)
	}
}

// What fails for a while is a function error with its cause, so that Lambda or SQS repeats the event; so is what is denied.
func TestANotificationWhoseFileS3DoesNotGive(t *testing.T) {
	objects, second := three()
	first := key(tokyo, "20160825T1310Z", "a")
	for _, c := range []struct {
		name, code string
		want       string
	}{
		{"throttled", "SlowDown", `{"statusCode":429,"error":"S3 GetObject is throttled`},
		{"broken", "InternalError", `{"statusCode":500,"error":"S3 GetObject failed on log file \"` + second + `\" of bucket logs`},
		{"denied", "AccessDenied", `{"statusCode":403,"error":"S3 GetObject was denied to role ` + role + ` on log file \"` + second + `\" of bucket logs`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{objects: objects, get: func(key string, _ int) (*s3.GetObjectOutput, error) {
				if key == second {
					return nil, apiError(c.code)
				}
				return nil, nil
			}}
			result := notify(b, ofS3("logs", first, second))
			if !strings.HasPrefix(string(result.Payload), c.want) || result.FunctionError != "TrailFailed" || result.Err == nil || !strings.Contains(result.Err.Error(), c.code) {
				t.Errorf("found    %q %s, %v\nexpected %s", result.FunctionError, result.Payload, result.Err, c.want)
			}
			result = notify(b, inSQS(ofS3("logs", first), ofS3("logs", first, second)))
			if want := `{"batchItemFailures":[{"itemIdentifier":"m2"}]}`; string(result.Payload) != want || result.Err == nil || !strings.Contains(result.Err.Error(), c.code) {
				t.Errorf("a batch: found %s, %v; expected %s", result.Payload, result.Err, want)
			}
		})
	}
}
