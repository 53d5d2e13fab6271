package scanning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

const (
	role      = "arn:aws:iam::222222222222:role/reader"
	tableName = "access-sample-table"
)

var grant = Grant{RoleARN: role, Table: tableName}

func serve(f *Function, event string) (int, string) {
	result := f.Serve(context.Background(), invocation.Request{ID: "L1", Payload: []byte(event)})
	return result.Status, string(result.Payload)
}

type scanned struct {
	Items []struct{ DeviceID string }
	Count int
	Next  *string
}

func decode(t *testing.T, payload string) scanned {
	t.Helper()
	var got scanned
	if err := json.Unmarshal([]byte(payload), &got); err != nil {
		t.Fatalf("%v in %.200s", err, payload)
	}
	if got.Count != len(got.Items) {
		t.Errorf("count %d, items %d", got.Count, len(got.Items))
	}
	return got
}

// walk follows next to the end and returns how many items each answer had.
func walk(t *testing.T, f *Function, limit int) (counts []int, ids []string) {
	t.Helper()
	event := fmt.Sprintf(`{"limit":%d}`, limit)
	for range 100 {
		status, payload := serve(f, event)
		if status != 200 {
			t.Fatalf("status %d: %s", status, payload)
		}
		if len(payload) > f.maxBytes {
			t.Fatalf("an answer of %d bytes, the bound is %d", len(payload), f.maxBytes)
		}
		got := decode(t, payload)
		counts = append(counts, got.Count)
		for _, item := range got.Items {
			ids = append(ids, item.DeviceID)
		}
		if got.Next == nil {
			return counts, ids
		}
		event = fmt.Sprintf(`{"limit":%d,"next":%q}`, limit, *got.Next)
	}
	t.Fatal("next never ends")
	return nil, nil
}

func TestTheSampleTable(t *testing.T) {
	source := &table{items: []item{
		{"deviceId": str("d0001"), "name": str("This is a pen.")},
		{"deviceId": str("d0002"), "name": str("Fooooooo")},
	}}
	_, payload := serve(New(source, grant), `null`)
	want := `{"items":[{"deviceId":"d0001","name":"This is a pen."},{"deviceId":"d0002","name":"Fooooooo"}],"count":2}`
	if payload != want {
		t.Errorf("got  %s\nwant %s", payload, want)
	}
	if _, payload = serve(New(&table{}, grant), `{}`); payload != `{"items":[],"count":0}` {
		t.Errorf("an empty table: %s", payload)
	}
}

func TestPagesUntilTheLimit(t *testing.T) {
	for _, c := range []struct {
		name            string
		items, pageSize int
		limit           int
		counts          []int
	}{
		{"all in one answer", 7, 3, 100, []int{7}},
		{"limit within a page", 7, 5, 3, []int{3, 3, 1}},
		{"limit over several pages", 7, 2, 5, []int{5, 2}},
		{"a full answer at the end: then an empty one", 6, 2, 3, []int{3, 3, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := devices(c.items)
			source.pageSize = c.pageSize
			counts, ids := walk(t, New(source, grant), c.limit)
			if diff := cmp.Diff(c.counts, counts); diff != "" {
				t.Errorf("items an answer (-want +got):\n%s", diff)
			}
			for i, id := range ids {
				if want := fmt.Sprintf("d%04d", i+1); id != want {
					t.Fatalf("item %d is %s, want %s", i, id, want)
				}
			}
		})
	}
}

func TestTheDefaultLimitIs100(t *testing.T) {
	if _, payload := serve(New(devices(150), grant), ``); decode(t, payload).Count != 100 {
		t.Error(payload)
	}
}

func TestRefusedPlainEvents(t *testing.T) {
	for _, c := range []struct{ name, event, want string }{
		{"limit 0", `{"limit":0}`, `field \"limit\": found the number 0, expected a whole number from 1 to 1000`},
		{"limit 1001", `{"limit":1001}`, `field \"limit\": found the number 1001, expected a whole number from 1 to 1000`},
		{"a number as next", `{"next":1}`, `field \"next\": found the number 1, expected a string of at most 32768 bytes`},
		{"an empty next", `{"next":""}`, `field \"next\": found a token that was altered or is of another table, expected the next of an earlier answer, unchanged`},
		{"an event of another service", `{"Records":[{"eventSource":"aws:sqs"}]}`, `event: found records of \"aws:sqs\", expected an event of this function's own, such as {}; remove this function from its sender`},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := devices(1)
			_, payload := serve(New(source, grant), c.event)
			if want := `{"statusCode":400,"error":"` + c.want + `","requestId":"L1"}`; payload != want || len(source.asked) != 0 {
				t.Errorf("got  %s\nwant %s", payload, want)
			}
		})
	}
}

func TestANextThatTheTableRefuses(t *testing.T) {
	token, _ := encodeToken(deviceKey("d0001"), tableName)
	for _, c := range []struct {
		name, message string
		status        int
	}{
		{"the key of another schema", "The provided starting key is invalid", 400},
		{"the key of another size", "Exclusive Start Key must have same size as table's key schema", 400},
		{"something else is wrong", "Select type ALL_PROJECTED_ATTRIBUTES is not supported", 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := &table{after: 1, err: &smithy.GenericAPIError{Code: "ValidationException", Message: c.message}}
			status, payload := serve(New(source, grant), `{"next":"`+token+`"}`)
			if status != c.status || (status == 400) != strings.Contains(payload, `field \"next\"`) {
				t.Errorf("got %d %s", status, payload)
			}
		})
	}
}

// What was read is answered, and the error of the call is the next answer's, if it lasts.
func TestACallThatFailsAfterAPageEndsTheAnswerThere(t *testing.T) {
	for _, c := range []struct {
		name, code string
		status     int
		message    string
	}{
		{"throttled", "ProvisionedThroughputExceededException", 429, "is throttled"},
		{"the account is throttled", "ThrottlingException", 429, "is throttled"},
		{"over the account's limit", "RequestLimitExceeded", 429, "is throttled"},
		{"broken", "InternalServerError", 500, ""},
		{"denied since the first page", "AccessDeniedException", 403, "was denied to role " + role},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := devices(5)
			source.pageSize, source.after = 2, 2
			source.err = &smithy.OperationError{ServiceID: "DynamoDB", OperationName: "Scan", Err: &smithy.GenericAPIError{Code: c.code, Message: "words of DynamoDB"}}
			f := New(source, grant)
			result := f.Serve(context.Background(), invocation.Request{ID: "L1"})
			got := decode(t, string(result.Payload))
			if result.Status != 200 || got.Count != 2 || got.Next == nil {
				t.Fatalf("found %d %s, expected the two items of the first page with next", result.Status, result.Payload)
			}
			if result.Err == nil || !strings.Contains(result.Err.Error(), c.code) {
				t.Errorf("found %v for the log, expected %s", result.Err, c.code)
			}
			source.asked, source.after = nil, 1
			if status, payload := serve(f, `{"next":"`+*got.Next+`"}`); status != c.status || !strings.Contains(payload, c.message) {
				t.Errorf("nothing was read: found %d %s, expected %d", status, payload, c.status)
			}
			source.err = nil
			if _, payload := serve(f, `{"next":"`+*got.Next+`"}`); decode(t, payload).Count != 3 {
				t.Errorf("the rest: found %s", payload)
			}
		})
	}
}

func TestOutOfTime(t *testing.T) {
	gone, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	source := devices(5)
	source.pageSize, source.after, source.err = 2, 2, context.DeadlineExceeded
	f := New(source, grant)
	result := f.Serve(gone, invocation.Request{})
	got := decode(t, string(result.Payload))
	if result.Status != 200 || got.Count != 2 || got.Next == nil {
		t.Fatalf("got %d %s, want the two items of the first page with next", result.Status, result.Payload)
	}
	source.err = nil
	if _, payload := serve(f, `{"next":"`+*got.Next+`"}`); decode(t, payload).Items[0].DeviceID != "d0003" {
		t.Errorf("next leads to %s", payload)
	}
	source.asked, source.after, source.err = nil, 1, context.DeadlineExceeded
	if result := f.Serve(gone, invocation.Request{}); result.Status != 500 || !strings.Contains(string(result.Payload), "timed out on table "+tableName) {
		t.Errorf("before the first page: %d %s", result.Status, result.Payload)
	}
	source.asked, source.after, source.err = nil, 2, errors.New("broken")
	if status, _ := serve(f, `{}`); status != 500 {
		t.Errorf("an error in time after a page: status %d, want 500", status)
	}
}

func TestAScheduleScansFromTheStart(t *testing.T) {
	const scheduled = `{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}"}`
	if status, payload := serve(New(devices(150), grant), scheduled); status != 200 || decode(t, payload).Count != 100 {
		t.Error(payload)
	}
	for event, want := range map[string]string{scheduled: "ScanFailed", `{"Records":[{"eventSource":"aws:sqs","messageId":"1","body":"{}"}]}`: "ScanFailed", `{}`: "", `{"x":1}`: ""} {
		source := devices(1)
		source.after, source.err = 1, errors.New("broken")
		if result := New(source, grant).Serve(context.Background(), invocation.Request{Payload: []byte(event)}); result.Err == nil || result.FunctionError != want {
			t.Errorf("%s: found the function error %q of %v, expected %q: nobody reads the answer to an event of AWS", event, result.FunctionError, result.Err, want)
		}
	}
}
