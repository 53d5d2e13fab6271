package copying

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

const role = "arn:aws:iam::222222222222:role/copier"

// grant copies in parts of 10 bytes: how small a part may be is S3's and the settings' business.
func grant(prefixes ...string) Grant {
	return Grant{RoleARN: role, Origin: from, Destination: to, Prefixes: prefixes, PartBytes: 10, Parallel: 4}
}

func serve(t testing.TB, ctx context.Context, f *Function, event string) (body, invocation.Result) {
	t.Helper()
	result := f.Serve(ctx, invocation.Request{ID: "L1", Payload: []byte(event)})
	var b body
	if err := json.Unmarshal(result.Payload, &b); err != nil {
		t.Fatalf("%v in %s", err, result.Payload)
	}
	return b, result
}

func plain(t testing.TB, f *Function, event string) (body, invocation.Result) {
	t.Helper()
	return serve(t, context.Background(), f, event)
}

// keysIn returns the keys of a bucket, joined by spaces.
func (f *fakeS3) keysIn(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var keys []string
	for key := range f.buckets[name].objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

func TestWhatIsCopied(t *testing.T) {
	for _, c := range []struct {
		name     string
		prefixes []string
		event    string
		want     string
	}{
		{"the whole bucket", nil, `{}`, "a/ a/1 a/b/1 b/1 c/1 root"},
		{"an empty payload", nil, ``, "a/ a/1 a/b/1 b/1 c/1 root"},
		{"granted prefixes only, with the folder's marker", []string{"c/", "a/"}, `{}`, "a/ a/1 a/b/1 c/1"},
		{"overlapping prefixes", []string{"a/b/", "a/"}, `{}`, "a/ a/1 a/b/1"},
		{"a prefix inside a granted one", []string{"a/", "c/"}, `{"prefix":"a/b"}`, "a/b/1"},
		{"nothing there", []string{"x/"}, `{}`, ""},
	} {
		for _, pageSize := range []int{1, 2, 1000} {
			t.Run(fmt.Sprintf("%s, pages of %d", c.name, pageSize), func(t *testing.T) {
				s := newFake()
				s.pageSize = pageSize
				for _, key := range []string{"a/", "a/1", "a/b/1", "b/1", "c/1", "root"} {
					s.put(from, key, "content of "+key)
				}
				b, result := plain(t, New(s, grant(c.prefixes...)), c.event)
				if got := s.keysIn(to); got != c.want || result.FunctionError != "" || result.Err != nil || b.Next != "" {
					t.Errorf("found %q and %s, expected %q", got, result.Payload, c.want)
				}
				if b.Copied != len(strings.Fields(c.want)) {
					t.Errorf("copied %d", b.Copied)
				}
			})
		}
	}
}

func TestTheAnswerInFull(t *testing.T) {
	s := newFake()
	s.put(from, "a/1", "12345")
	s.put(from, "a/2", "123")
	f := New(s, grant("a/"))
	_, result := plain(t, f, `{}`)
	want := `{"origin":"reports","destination":"lake","copied":2,"bytes":8,"skipped":{"etag":0,"checksum":0,"time":0},"gone":0,"retries":0,"throttled":0,"failed":[]}`
	if string(result.Payload) != want || result.Status != 200 {
		t.Errorf("found    %s\nexpected %s", result.Payload, want)
	}
	_, result = plain(t, f, `{}`)
	want = `{"origin":"reports","destination":"lake","copied":0,"bytes":0,"skipped":{"etag":2,"checksum":0,"time":0},"gone":0,"retries":0,"throttled":0,"failed":[]}`
	if string(result.Payload) != want {
		t.Errorf("the second time: found    %s\nexpected %s", result.Payload, want)
	}
}

func TestContentMetadataAndTagsComeAlong(t *testing.T) {
	s := newFake()
	for key, data := range map[string]string{"whole": "0123456789", "in/parts": "0123456789a"} {
		o := s.put(from, key, data)
		o.meta, o.tags, o.kind = map[string]string{"team": "a b+c"}, map[string]string{"k ey": "v&a=l+ue", "é": ""}, "image/png"
	}
	b, _ := plain(t, New(s, grant()), `{}`)
	if b.Copied != 2 || s.count("CopyObject") != 1 || s.count("CompleteMultipartUpload") != 1 {
		t.Fatalf("found %+v, %d copies, expected one copy and one upload", b, s.count("CopyObject"))
	}
	for _, key := range []string{"whole", "in/parts"} {
		sameObject(t, s, key)
		if class := s.get(to, key).class; class != "" {
			t.Errorf("%s: storage class %q, expected the default", key, class)
		}
	}
}

// sameObject fails unless the destination has what the origin has.
func sameObject(t testing.TB, s *fakeS3, key string) {
	t.Helper()
	theirs, ours := s.get(from, key), s.get(to, key)
	if ours == nil {
		t.Errorf("%s is not at the destination", key)
		return
	}
	type told struct {
		Data, Kind string
		Meta, Tags map[string]string
	}
	of := func(o *object) told { return told{string(o.data), o.kind, o.meta, o.tags} }
	if diff := cmp.Diff(of(theirs), of(ours)); diff != "" {
		t.Errorf("%s (-origin +destination):\n%s", key, diff)
	}
}

// Keys that only the destination has are jumped over rather than read.
func TestForeignKeysAtTheDestinationCostLittle(t *testing.T) {
	s := newFake()
	s.pageSize = 10
	for i := range 2000 {
		s.put(to, fmt.Sprintf("b/%04d", i), "x")
	}
	s.put(from, "a", "1")
	s.put(from, "c", "2")
	s.put(to, "c", "2")
	b, _ := plain(t, New(s, grant()), `{}`)
	if b.Copied != 1 || b.Skipped.ETag != 1 {
		t.Errorf("found %+v", b)
	}
	// "c" without its last letter is nothing to jump to: the worst case reads on. One with a folder jumps.
	s.put(from, "c/1", "3")
	s.put(to, "c/1", "3")
	s.calls = nil
	plain(t, New(s, grant("b/1999", "c/")), `{}`)
	if n := s.count("ListObjectsV2"); n > 4 {
		t.Errorf("%d listings", n)
	}
	s.put(from, "b/1999", "x")
	s.calls = nil
	plain(t, New(s, grant("b/")), `{}`)
	if n := s.count("ListObjectsV2"); n > 3 {
		t.Errorf("%d listings for one key among 2000, expected a jump", n)
	}
	s.put(from, "b/0001", "x")
	s.calls = nil
	plain(t, New(s, grant("b/")), `{}`)
	if n := s.count("ListObjectsV2"); n > 6 {
		t.Errorf("%d listings for two keys among 2000, expected a jump from one to the other", n)
	}
}

func TestRefusedEvents(t *testing.T) {
	for _, c := range []struct{ name, event, want string }{
		{"a prefix outside", `{"prefix":"b/"}`, `{"statusCode":403,"error":"prefix \"b/\" is outside of what role ` + role +
			` may copy; the granted prefixes are \"a/\", \"c/\"","requestId":"L1"}`},
		{"an unknown field", `{"prefixes":"a/"}`, `{"statusCode":400,"error":"field \"prefixes\": found an unknown name, expected only prefix, next; the nearest is prefix","requestId":"L1"}`},
		{"a prefix too long", `{"prefix":"` + strings.Repeat("a", 1025) + `"}`, `{"statusCode":400,"error":"field \"prefix\": found a string of 1025 bytes, expected a string of at most 1024 bytes","requestId":"L1"}`},
		{"a token that is none", `{"next":"x"}`, `{"statusCode":400,"error":"field \"next\": found a token that was altered or is of another function or resource, expected the next of an earlier answer, unchanged","requestId":"L1"}`},
		{"no JSON", `{`, `{"statusCode":400,"error":"event: found the end in the middle of the JSON object, expected a whole JSON object","requestId":"L1"}`},
		{"a batch that is none", `{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}`, `{"statusCode":400,"error":"field Records[0]: found no messageId or another eventSource, expected a message of SQS","requestId":"L1"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFake()
			_, result := plain(t, New(s, grant("a/", "c/")), c.event)
			if string(result.Payload) != c.want || result.FunctionError != "CopyFailed" || s.count("") != 0 {
				t.Errorf("found    %s, %s\nexpected %s; S3 was asked %d times", result.Payload, result.FunctionError, c.want, s.count(""))
			}
		})
	}
	if b, result := plain(t, New(newFake(), grant("a/", "c/")), `{"prefix":"a/"}`); result.Err != nil || b.Failed == nil {
		t.Errorf("the twin that is right: %s", result.Payload)
	}
}

func TestAListingThatFails(t *testing.T) {
	for _, c := range []struct {
		name, bucket, code string
		status             int
		want               string
	}{
		{"denied at the origin", from, "AccessDenied", 403, "S3 ListObjectsV2 was denied to role " + role + " on bucket reports or bucket lake; check the role's policies, the policy and the account of the resource, and the policy of the S3 endpoint"},
		{"denied at the destination", to, "AccessDenied", 403, "S3 ListObjectsV2 was denied to role " + role + " on bucket reports or bucket lake; check the role's policies, the policy and the account of the resource, and the policy of the S3 endpoint"},
		{"throttled", from, "SlowDown", 429, "throttled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFake()
			s.pageSize = 1
			for _, key := range []string{"1", "2", "3", "4"} {
				s.put(from, key, key)
			}
			listed := 0
			s.before = func(_ context.Context, made call) error {
				if made.op == "ListObjectsV2" && made.bucket == c.bucket {
					if listed++; listed > 2 && c.bucket == from || c.bucket == to {
						return says("ListObjectsV2", map[int]int{403: 403, 429: 503}[c.status], c.code)
					}
				}
				return nil
			}
			f := New(s, grant())
			b, result := plain(t, f, `{}`)
			if result.FunctionError != "CopyFailed" || b.StatusCode != c.status || !strings.Contains(b.Error, c.want) || b.Next == "" || b.RequestID != "L1" {
				t.Errorf("found %s of %s", result.FunctionError, result.Payload)
			}
			if c.bucket == from && b.Copied != 2 {
				t.Errorf("copied %d before the listing failed, expected 2", b.Copied)
			}
			s.before = nil
			if b, result = plain(t, f, `{"next":"`+b.Next+`"}`); result.Err != nil || s.keysIn(to) != "1 2 3 4" {
				t.Errorf("from next: found %s and %q", result.Payload, s.keysIn(to))
			}
		})
	}
}

func TestPrefixesBeforeThePositionAreNotAsked(t *testing.T) {
	s := newFake()
	for _, key := range []string{"a/1", "b/1", "c/1"} {
		s.put(from, key, key)
	}
	f := New(s, grant("a/", "b/", "c/"))
	next, err := position{After: "b/1"}.encode(f.grant, "")
	if err != nil {
		t.Fatal(err)
	}
	plain(t, f, `{"next":"`+next+`"}`)
	var asked []string
	for _, c := range s.calls {
		if c.op == "ListObjectsV2" && c.bucket == from {
			asked = append(asked, c.key)
		}
	}
	if diff := cmp.Diff([]string{"b/", "c/"}, asked); diff != "" || s.keysIn(to) != "c/1" {
		t.Errorf("copied %s, prefixes (-expected +found):\n%s", s.keysIn(to), diff)
	}
}

func TestABucketThatIsNotSortedIsAnError(t *testing.T) {
	s := newFake()
	s.put(from, "a", "1")
	s.put(from, "b", "1")
	s.mu.Lock()
	s.buckets[from].keys = []string{"b", "a"}
	s.mu.Unlock()
	if _, result := plain(t, New(s, grant()), `{}`); result.FunctionError != "CopyFailed" || !strings.Contains(result.Err.Error(), "the order of a general purpose bucket") {
		t.Errorf("found %v", result.Err)
	}
}

func TestNeverMoreCopiesAtOnceThanConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, parallel := range []int{1, 3} {
			s := newFake()
			for i := range 12 {
				s.put(from, fmt.Sprint("k", i), strings.Repeat("x", 1+i*4))
			}
			for i := range parallel { // the first ones begin together
				s.put(from, fmt.Sprint("a", i), "x")
			}
			s.before = func(context.Context, call) error { time.Sleep(time.Millisecond); return nil }
			g := grant()
			g.Parallel = parallel
			if b, _ := plain(t, New(s, g), `{}`); b.Copied != 12+parallel || s.most != parallel {
				t.Errorf("copied %d with %d at once, expected %d with %d", b.Copied, s.most, 12+parallel, parallel)
			}
		}
	})
}

// countOf returns a count of the log, nil if it has none of that name.
func countOf(counts []slog.Attr, name string) any {
	for _, c := range counts {
		if c.Key == name {
			return c.Value.Any()
		}
	}
	return nil
}
