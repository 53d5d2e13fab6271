package copying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// Bytes are those that were copied, not those that a listing showed before.
func TestBytesOfAnObjectThatChangedSinceItWasListed(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes int // each of them before another attempt to copy
		last    int // size in the end
	}{
		{"not at all", 0, 5},
		{"once", 1, 6},
		{"as fast as it is copied", 2, 7},
		{"into a large one", 1, 40},
	} {
		s := newFake()
		s.put(from, "a", "xxxxx")
		left := c.changes
		s.before = func(_ context.Context, made call) error {
			if made.op == "CopyObject" && left > 0 {
				if left--; left == 0 {
					s.put(from, "a", strings.Repeat("z", c.last))
				} else {
					s.put(from, "a", strings.Repeat("y", 9))
				}
			}
			return nil
		}
		b, result := plain(t, New(s, grant()), `{}`)
		if b.Copied != 1 || b.Bytes != int64(c.last) || result.Err != nil {
			t.Errorf("%s: found %s, expected %d bytes", c.name, result.Payload, c.last)
		}
		sameObject(t, s, "a")
	}
}

// An invocation that got nowhere says why. Its time is the reason only if no request was refused or without an answer.
func TestWhyNothingWasCopied(t *testing.T) {
	late := func(op string, err error) error {
		return &smithy.OperationError{ServiceID: "S3", OperationName: op, Err: err}
	}
	for _, c := range []struct {
		name   string
		op     string
		err    error
		status int
		want   string
	}{
		{"too little time", "CopyObject", late("CopyObject", pace.ErrTooLate), 500, `the function's time ended before one object such as "a" could be copied; raise its timeout`},
		{"throttled until the end", "CopyObject", errors.Join(says("CopyObject", 503, "SlowDown"), pace.ErrTooLate), 429, `SlowDown: key "a": S3 CopyObject is throttled`},
		{"faults until the end", "CopyObject", errors.Join(says("CopyObject", 500, "InternalError"), pace.ErrTooLate), 500, `InternalError: key "a": S3 CopyObject failed on bucket reports or bucket lake: S3 answered 500 InternalError`},
		{"no answer to a listing", "ListObjectsV2", nil, 500, `OutOfTime: S3 ListObjectsV2 timed out on bucket reports or bucket lake: S3 had not answered`},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newFake()
			s.put(from, "a", "x")
			s.before = func(ctx context.Context, made call) error {
				if made.op != c.op {
					return nil
				}
				if c.err == nil {
					<-ctx.Done()
					return late(c.op, ctx.Err())
				}
				time.Sleep(90 * time.Millisecond) // of the 75 in which copies begin
				return c.err
			}
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			b, result := serve(t, ctx, New(s, grant()), `{}`)
			if b.StatusCode != c.status || !strings.HasPrefix(b.Error, c.want) || b.Next == "" || strings.Contains(b.Error, "raise its timeout") != (c.name == "too little time") {
				t.Errorf("%s: found %s, expected %s", c.name, result.Payload, c.want)
			}
		})
	}
}

// A request that the time cut off says nothing of a route if S3 answered others.
func TestATimeThatIsOverIsNoMissingRoute(t *testing.T) {
	r := New(newFake(), grant()).newRun(context.Background(), false)
	defer r.close()
	cause := error(&smithy.OperationError{ServiceID: "S3", OperationName: "CopyObject", Err: context.DeadlineExceeded})
	for _, answered := range []int64{0, 1} {
		r.stats.Succeeded.Store(answered)
		got := r.grant.failedKey("k", &stopped{cause: r.reached(cause)})
		if strings.Contains(got.Message, "no route") != (answered == 0) || strings.Contains(got.Message, "answered other requests") != (answered > 0) {
			t.Errorf("after %d answers: found %s", answered, got.Message)
		}
	}
}

// AWS's InternalError is no error that nobody foresaw; and its words are in the log alone.
func TestTheLogHasTheWordsOfAWS(t *testing.T) {
	s := newFake()
	s.put(from, "a", "x")
	s.before = func(_ context.Context, c call) error {
		if c.op == "CopyObject" {
			return &smithy.OperationError{ServiceID: "S3", OperationName: c.op, Err: &smithy.GenericAPIError{Code: "InternalError", Message: "words of AWS"}}
		}
		return nil
	}
	b, result := plain(t, New(s, grant()), `{}`)
	if len(b.Failed) != 1 || !strings.HasPrefix(b.Failed[0].Message, "S3 CopyObject failed on bucket reports or bucket lake: S3 answered InternalError") {
		t.Errorf("found %s", result.Payload)
	}
	if strings.Contains(string(result.Payload), "words of AWS") || !strings.HasPrefix(result.Err.Error(), `InternalError: CopyObject of key "a": `) ||
		!strings.HasSuffix(result.Err.Error(), "words of AWS") {
		t.Errorf("found the log %v", result.Err)
	}
}

// The same for a key of a notification.
func TestWhyAKeyRanOutOfTime(t *testing.T) {
	g := grant()
	for _, c := range []struct {
		cause      error
		code, want string
	}{
		{nil, "OutOfTime", "not copied before the function's time was over"},
		{pace.ErrTooLate, "OutOfTime", "not copied before the function's time was over"},
		{errors.Join(says("CopyObject", 503, "SlowDown"), pace.ErrTooLate), "SlowDown", "S3 CopyObject is throttled"},
		{errors.Join(says("AssumeRole", 503, "ServiceUnavailable"), context.DeadlineExceeded), "ServiceUnavailable", "S3 AssumeRole is throttled"},
	} {
		if got := g.failedKey("k", &stopped{cause: c.cause}); got.Code != c.code || !strings.HasPrefix(got.Message, c.want) || strings.Contains(got.Message, "raise its timeout") {
			t.Errorf("%v: found %+v", c.cause, got)
		}
	}
}

// A message of a failed key begins with the code, the call and the key, and is cut behind what matters.
func TestMessagesOfFailedKeysAreShort(t *testing.T) {
	long := strings.Repeat("k", 1024)
	f := grant().failedKey(long, &smithy.OperationError{ServiceID: "S3", OperationName: "CopyObject", Err: errors.New(strings.Repeat("words ", 10_000))})
	if text := f.Error(); !strings.HasPrefix(text, "InternalError: CopyObject of key \"kkk") || len(text) > 700 || f.Key != long {
		t.Errorf("found %d bytes: %.100s", len(text), text)
	}
}

// Retries and throttled requests are counted in the answer and in the log.
func TestRetriesAndThrottledRequestsAreCounted(t *testing.T) {
	var copies atomic.Int32
	f, _ := wire(t, 1, s3Says("k", 3, func(s seen) (reply, bool) {
		if s.op != "CopyObject" {
			return reply{}, false
		}
		switch copies.Add(1) {
		case 1:
			return reply{status: 503, body: `<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`}, true
		case 2:
			return reply{status: 500, body: `<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>`}, true
		}
		return reply{}, false
	}))
	f.client = paced(f.client.(*s3.Client))
	b, result := plain(t, f, `{}`)
	if b.Copied != 1 || b.Retries != 2 || b.Throttled != 1 || countOf(result.Counts, "retries") != int64(2) || countOf(result.Counts, "throttled") != int64(1) ||
		countOf(result.Counts, "requests") != int64(6) { // two listings, the uploads, and three copies
		t.Errorf("found %s and %v, expected 2 retries, 1 of them throttled, 6 requests", result.Payload, result.Counts)
	}
	if b, _ = plain(t, f, `{}`); b.Retries != 0 || b.Throttled != 0 {
		t.Errorf("the next invocation: found %+v, expected none", b)
	}
}

// paced is a client with the pace of the functions.
func paced(client *s3.Client) *s3.Client {
	options := client.Options()
	config := fakeaws.Config(aws.ToString(options.BaseEndpoint))
	config.RetryMaxAttempts = 0
	pace.New(8).Apply(&config)
	return s3.NewFromConfig(config)
}

// A listing that repeats its pages, or never has a key, is refused.
func TestAListingWithoutAnEndIsRefused(t *testing.T) {
	for _, c := range []struct{ name, token, page, want string }{
		{"the same page again", "same", `<Contents><Key>a</Key><Size>3</Size><ETag>"e"</ETag></Contents>`, "S3 repeats a page"},
		{"the same keys under another token", "", `<Contents><Key>a</Key><Size>3</Size><ETag>"e"</ETag></Contents>`, "the order of a general purpose bucket"},
		{"the same token, and no key", "same", ``, "S3 repeats a page"},
	} {
		var pages atomic.Int32
		f, calls := wire(t, 1, s3Says("k", 3, func(s seen) (reply, bool) {
			return reply{status: 200, body: `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>` + cmp.Or(c.token, fmt.Sprint(pages.Add(1))) + `</NextContinuationToken>` + c.page + `</ListBucketResult>`},
				s.op == "ListObjectsV2" && strings.HasPrefix(s.path, "/"+from)
		}))
		b, result := plain(t, f, `{}`)
		if result.FunctionError != "CopyFailed" || !strings.HasPrefix(b.Error, "the listing of bucket reports cannot be used: ") || !strings.Contains(b.Error, c.want) || len(calls("ListObjectsV2")) > 5 {
			t.Errorf("%s: found %s after %d listings", c.name, result.Payload, len(calls("ListObjectsV2")))
		}
	}
}

// An answer of 200 that is empty or cut is no success and ends no process.
func TestAnswersOf200ThatAreEmptyOrCut(t *testing.T) {
	for op, size := range map[string]int64{"CopyObject": 3, "CreateMultipartUpload": 6 << 20, "UploadPartCopy": 6 << 20, "CompleteMultipartUpload": 6 << 20} {
		for _, body := range []string{"", "<?xml version=\"1.0\"?>\n   ", `<Result><ETag>"e"`, `<Result></Result>`} {
			f, _ := wire(t, 1, s3Says("k", size, func(s seen) (reply, bool) { return reply{status: 200, body: body}, s.op == op }))
			b, result := plain(t, f, `{}`)
			if len(b.Failed) != 1 || b.Copied != 0 || b.Bytes != 0 || b.Failed[0].Operation != op || result.FunctionError != "CopyIncomplete" {
				t.Errorf("%s, %q: found %s", op, body, result.Payload)
			}
		}
	}
}

// The causes that people meet, each with what to do.
func TestCausesThatPeopleMeet(t *testing.T) {
	g := grant()
	for _, c := range []struct {
		err        error
		code, want string
	}{
		{says("CopyObject", 301, "PermanentRedirect"), "PermanentRedirect", "expected the region of this function"},
		{says("CopyObject", 403, "InvalidObjectState"), "InvalidObjectState", "on bucket reports: the object is archived; restore it first"},
		{says("CopyObject", 403, "AllAccessDisabled"), "AllAccessDisabled", "the account that owns it is closed"},
		{says("CopyObject", 400, "KMS.DisabledException"), "KMS.DisabledException", "check that the key is enabled"},
		{says("ListObjectsV2", 403, "AccessDenied"), "AccessDenied", "s3:ListBucket on bucket reports and bucket lake"},
		{fmt.Errorf("x: %w", says("CopyObject", 400, "ExpiredToken")), "ExpiredToken", "the session of role " + role + " has expired"},
	} {
		if got := g.failedKey("k", c.err); got.Code != c.code || !strings.Contains(got.Message, c.want) {
			t.Errorf("%v: found %+v, expected %s", c.err, got, c.want)
		}
	}
}

// What nobody foresaw costs one key, not the process.
func TestAPanicCostsOneKey(t *testing.T) {
	for _, op := range []string{"CopyObject", "UploadPartCopy", "HeadObject", "ListMultipartUploads"} {
		s := large()
		s.put(from, "small", "x")
		s.before = func(_ context.Context, c call) error {
			if c.op == op {
				panic("nil dereference")
			}
			return nil
		}
		b, result := plain(t, New(s, grant()), `{}`)
		s.before = nil
		if op == "ListMultipartUploads" && b.Copied == 2 {
			continue // which is not needed
		}
		if len(b.Failed) != 1 || b.Failed[0].Code != "InternalError" || b.Copied != 1 || result.FunctionError != "CopyIncomplete" || s.openUploads() != "" {
			t.Errorf("%s: found %s, left %q", op, result.Payload, s.openUploads())
		}
	}
}

// A walk that goes on later says why, if it is not the time alone.
func TestWhyAWalkGoesOnLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.put(from, "a", "x")
		s.put(from, "b", "x")
		s.before = func(_ context.Context, made call) error {
			if made.op == "CopyObject" && made.key == "b" {
				time.Sleep(80 * time.Millisecond) // of the 75 in which copies begin
				return errors.Join(says("CopyObject", 503, "SlowDown"), pace.ErrTooLate)
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		b, result := serve(t, ctx, New(s, grant()), `{}`)
		const want = `SlowDown: key "b": S3 CopyObject is throttled`
		if b.Copied != 1 || b.Next == "" || result.Err != nil || !strings.HasPrefix(b.Reason, want) || !strings.HasPrefix(fmt.Sprint(countOf(result.Counts, "reason")), want) {
			t.Errorf("found %s, expected the reason %s", result.Payload, want)
		}
	})
}

// S3 made a copy, and all its answers were lost.
func TestACopyWhoseAnswersAreLost(t *testing.T) {
	for _, done := range []bool{true, false} {
		s := newFake()
		s.put(from, "a", "new")
		s.put(to, "a", "old").modified = s.get(from, "a").modified
		lost := func(c call) error {
			if c.op == "CopyObject" {
				return errors.New("connection reset by peer")
			}
			return nil
		}
		if s.after = lost; !done {
			s.after, s.before = nil, func(_ context.Context, c call) error { return lost(c) }
		}
		b, result := plain(t, New(s, grant()), `{}`)
		if (b.Copied == 1 && b.Bytes == 3 && result.Err == nil) != done || (len(b.Failed) == 1) == done {
			t.Errorf("done %t: found %s", done, result.Payload)
		}
	}
}
