package copying

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

// notification is S3's own, for objects of the origin; one as "bucket:key" is of that bucket.
func notification(keys ...string) string {
	var records []string
	for _, key := range keys {
		name, rest, other := strings.Cut(key, ":")
		if !other {
			name, rest = from, key
		}
		records = append(records, fmt.Sprintf(`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}`, name, rest))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

// queue is a batch of SQS; the id of each message is its number.
func queue(bodies ...string) string {
	var records []string
	for i, body := range bodies {
		text, _ := json.Marshal(body)
		records = append(records, fmt.Sprintf(`{"messageId":"%d","eventSource":"aws:sqs","body":%s}`, i, text))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

func TestANotification(t *testing.T) {
	for _, c := range []struct {
		name, event, want string
		failed            string
		listings          int
	}{
		{"of S3", notification("a/1", "a/2"), "a/1 a/2", "", 2},
		{"of EventBridge", `{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"reports"},"object":{"key":"a/1"}}}`, "a/1", "", 1},
		{"of an object in parts", notification("a/large"), "a/large", "", 1},
		{"the test that S3 sends", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"reports"}`, "", "", 0},
		{"of an object that is gone", notification("a/none", "a/1"), "a/1", "", 3},
		{"of another bucket", notification("other:a/1", "a/2"), "a/2", "a/1 event OtherBucket", 1},
		{"outside of the prefixes", notification("b/1", "a/2"), "a/2", "b/1 event OutsidePrefixes", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFake()
			for _, key := range []string{"a/1", "a/2", "b/1", "a/large"} {
				s.put(from, key, key)
			}
			s.put(from, "a/large", strings.Repeat("x", 25))
			b, result := plain(t, New(s, grant("a/")), c.event)
			failed := ""
			for _, f := range b.Failed {
				failed += f.Key + " " + f.Operation + " " + f.Code
			}
			if got := s.keysIn(to); got != c.want || failed != c.failed || (result.FunctionError != "") != (c.failed != "") {
				t.Errorf("found %q and %s, expected %q and %q", got, result.Payload, c.want, c.failed)
			}
			// One of the destination for each key, and one of the origin for a key that is not there.
			if n := s.count("ListObjectsV2"); n != c.listings {
				t.Errorf("%d listings, expected %d", n, c.listings)
			}
		})
	}
}

func batch(t *testing.T, ctx context.Context, f *Function, event string) (string, invocation.Result) {
	t.Helper()
	result := f.Serve(ctx, invocation.Request{ID: "L1", Payload: []byte(event)})
	return string(result.Payload), result
}

func TestABatchOfMessages(t *testing.T) {
	s := newFake()
	for _, key := range []string{"a/1", "a/2", "a/denied"} {
		s.put(from, key, key)
	}
	s.before = func(_ context.Context, c call) error {
		if c.op == "CopyObject" && c.key == "a/denied" {
			return says(c.op, 403, "AccessDenied")
		}
		return nil
	}
	f := New(s, grant("a/"))
	got, result := batch(t, context.Background(), f, queue(notification("a/1"), "no json", notification("a/denied"), notification("a/gone"),
		notification("other:a/1"), notification("a/2", "b/1"), `{"Event":"s3:TestEvent"}`, notification("a/1")))
	want := `{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"2"},{"itemIdentifier":"4"},{"itemIdentifier":"5"}]}`
	if got != want || result.FunctionError != "" {
		t.Errorf("found    %s\nexpected %s", got, want)
	}
	for _, part := range []string{`message 1: event: found malformed JSON`, `message 2: AccessDenied: CopyObject of key "a/denied": denied to role`, `message 4: OtherBucket: event of key "a/1": found an object of bucket "other"`, `message 5: OutsidePrefixes: event of key "b/1": `} {
		if result.Err == nil || !strings.Contains(result.Err.Error(), part) {
			t.Errorf("found %v, expected %s", result.Err, part)
		}
	}
	if keys := s.keysIn(to); keys != "a/1 a/2" {
		t.Errorf("copied %s", keys)
	}
	s.before = nil
	if got, result = batch(t, context.Background(), f, queue(notification("a/denied"))); got != `{"batchItemFailures":[]}` || result.Err != nil || result.Status != 200 {
		t.Errorf("allowed: found %s, %v", got, result.Err)
	}
}

func TestAMissingBucketIsNoMissingObject(t *testing.T) {
	s := newFake()
	delete(s.buckets, from)
	got, result := batch(t, context.Background(), New(s, grant()), queue(notification("a/1")))
	if got != `{"batchItemFailures":[{"itemIdentifier":"0"}]}` || !strings.Contains(result.Err.Error(), "NoSuchBucket") {
		t.Errorf("found %s, %v", got, result.Err)
	}
}

func TestTheLogOfABatchIsBounded(t *testing.T) {
	var bodies []string
	for range 100 {
		bodies = append(bodies, "no json")
	}
	_, result := batch(t, context.Background(), New(newFake(), grant()), queue(bodies...))
	if n := strings.Count(result.Err.Error(), "message "); n != 20 || !strings.HasSuffix(result.Err.Error(), "and 80 more messages") {
		t.Errorf("%d messages in %v", n, result.Err)
	}
}

func TestMessagesThatAreNotBegunInTimeComeAgain(t *testing.T) {
	for _, c := range []struct {
		name          string
		takes         time.Duration // of the 225 ms to begin in and the 285 to finish in
		copied, begun int
	}{
		{"all that begin finish", 120 * time.Millisecond, 8, 8},
		{"four are cancelled", 150 * time.Millisecond, 4, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFake()
				var bodies []string
				for i := range 10 {
					s.put(from, fmt.Sprint(i), "x")
					bodies = append(bodies, notification(fmt.Sprint(i)))
				}
				ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
				defer cancel()
				s.before = func(_ context.Context, request call) error {
					if request.op == "CopyObject" {
						time.Sleep(c.takes)
					}
					return nil
				}
				got, result := batch(t, ctx, New(s, grant()), queue(bodies...))
				failures := strings.Count(got, "itemIdentifier")
				if copied, begun := len(strings.Fields(s.keysIn(to))), s.count("CopyObject"); copied != c.copied || begun != c.begun || failures != 10-c.copied {
					t.Errorf("%d copied of %d begun, %d to come again, expected %d of %d and %d: %v", copied, begun, failures, c.copied, c.begun, 10-c.copied, result.Err)
				}
				if !strings.Contains(result.Err.Error(), "OutOfTime") {
					t.Errorf("found %v", result.Err)
				}
			})
		})
	}
}

func TestAScheduleIsAWalk(t *testing.T) {
	for _, event := range []string{`{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`, `{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}"}`} {
		s := newFake()
		s.put(from, "a/1", "x")
		s.put(from, "b/1", "x")
		if _, result := plain(t, New(s, grant("a/")), event); result.FunctionError != "" || s.keysIn(to) != "a/1" {
			t.Errorf("found %s, copied %q", result.Payload, s.keysIn(to))
		}
	}
}

func TestRecordsOfOtherKindsStopNoCopy(t *testing.T) {
	s := newFake()
	s.put(from, "a/1", "x")
	s.put(from, "a/2", "x")
	event := strings.Replace(notification("a/1", "a/2", "a/3"), "ObjectCreated:Put", "ObjectRemoved:Delete", 1)
	event = strings.Replace(event, "ObjectCreated:Put", "ObjectRestore:Completed", 1)
	event = strings.Replace(event, "ObjectCreated:Put", "ObjectTagging:Put", 1)
	b, result := plain(t, New(s, grant("a/")), event)
	if s.keysIn(to) != "a/2" || len(b.Failed) != 1 || b.Failed[0].Code != "Refused" || !strings.Contains(b.Failed[0].Message, `"ObjectTagging:Put" of S3 for key "a/3"`) {
		t.Errorf("found %s, copied %q; expected the restored object alone", result.Payload, s.keysIn(to))
	}
}

// record is one record of S3's own notification.
func record(kind, key, etag string, size int, sequencer string) string {
	return fmt.Sprintf(`{"eventSource":"aws:s3","eventName":%q,"s3":{"bucket":{"name":%q},"object":{"key":%q,"size":%d,"eTag":%q,"sequencer":%q}}}`,
		kind, from, key, size, etag, sequencer)
}

func records(all ...string) string { return `{"Records":[` + strings.Join(all, ",") + `]}` }

const created, removed = "ObjectCreated:Put", "ObjectRemoved:Delete"

func TestEqualMessagesCopyOnce(t *testing.T) {
	s := newFake()
	s.put(from, "a", "content")
	bodies := make([]string, 10_000)
	for i := range bodies {
		bodies[i] = notification("a")
	}
	_, result := batch(t, context.Background(), New(s, grant()), queue(bodies...))
	if n := s.count("CopyObject"); n != 1 || s.count("") > 4 || result.Err != nil || countOf(result.Counts, "duplicates") != int64(9999) || countOf(result.Counts, "copied") != int64(1) {
		t.Errorf("copied %d times with %d requests: %v", n, s.count(""), result.Counts)
	}
	s.before = deny("CopyObject", to, 403, "AccessDenied")
	s.put(from, "a", "changed")
	if got, _ := batch(t, context.Background(), New(s, grant()), queue(bodies[:50]...)); strings.Count(got, "itemIdentifier") != 50 {
		t.Errorf("of 50 messages whose key failed: found %s, expected all of them", got)
	}
}

// Which record of a key counts. The origin has the key.
func TestTheLatestRecordOfAKeyCounts(t *testing.T) {
	for _, c := range []struct {
		name   string
		event  string
		copied bool
	}{
		{"created, then one of its versions removed", records(record(created, "a", "", 1, "0055AED6DCD90281E5"), record(removed, "a", "", 1, "0055AED6DCD90281E6")), true},
		{"the same in the other order", records(record(removed, "a", "", 1, "0055AED6DCD90281E6"), record(created, "a", "", 1, "0055AED6DCD90281E5")), true},
		{"created, then one of its versions expired", records(record(created, "a", "", 1, "0055AED6DCD90281E5"), record("LifecycleExpiration:Delete", "a", "", 1, "0055AED6DCD90281E6")), true},
		{"removed, then created", records(record(removed, "a", "", 1, "0055AED6DCD90281E5"), record(created, "a", "", 1, "0055AED6DCD90281E501")), true},
		{"without sequencers a created one", records(record(created, "a", "", 1, ""), record(removed, "a", "", 1, "")), true},
		{"removed alone", records(record(removed, "a", "", 1, "0055AED6DCD90281E5")), false},
	} {
		s := newFake()
		s.put(from, "a", "x")
		b, result := plain(t, New(s, grant()), c.event)
		if (b.Copied == 1) != c.copied || result.Err != nil || !c.copied && s.count("") != 0 {
			t.Errorf("%s: found %s with %d requests, expected a copy: %t", c.name, result.Payload, s.count(""), c.copied)
		}
		// Over two messages it is the same.
		s = newFake()
		s.put(from, "a", "x")
		var bodies []string
		var parsed struct{ Records []json.RawMessage }
		if err := json.Unmarshal([]byte(c.event), &parsed); err != nil {
			t.Fatal(err)
		}
		for _, r := range parsed.Records {
			bodies = append(bodies, records(string(r)))
		}
		if got, result := batch(t, context.Background(), New(s, grant()), queue(bodies...)); (s.keysIn(to) == "a") != c.copied || result.Err != nil {
			t.Errorf("%s, in messages: found %s, %q", c.name, got, s.keysIn(to))
		}
	}
}

func TestAnObjectThatWasCreatedAndRemovedIsGone(t *testing.T) {
	s := newFake()
	b, result := plain(t, New(s, grant()), records(record(created, "a", "", 1, "0055AED6DCD90281E5"), record(removed, "a", "", 1, "0055AED6DCD90281E6")))
	if b.Gone != 1 || b.Copied != 0 || result.Err != nil {
		t.Errorf("found %s, expected an object that is gone", result.Payload)
	}
}

// The destination has the object that the first record is about, and the origin that of the second.
func TestRecordsWithoutOrderDoNotHideWhatTheOriginHas(t *testing.T) {
	const restored = "ObjectRestore:Completed"
	for _, c := range []struct{ name, firstKind, first, secondKind, second string }{
		{"neither has a sequencer", restored, "", restored, ""},
		{"the first has none", restored, "", created, "0055AED6DCD90281E5"},
		{"the second has none", created, "0055AED6DCD90281E5", restored, ""},
	} {
		s := newFake()
		old := strings.Trim(s.put(to, "a", "old").etag, `"`)
		current := strings.Trim(s.put(from, "a", "new").etag, `"`)
		b, result := plain(t, New(s, grant()), records(record(c.firstKind, "a", old, 3, c.first), record(c.secondKind, "a", current, 3, c.second)))
		if b.Copied != 1 || result.Err != nil {
			t.Errorf("%s: found %s, expected a copy", c.name, result.Payload)
		}
		sameObject(t, s, "a")
	}
}

// S3 and SQS deliver an event more than once.
func TestTheSameEventTwiceCopiesOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		size int
		kms  bool
		with bool // whether the event has ETag and size
		most int  // requests of the second invocation
	}{
		{"known by its ETag", 5, false, true, 1},
		{"an event without an ETag", 5, false, false, 2},
		{"under KMS", 5, true, true, 4},
		{"in parts", 35, false, true, 4},
	} {
		s := newFake()
		s.buckets[to].kms = c.kms
		o := s.put(from, "a", strings.Repeat("x", c.size))
		event := notification("a")
		if c.with {
			event = records(record(created, "a", strings.Trim(o.etag, `"`), c.size, "0055AED6DCD90281E5"))
		}
		first, _ := plain(t, New(s, grant()), event)
		requests := s.count("")
		second, result := plain(t, New(s, grant()), event)
		if first.Copied != 1 || second.Copied != 0 || result.Err != nil || second.Skipped.ETag+second.Skipped.Checksum != 1 || s.count("")-requests > c.most {
			t.Errorf("%s: copied %d, then %s with %d requests", c.name, first.Copied, result.Payload, s.count("")-requests)
		}
	}
}

// What an event says of the object saves a HEAD, and is no longer true if the object was written again.
func TestAnEventThatIsOlderThanItsObject(t *testing.T) {
	for _, size := range []int{7, 45} {
		s := newFake()
		s.put(from, "a", strings.Repeat("y", size))
		event := records(record(created, "a", "0123456789abcdef0123456789abcdef", 5, "0055AED6DCD90281E5"))
		b, result := plain(t, New(s, grant()), event)
		if b.Copied != 1 || b.Bytes != int64(size) {
			t.Errorf("found %s, expected a copy of %d bytes", result.Payload, size)
		}
		sameObject(t, s, "a")
		if b, result = plain(t, New(s, grant()), event); b.Copied != 0 || result.Err != nil {
			t.Errorf("again: found %s, expected none", result.Payload)
		}
	}
}
