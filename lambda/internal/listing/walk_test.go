package listing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

// odd answers each request by a function of its number, counted from 1.
type odd func(call int) *s3.ListObjectsV2Output

func (o odd) lister() Lister {
	return &oddLister{answer: o}
}

type oddLister struct {
	answer odd
	calls  int
}

func (l *oddLister) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	l.calls++
	return l.answer(l.calls), nil
}

// output is a page with a token for the next one; without a token it is the last.
func output(token string, keys ...string) *s3.ListObjectsV2Output {
	out := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(token != ""), NextContinuationToken: aws.String(token)}
	for _, key := range keys {
		out.Contents = append(out.Contents, types.Object{Key: aws.String(key)})
	}
	return out
}

// What no general purpose bucket answers is refused, rather than listed twice or for ever.
func TestListingsThatDoNotEndAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, event string
		answer      odd
		expected    string
	}{
		{"the same page for ever", `{}`, func(int) *s3.ListObjectsV2Output { return output("t", "a", "b") }, "repeats a page"},
		{"the same page with other tokens", `{}`, func(n int) *s3.ListObjectsV2Output { return output(fmt.Sprint(n), "a", "b") }, `found key "a" after "b"`},
		{"keys that go back", `{}`, func(int) *s3.ListObjectsV2Output { return output("", "b", "a") }, `found key "a" after "b"`},
		{"a key twice", `{}`, func(int) *s3.ListObjectsV2Output { return output("", "a", "a") }, `found key "a" after "a"`},
		{"a key before startAfter", `{"startAfter":"m"}`, func(int) *s3.ListObjectsV2Output { return output("", "b", "n") }, `found key "b" after "m"`},
		{"empty pages with one token", `{}`, func(int) *s3.ListObjectsV2Output { return output("t") }, "repeats a page"},
		{"empty pages with other tokens", `{}`, func(n int) *s3.ListObjectsV2Output { return output(fmt.Sprint(n)) }, "1000 pages in a row without an entry"},
		{"no token", `{}`, func(n int) *s3.ListObjectsV2Output {
			out := output("t", fmt.Sprint("a", n))
			out.NextContinuationToken = nil
			return out
		}, "no token for the next"},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := New(c.answer.lister(), Grant{RoleARN: role, Bucket: "reports"}).Serve(t.Context(), invocation.Request{Payload: []byte(c.event)})
			if result.Status != 500 || result.Err == nil || !strings.Contains(result.Err.Error(), c.expected) {
				t.Errorf("found %d %v, expected %s", result.Status, result.Err, c.expected)
			}
		})
	}
}

func TestEmptyPagesBetweenOthersAreRead(t *testing.T) {
	answer := odd(func(n int) *s3.ListObjectsV2Output {
		switch {
		case n == 1:
			return output("t1", "a")
		case n < 500:
			return output(fmt.Sprint("t", n))
		}
		return output("", "b")
	})
	if _, payload := serve(t, New(answer.lister(), Grant{Bucket: "reports"}), `{}`); keysOf(t, payload) != "a b" {
		t.Errorf("found %s", payload)
	}
}

func TestACallThatFailsAfterAPageEndsTheAnswerThere(t *testing.T) {
	for _, c := range []struct {
		code   string
		status int
	}{{"SlowDown", 429}, {"InternalError", 500}, {"AccessDenied", 403}} {
		t.Run(c.code, func(t *testing.T) {
			b := &bucket{keys: []string{"1", "2", "3"}, pageSize: 1, after: 3}
			b.err = &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: &smithy.GenericAPIError{Code: c.code}}
			f := New(b, Grant{RoleARN: role, Bucket: "reports"})
			result := f.Serve(t.Context(), invocation.Request{})
			if got := keysOf(t, string(result.Payload)); result.Status != 200 || got != "1 2|2" || result.Err == nil || !strings.Contains(result.Err.Error(), c.code) {
				t.Errorf("found %d %s, %v; expected two keys with next, and %s for the log", result.Status, result.Payload, result.Err, c.code)
			}
			b.asked, b.after = nil, 1
			if status, payload := serve(t, f, `{"startAfter":"2"}`); status != c.status {
				t.Errorf("nothing was read: found %d %s, expected %d", status, payload, c.status)
			}
		})
	}
}

// slow answers a request when it is told to.
type slow struct {
	bucket
	mu      sync.Mutex
	open    int
	asked   int
	release chan struct{}
}

func (s *slow) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	s.mu.Lock()
	s.open++
	s.asked++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
	}()
	select {
	case <-ctx.Done():
		time.Sleep(time.Second) // of the bubble: a request does not end at once
		return nil, ctx.Err()
	case <-s.release:
		return s.bucket.ListObjectsV2(ctx, in)
	}
}

// The next page is on its way before the one before is encoded, and none when the answer is complete.
func TestThePageThatFollowsIsRequestedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{bucket: bucket{keys: []string{"1", "2", "3", "4"}, pageSize: 2}, release: make(chan struct{})}
		done := make(chan string)
		go func() {
			result := New(s, Grant{Bucket: "reports"}).Serve(t.Context(), invocation.Request{})
			done <- string(result.Payload)
		}()
		s.release <- struct{}{}
		synctest.Wait()
		s.mu.Lock()
		if s.open != 1 || s.asked != 2 {
			t.Errorf("found %d requests, %d of them open, expected the second open", s.asked, s.open)
		}
		s.mu.Unlock()
		s.release <- struct{}{}
		if got := keysOf(t, <-done); got != "1 2 3 4" || s.open != 0 {
			t.Errorf("found %s, %d requests open", got, s.open)
		}
	})
}

// A request ahead of an answer that is full, refused or too late ends with the answer: synctest reports one that does not.
func TestNoRequestOutlivesTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, keys := range map[string][]string{"full": {"1", "2", "3", "4"}, "refused": {"1", "a%zz", "b", "c"}} {
			s := &slow{bucket: bucket{keys: keys, pageSize: 2}, release: make(chan struct{}, 1)}
			s.release <- struct{}{}
			f := New(s, Grant{Bucket: "reports"})
			if name == "full" {
				f.maxBytes = tail + 150
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			result := make(chan invocation.Result)
			go func() { result <- f.Serve(ctx, invocation.Request{}) }()
			synctest.Wait()
			cancel(errors.New("too late"))
			if <-result; s.open != 0 {
				t.Errorf("%s: found %d requests open", name, s.open)
			}
		}
	})
}

// A panic in the request for the next page is the error of the invocation, and not the end of the process.
func TestAPanicWhileAPageIsReadAhead(t *testing.T) {
	broken := odd(func(int) *s3.ListObjectsV2Output { panic("broken") })
	result := New(broken.lister(), Grant{RoleARN: role, Bucket: "reports"}).Serve(t.Context(), invocation.Request{Payload: []byte(`{}`)})
	if result.Status != 500 || result.Err == nil || !strings.Contains(result.Err.Error(), "panic: broken") {
		t.Errorf("found %d %v, expected the panic as an error", result.Status, result.Err)
	}
}
