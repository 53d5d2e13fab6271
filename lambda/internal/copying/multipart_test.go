package copying

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
)

func TestSizesOfParts(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name                   string
		configured, size, want int64
		count                  int32
	}{
		{"as configured", 256 * mib, 1 << 40, 256 * mib, 4096},
		{"just 10,000", 5 * mib, 5 * mib * 10000, 5 * mib, 10000},
		{"one byte more", 5 * mib, 5*mib*10000 + 1, 6 * mib, 8334},
		{"the largest object", 256 * mib, 50e12, 4769 * mib, 9999},
		{"the largest parts", 256 * mib, maxParts * maxPart, maxPart, 10000},
	} {
		got, err := partBytes(c.configured, c.size)
		if err != nil || got != c.want || partCount(c.size, got) != c.count {
			t.Errorf("%s: found %d parts of %d, %v, expected %d of %d", c.name, partCount(c.size, got), got, err, c.count, c.want)
		}
	}
	if _, err := partBytes(256*mib, maxParts*maxPart+1); err == nil {
		t.Error("an object that S3 cannot hold is accepted")
	}
	for n, want := range map[int32]string{1: "bytes=0-9", 2: "bytes=10-19", 3: "bytes=20-24"} {
		if got, _ := partRange(n, 25, 10); got != want {
			t.Errorf("part %d: found %s, expected %s", n, got, want)
		}
	}
}

// large is an origin with one object of 100 bytes, which is ten parts.
func large() *fakeS3 {
	s := newFake()
	o := s.put(from, "large", strings.Repeat("0123456789", 9)+"abcdefghij")
	o.tags, o.meta = map[string]string{"a": "b"}, map[string]string{"m": "n"}
	return s
}

func TestACopyInPartsThatFails(t *testing.T) {
	for _, c := range []struct{ name, op, bucket, code, want string }{
		{"denied to read tags", "GetObjectTagging", from, "AccessDenied", "s3:GetObjectTagging on bucket reports"},
		{"denied to begin", "CreateMultipartUpload", to, "AccessDenied", "s3:PutObject and s3:PutObjectTagging on bucket lake"},
		{"denied to copy a part", "UploadPartCopy", to, "AccessDenied", "s3:GetObject on bucket reports, s3:PutObject on bucket lake"},
		{"denied to complete", "CompleteMultipartUpload", to, "AccessDenied", "s3:PutObject on bucket lake"},
		{"archived", "UploadPartCopy", to, "InvalidObjectState", "restore it first"},
		{"no such head", "HeadObject", from, "AccessDenied", "s3:GetObject on bucket reports"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := large()
			s.put(from, "zzz", "small")
			s.before = deny(c.op, c.bucket, 403, c.code)
			b, result := plain(t, New(s, grant()), `{}`)
			if len(b.Failed) != 1 || b.Failed[0].Key != "large" || b.Failed[0].Operation != c.op || b.Failed[0].Code != c.code || !strings.Contains(b.Failed[0].Message, c.want) {
				t.Fatalf("found %s, expected %s", result.Payload, c.want)
			}
			if result.FunctionError != "CopyIncomplete" || b.Copied != 1 || b.Next != "" || len(s.uploads) != 0 {
				t.Errorf("found %s, copied %d, next %q, %d uploads left", result.FunctionError, b.Copied, b.Next, len(s.uploads))
			}
			s.before = nil
			if b, result = plain(t, New(s, grant()), `{}`); result.Err != nil || b.Copied != 1 {
				t.Errorf("allowed: found %s", result.Payload)
			}
			sameObject(t, s, "large")
		})
	}
}

func TestAnOriginThatChangesWhileItIsCopied(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes int
		want    string
	}{
		{"once: it is copied again from the start", 1, ""},
		{"twice: a failure", 2, "PreconditionFailed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := large()
			var changed, parts atomic.Int32
			s.before = func(_ context.Context, made call) error {
				if made.op == "UploadPartCopy" && parts.Add(1)%5 == 0 && int(changed.Load()) < c.changes {
					s.put(from, "large", strings.Repeat(fmt.Sprint(changed.Add(1)), 95))
				}
				return nil
			}
			g := grant()
			g.Parallel = 1
			b, result := plain(t, New(s, g), `{}`)
			if c.want == "" {
				sameObject(t, s, "large")
			} else if len(b.Failed) != 1 || b.Failed[0].Code != c.want {
				t.Errorf("found %s", result.Payload)
			}
			if len(s.uploads) != 0 {
				t.Errorf("%d uploads left", len(s.uploads))
			}
		})
	}
}

func TestAnOriginThatIsGone(t *testing.T) {
	hidden := func(op string, status int, code string) func(*fakeS3) {
		return func(s *fakeS3) {
			s.before = func(_ context.Context, c call) error {
				if c.op == op && c.bucket != from || c.op == op && op == "HeadObject" {
					s.remove(from, "large")
					if code != "" {
						return says(op, status, code)
					}
				}
				return nil
			}
		}
	}
	for _, c := range []struct {
		name    string
		size    int64
		prepare func(*fakeS3)
	}{
		{"before a copy of the whole", 1000, hidden("CopyObject", 0, "")},
		{"before it, and S3 says denied", 1000, hidden("CopyObject", 403, "AccessDenied")},
		{"before the HEAD", 10, hidden("HeadObject", 0, "")},
		{"before the HEAD, and S3 says denied", 10, hidden("HeadObject", 403, "Forbidden")},
		{"between parts", 10, hidden("UploadPartCopy", 0, "")},
		{"between parts, and S3 says denied", 10, hidden("UploadPartCopy", 403, "AccessDenied")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := large()
			c.prepare(s)
			g := grant()
			g.PartBytes = c.size
			b, result := plain(t, New(s, g), `{}`)
			if b.Gone != 1 || result.Err != nil || len(s.uploads) != 0 {
				t.Errorf("found %s, %d uploads left", result.Payload, len(s.uploads))
			}
		})
	}
}

// interrupted serves once with a deadline that comes after n parts, and returns the next token.
func interrupted(t *testing.T, s *fakeS3, f *Function, event string, n int32) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var parts atomic.Int32
	s.before = func(_ context.Context, c call) error {
		if c.op == "UploadPartCopy" && parts.Add(1) > n {
			cancel()
			return context.Canceled
		}
		return nil
	}
	b, result := serve(t, ctx, f, event)
	s.before = nil
	if b.Next == "" || result.FunctionError != "" {
		t.Fatalf("found %s without next, or %s", result.Payload, result.FunctionError)
	}
	return `{"next":"` + b.Next + `"}`
}

func TestAnUploadIsTakenUp(t *testing.T) {
	later := func(s *fakeS3, u *pending) {}
	for _, c := range []struct {
		name   string
		change func(*fakeS3, *pending)
		parts  int // copied in the second invocation
		copied int
	}{
		{"only the missing parts are copied", later, 6, 1},
		{"a part of another size is copied again", func(_ *fakeS3, u *pending) { u.parts[2] = []byte("x") }, 7, 1},
		{"a changed origin begins anew", func(s *fakeS3, _ *pending) { s.put(from, "large", strings.Repeat("z", 31)) }, 4, 1},
		{"an aborted upload begins anew", func(s *fakeS3, _ *pending) { clear(s.uploads) }, 10, 1},
		{"an object that became small", func(s *fakeS3, _ *pending) { s.put(from, "large", "z") }, 0, 1},
		{"an object that is gone", func(s *fakeS3, _ *pending) { s.remove(from, "large") }, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := large()
			s.partPage = 3
			s.put(from, "later", "1")
			g := grant()
			g.Parallel = 1
			f := New(s, g)
			event := interrupted(t, s, f, `{}`, 4)
			if len(s.uploads) != 1 {
				t.Fatalf("%d uploads are kept, expected one", len(s.uploads))
			}
			for _, u := range s.uploads {
				c.change(s, u)
			}
			s.calls = nil
			b, result := plain(t, f, event)
			if n := s.count("UploadPartCopy"); n != c.parts || b.Copied < c.copied || result.Err != nil || b.Next != "" || len(s.uploads) != 0 {
				t.Errorf("%d parts, expected %d; %d uploads left; %s", n, c.parts, len(s.uploads), result.Payload)
			}
			if c.copied == 1 {
				sameObject(t, s, "large")
			}
			sameObject(t, s, "later")
		})
	}
}

// The answer to the last request of a copy is lost with the end of the time: the next invocation finds the object.
func TestACompletionWhoseAnswerIsLost(t *testing.T) {
	s := large()
	ctx, cancel := context.WithCancel(context.Background())
	s.after = func(c call) error {
		if c.op == "CompleteMultipartUpload" {
			cancel()
			return context.Canceled
		}
		return nil
	}
	f := New(s, grant())
	b, _ := serve(t, ctx, f, `{}`)
	s.after, s.calls = nil, nil
	b, result := plain(t, f, `{"next":"`+b.Next+`"}`)
	if result.Err != nil || s.count("UploadPartCopy") != 0 || b.Copied != 0 || b.Skipped.Checksum != 1 {
		t.Errorf("found %s after %d parts", result.Payload, s.count("UploadPartCopy"))
	}
	sameObject(t, s, "large")
}

func TestAResumedUploadThatFails(t *testing.T) {
	for _, op := range []string{"ListParts", "UploadPartCopy", "HeadObject"} {
		s := large()
		f := New(s, grant())
		event := interrupted(t, s, f, `{}`, 3)
		s.before = func(_ context.Context, c call) error {
			if c.op == op {
				return says(op, 403, "AccessDenied")
			}
			return nil
		}
		b, result := plain(t, f, event)
		if len(b.Failed) != 1 || b.Failed[0].Operation != op || len(s.uploads) != 0 || b.Next != "" {
			t.Errorf("%s: found %s, %d uploads left", op, result.Payload, len(s.uploads))
		}
	}
}

func TestAnUploadThatIsInterruptedAgainStaysInTheToken(t *testing.T) {
	s := large()
	g := grant()
	g.Parallel = 1
	f := New(s, g)
	event := interrupted(t, s, f, `{}`, 2)
	event = interrupted(t, s, f, event, 3)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b, result := serve(t, ctx, f, event) // no time at all
	if result.FunctionError != "CopyFailed" || !strings.Contains(b.Error, `such as "large"`) || `{"next":"`+b.Next+`"}` != event {
		t.Errorf("without time: found %s", result.Payload)
	}
	s.calls = nil
	if b, result = plain(t, f, event); b.Copied != 1 || s.count("UploadPartCopy") != 5 {
		t.Errorf("found %s, %d parts", result.Payload, s.count("UploadPartCopy"))
	}
	sameObject(t, s, "large")
}

func TestAPartsListingWithoutAnEnd(t *testing.T) {
	s := large()
	f := New(s, grant())
	r := f.newRun(context.Background(), true)
	defer r.close()
	if _, err := r.listParts(upload{Key: "large", ID: "none", PartBytes: 10}, 100); awserror.Code(err) != "NoSuchUpload" {
		t.Errorf("found %v", err)
	}
}

// Aborting has a context of its own: an invocation that ends must not leave parts that nobody resumes.
func TestANotificationThatRunsOutOfTimeLeavesNoUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := large()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.before = func(ctx context.Context, c call) error {
			if c.op == "UploadPartCopy" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		started := time.Now()
		b, result := serve(t, ctx, New(s, grant()), notification("large"))
		if len(s.uploads) != 0 || len(b.Failed) != 1 || b.Failed[0].Code != "OutOfTime" || result.FunctionError != "CopyIncomplete" {
			t.Errorf("found %s, %d uploads left", result.Payload, len(s.uploads))
		}
		if n, took := s.count("AbortMultipartUpload"), time.Since(started); n != 1 || took != 950*time.Millisecond {
			t.Errorf("aborted %d times within %s, expected once after 950ms", n, took)
		}
	})
}

// A changed origin that is not reached again in time keeps its place in the token, and the walk its own.
func TestATakenUpObjectThatMustBeginAnewIsNotLost(t *testing.T) {
	s := large()
	g := grant()
	g.Parallel = 1
	f := New(s, g)
	event := interrupted(t, s, f, `{}`, 4)
	s.put(from, "large", strings.Repeat("z", 31))
	ctx, cancel := context.WithCancel(context.Background())
	s.before = func(_ context.Context, c call) error {
		if c.op == "CreateMultipartUpload" {
			cancel()
		}
		return nil
	}
	b, _ := serve(t, ctx, f, event)
	s.before = nil
	got, err := decodePosition(b.Next, g, "", covers(g, ""))
	if want := (position{After: "large", Uploads: []upload{{Key: "large"}}}); err != nil || !got.equal(want) {
		t.Errorf("found %+v, %v, expected %+v", got, err, want)
	}
	plain(t, f, `{"next":"`+b.Next+`"}`)
	sameObject(t, s, "large")
}
