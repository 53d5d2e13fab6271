package listing

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

const role = "arn:aws:iam::222222222222:role/reader"

type listed struct {
	Bucket  string
	Objects []struct {
		Key          string
		Size         int64
		LastModified string
		ETag         string
	}
	Count int
	Next  *string
}

func serve(t *testing.T, f *Function, event string) (int, string) {
	t.Helper()
	result := f.Serve(context.Background(), invocation.Request{ID: "L1", Payload: []byte(event)})
	return result.Status, string(result.Payload)
}

// keysOf returns the listed keys joined by spaces, then "|" and next where there is one.
func keysOf(t *testing.T, payload string) string {
	t.Helper()
	var got listed
	if err := json.Unmarshal([]byte(payload), &got); err != nil {
		t.Fatalf("%v in %s", err, payload)
	}
	keys := make([]string, 0, len(got.Objects))
	for _, object := range got.Objects {
		keys = append(keys, object.Key)
	}
	if got.Count != len(keys) {
		t.Errorf("count %d, objects %d", got.Count, len(keys))
	}
	out := strings.Join(keys, " ")
	if got.Next != nil {
		out += "|" + *got.Next
	}
	return out
}

func TestListing(t *testing.T) {
	all := []string{"a/1", "a/2", "a/b/1", "b/1", "c/1", "c/2", "root"}
	for _, c := range []struct {
		name     string
		prefixes []string
		event    string
		want     string
	}{
		{"the whole bucket", nil, `null`, "a/1 a/2 a/b/1 b/1 c/1 c/2 root"},
		{"an empty payload", nil, ``, "a/1 a/2 a/b/1 b/1 c/1 c/2 root"},
		{"granted prefixes, in byte order", []string{"c/", "a/"}, `{}`, "a/1 a/2 a/b/1 c/1 c/2"},
		{"overlapping prefixes list nothing twice", []string{"a/b/", "a/", "a/"}, `{}`, "a/1 a/2 a/b/1"},
		{"an empty prefix is none", []string{"a/", "c/"}, `{"prefix":""}`, "a/1 a/2 a/b/1 c/1 c/2"},
		{"a prefix inside a granted one", []string{"a/", "c/"}, `{"prefix":"a/b"}`, "a/b/1"},
		{"a granted prefix itself", []string{"a/", "c/"}, `{"prefix":"c/"}`, "c/1 c/2"},
		{"exactly maxKeys keys: no next", []string{"a/"}, `{"maxKeys":3}`, "a/1 a/2 a/b/1"},
		{"one more than maxKeys: next", []string{"a/"}, `{"maxKeys":2}`, "a/1 a/2|a/2"},
		{"full at the end of a prefix, more in the next", []string{"a/", "c/"}, `{"maxKeys":3}`, "a/1 a/2 a/b/1|a/b/1"},
		{"full at the end of a prefix, nothing in the others", []string{"a/", "x/", "y/"}, `{"maxKeys":3}`, "a/1 a/2 a/b/1"},
		{"full at the end of a prefix, more in the last", []string{"a/", "b0/", "c/"}, `{"maxKeys":3}`, "a/1 a/2 a/b/1|a/b/1"},
		{"from where the page before ended", []string{"a/", "c/"}, `{"startAfter":"a/b/1"}`, "c/1 c/2"},
		{"from inside a prefix", []string{"a/", "c/"}, `{"startAfter":"a/1","maxKeys":2}`, "a/2 a/b/1|a/b/1"},
		{"from before everything", []string{"a/"}, `{"startAfter":"A"}`, "a/1 a/2 a/b/1"},
		{"from behind everything", []string{"a/", "c/"}, `{"startAfter":"d"}`, ""},
		{"from the prefix itself", []string{"a/"}, `{"startAfter":"a/"}`, "a/1 a/2 a/b/1"},
		{"nothing there", []string{"x/"}, `{}`, ""},
	} {
		for _, pageSize := range []int{1, 2, 1000} {
			t.Run(c.name+", pages of "+strconv.Itoa(pageSize), func(t *testing.T) {
				f := New(&bucket{keys: all, pageSize: pageSize}, Grant{RoleARN: role, Bucket: "reports", Prefixes: c.prefixes})
				status, payload := serve(t, f, c.event)
				if got := keysOf(t, payload); status != 200 || got != c.want {
					t.Errorf("status %d, got %q, want %q", status, got, c.want)
				}
			})
		}
	}
}

// A folder that was made in the console has an object whose key is the prefix itself. Page by page, whatever its size, each key comes
// once and the walk ends.
func TestWalkOverFolderMarkers(t *testing.T) {
	all := []string{"a/", "a/1", "a/b/", "a/b/1", "c/", "c/1"}
	for maxKeys := 1; maxKeys <= len(all)+1; maxKeys++ {
		f := New(&bucket{keys: append(all, "b/", "d/")}, Grant{RoleARN: role, Bucket: "reports", Prefixes: []string{"a/", "c/"}})
		var keys []string
		startAfter := ""
		for range len(all) + 1 {
			_, payload := serve(t, f, `{"maxKeys":`+strconv.Itoa(maxKeys)+`,"startAfter":"`+startAfter+`"}`)
			page, next, more := strings.Cut(keysOf(t, payload), "|")
			keys = append(keys, strings.Fields(page)...)
			if !more {
				break
			}
			startAfter = next
		}
		if diff := cmp.Diff(all, keys); diff != "" {
			t.Errorf("pages of %d (-expected +found):\n%s", maxKeys, diff)
		}
	}
}

func TestTheAnswerInFull(t *testing.T) {
	f := New(&bucket{keys: []string{"a<b", "z"}}, Grant{RoleARN: role, Bucket: "reports"})
	_, payload := serve(t, f, `{"maxKeys":1}`)
	want := `{"bucket":"reports","objects":[{"key":"a<b","size":3,"lastModified":"2026-01-02T03:04:05Z","etag":"e"}],"count":1,"next":"a<b"}`
	if payload != want {
		t.Errorf("got  %s\nwant %s", payload, want)
	}
	if _, payload = serve(t, New(&bucket{}, Grant{Bucket: "reports"}), `{}`); payload != `{"bucket":"reports","objects":[],"count":0}` {
		t.Errorf("an empty bucket: %s", payload)
	}
}

func TestPagesAreAsLargeAsS3Allows(t *testing.T) {
	b := &bucket{}
	for i := range 2500 {
		b.keys = append(b.keys, strconv.Itoa(10000+i))
	}
	serve(t, New(b, Grant{Bucket: "reports"}), `{"maxKeys":2400}`)
	var sizes []int32
	for _, in := range b.asked {
		sizes = append(sizes, *in.MaxKeys)
	}
	if diff := cmp.Diff([]int32{1000, 1000, 400}, sizes); diff != "" {
		t.Errorf("page sizes (-want +got):\n%s", diff)
	}
}

func TestPrefixesBeforeThePositionAreNotAsked(t *testing.T) {
	b := &bucket{keys: []string{"a/1", "b/1", "c/1"}}
	serve(t, New(b, Grant{Bucket: "reports", Prefixes: []string{"a/", "b/", "c/"}}), `{"startAfter":"b/0"}`)
	var asked []string
	for _, in := range b.asked {
		asked = append(asked, *in.Prefix)
	}
	if diff := cmp.Diff([]string{"b/", "c/"}, asked); diff != "" {
		t.Errorf("prefixes (-want +got):\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, event, want string }{
		{"a prefix outside", `{"prefix":"b/"}`, `{"statusCode":403,"error":"prefix \"b/\" is outside of what role ` + role +
			` may list; the granted prefixes are \"a/\", \"c/\"","requestId":"L1"}`},
		{"a prefix shorter than a granted one", `{"prefix":"a"}`, `{"statusCode":403,"error":"prefix \"a\" is outside of what role ` + role +
			` may list; the granted prefixes are \"a/\", \"c/\"","requestId":"L1"}`},
		{"too many keys", `{"maxKeys":10001}`, `{"statusCode":400,"error":"field \"maxKeys\": found the number 10001, expected a whole number from 1 to 10000","requestId":"L1"}`},
		{"a prefix too long", `{"prefix":"` + strings.Repeat("a", 1025) + `"}`, `{"statusCode":400,"error":"field \"prefix\": found a string of 1025 bytes, expected a string of at most 1024 bytes","requestId":"L1"}`},
		{"a position too long", `{"startAfter":"` + strings.Repeat("a", 1025) + `"}`, `{"statusCode":400,"error":"field \"startAfter\": found a string of 1025 bytes, expected a string of at most 1024 bytes","requestId":"L1"}`},
		{"an unknown field", `{"startafter":"a"}`, `{"statusCode":400,"error":"field \"startafter\": found an unknown name, expected only prefix, startAfter, maxKeys; the nearest is startAfter","requestId":"L1"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{keys: []string{"a/1"}}
			_, payload := serve(t, New(b, Grant{RoleARN: role, Bucket: "reports", Prefixes: []string{"a/", "c/"}}), c.event)
			if payload != c.want || len(b.asked) != 0 {
				t.Errorf("got  %s\nwant %s; S3 was asked %d times", payload, c.want, len(b.asked))
			}
		})
	}
}

func TestTheAnswerStaysBelowItsBound(t *testing.T) {
	b := &bucket{}
	for i := range 2000 { // a control character is six bytes in JSON, so that all would be 12 MB
		b.keys = append(b.keys, strconv.Itoa(10000+i)+strings.Repeat("\x01", 1019))
	}
	f := New(b, Grant{Bucket: "reports"})
	seen, from := 0, ""
	for range 10 {
		event, _ := json.Marshal(map[string]any{"maxKeys": 10000, "startAfter": from})
		status, payload := serve(t, f, string(event))
		if status != 200 || len(payload) > 5767168 {
			t.Fatalf("status %d, %d bytes", status, len(payload))
		}
		var got listed
		if err := json.Unmarshal([]byte(payload), &got); err != nil {
			t.Fatal(err)
		}
		for i, object := range got.Objects {
			if want := strconv.Itoa(10000 + seen + i); object.Key[:5] != want {
				t.Fatalf("key %s, want %s", object.Key[:5], want)
			}
		}
		seen += got.Count
		if got.Next == nil {
			break
		}
		from = *got.Next
	}
	if seen != 2000 {
		t.Errorf("saw %d keys, want 2000", seen)
	}
}

func TestOutOfTime(t *testing.T) {
	gone, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	for _, c := range []struct {
		name  string
		after int
		want  string
	}{
		{"after two pages: what there is, with next", 3, "1 2|2"},
		{"while looking for one key more: next, since there may be", 4, "1 2 3|3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{keys: []string{"1", "2", "3"}, pageSize: 1, after: c.after, err: context.DeadlineExceeded}
			f := New(b, Grant{Bucket: "reports", Prefixes: []string{"1", "2", "3", "4"}})
			result := f.Serve(gone, invocation.Request{Payload: []byte(`{"maxKeys":3}`)})
			if got := keysOf(t, string(result.Payload)); got != c.want || result.Status != 200 {
				t.Errorf("status %d, got %q, want %q", result.Status, got, c.want)
			}
		})
	}
	t.Run("before the first page: a failure", func(t *testing.T) {
		f := New(&bucket{after: 1, err: context.DeadlineExceeded}, Grant{RoleARN: role, Bucket: "reports"})
		result := f.Serve(gone, invocation.Request{})
		if result.Status != 500 || !strings.Contains(string(result.Payload), "timed out on bucket reports") {
			t.Errorf("got %d %s", result.Status, result.Payload)
		}
	})
	t.Run("an error in time is an error, also after a page", func(t *testing.T) {
		b := &bucket{keys: []string{"1", "2"}, pageSize: 1, after: 2, err: errors.New("broken")}
		if status, _ := serve(t, New(b, Grant{Bucket: "reports"}), `{}`); status != 500 {
			t.Errorf("status %d, want 500", status)
		}
	})
}
