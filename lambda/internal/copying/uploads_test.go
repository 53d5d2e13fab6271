package copying

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const them = "arn:aws:sts::333333333333:assumed-role/backup/nightly"

// openUploads returns the keys of the open uploads with their initiators, in order.
func (f *fakeS3) openUploads() string {
	out, err := f.ListMultipartUploads(context.Background(), &s3.ListMultipartUploadsInput{Bucket: aws.String(to)})
	if err != nil {
		return err.Error()
	}
	var open []string
	for _, u := range out.Uploads {
		who := "us"
		if *u.Initiator.ID != us {
			who = "them"
		}
		open = append(open, *u.Key+":"+who)
	}
	return strings.Join(open, " ")
}

// Whoever is killed, or never sees the answer to its Create, leaves an upload. The next copy of the key aborts it.
func TestUploadsOfTheSameKeyThatWereLeft(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*fakeS3)
		want    string // left in the end
		aborted int64
	}{
		{"none", func(*fakeS3) {}, "", 0},
		{"two of this function", func(s *fakeS3) { s.leftUpload("large", us); s.leftUpload("large", us) }, "", 2},
		{"one of somebody else", func(s *fakeS3) { s.leftUpload("large", them) }, "large:them", 0},
		{"of a key that begins with it", func(s *fakeS3) { s.leftUpload("large/1", us) }, "large/1:us", 0},
		{"more than a page", func(s *fakeS3) {
			for range 7 {
				s.leftUpload("large", us)
				s.leftUpload("large2", them)
			}
		}, strings.TrimSpace(strings.Repeat("large2:them ", 7)), 7},
		{"one that was created within the same second", func(s *fakeS3) { s.step = 0; s.leftUpload("large", us) }, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := large()
			s.put(from, "large/1", "y")
			s.partPage = 3
			c.prepare(s)
			// A copy of one key only, since a walk would look for the rest.
			_, result := plain(t, New(s, grant()), notification("large"))
			if s.partPage = 1000; s.openUploads() != c.want || result.Err != nil || countOf(result.Counts, "uploadsAborted") != c.aborted {
				t.Errorf("left %q, aborted %d, %v; expected %q and %d", s.openUploads(), countOf(result.Counts, "uploadsAborted"), result.Err, c.want, c.aborted)
			}
			sameObject(t, s, "large")
		})
	}
}

// An upload that another invocation began later is not of this one's past.
func TestALaterUploadIsNotAborted(t *testing.T) {
	s := large()
	var once sync.Once
	s.before = func(_ context.Context, c call) error {
		if c.op == "ListMultipartUploads" {
			once.Do(func() { s.leftUpload("large", us) })
		}
		return nil
	}
	s.after = func(c call) error {
		if c.op == "CreateMultipartUpload" {
			s.now = s.now.Add(time.Second)
		}
		return nil
	}
	if _, result := plain(t, New(s, grant()), notification("large")); result.Err != nil || s.openUploads() != "large:us" {
		t.Errorf("found %v, left %q, expected the later upload", result.Err, s.openUploads())
	}
}

// What is left elsewhere is found at the end of a walk, by whom S3 names as the initiator of an upload that the walk creates for that.
func TestUploadsThatWereLeftAreAbortedAtTheEndOfAWalk(t *testing.T) {
	s := newFake()
	for _, key := range []string{"a/same", "a/new", "a/denied", "b/other"} {
		s.put(from, key, "x")
	}
	s.put(to, "a/same", "x")
	s.leftUpload("a/same", us)
	s.leftUpload("a/same", them)
	s.leftUpload("a/new", us)
	s.leftUpload("a/gone", us)
	s.leftUpload("a/denied", us)
	s.leftUpload("b/other", us)
	s.before = func(_ context.Context, c call) error {
		if c.key == "a/denied" && c.op == "CopyObject" {
			return says(c.op, 403, "AccessDenied")
		}
		return nil
	}
	f := New(s, grant("a/"))
	_, result := plain(t, f, `{}`)
	// The copy that failed may be under way elsewhere, and b/ was not walked.
	if got := s.openUploads(); got != "a/denied:us a/same:them b/other:us" || countOf(result.Counts, "uploadsAborted") != int64(3) || s.count("CreateMultipartUpload") != 1 {
		t.Errorf("left %q, aborted %d, %d uploads created", got, countOf(result.Counts, "uploadsAborted"), s.count("CreateMultipartUpload"))
	}
	s.before = nil
	plain(t, f, `{}`)
	if got := s.openUploads(); got != "a/same:them b/other:us" || s.count("CreateMultipartUpload") != 1 {
		t.Errorf("then left %q, %d uploads created, expected no other", got, s.count("CreateMultipartUpload"))
	}
}

// Where nothing was left, nothing is created to learn who this function is.
func TestAWalkWithoutLeftUploadsCreatesNone(t *testing.T) {
	s := newFake()
	s.put(from, "a", "x")
	s.leftUpload("b", them) // neither bucket has the key, but who is "them"?
	f := New(s, grant("a"))
	plain(t, f, `{}`)
	if n := s.count("CreateMultipartUpload") + s.count("AbortMultipartUpload"); n != 0 || s.count("ListMultipartUploads") != 1 {
		t.Errorf("%d uploads created or aborted, %d listings", n, s.count("ListMultipartUploads"))
	}
}

func TestUploadsThatMayNotBeListed(t *testing.T) {
	s := large()
	s.leftUpload("large", us)
	s.before = deny("ListMultipartUploads", to, 403, "AccessDenied")
	f := New(s, grant())
	b, result := plain(t, f, `{}`)
	if b.Copied != 1 || result.Err != nil || fmt.Sprint(countOf(result.Counts, "uploadsDenied")) != "true" {
		t.Errorf("found %s, %v, expected a copy without them", result.Payload, result.Err)
	}
	s.put(from, "large", strings.Repeat("z", 40))
	asked := s.count("ListMultipartUploads")
	plain(t, f, `{}`)
	if again := s.count("ListMultipartUploads"); asked == 0 || again != asked {
		t.Errorf("listed %d times, then %d times, expected no other after the denial", asked, again-asked)
	}
	s.before = nil
	s.put(from, "large", strings.Repeat("y", 40))
	plain(t, New(s, grant()), `{}`)
	if got := s.openUploads(); got != "" {
		t.Errorf("left %q by a process that may", got)
	}
}

// S3 created the upload, but its answer has no ID or never comes.
func TestAnUploadWhoseAnswerIsLost(t *testing.T) {
	for _, err := range []error{says("CreateMultipartUpload", 500, "InternalError"), errors.New("connection reset by peer")} {
		s := large()
		f := New(s, grant())
		plain(t, f, `{}`) // as whom is known from here
		s.put(from, "large", strings.Repeat("z", 40))
		s.after = func(c call) error {
			if c.op == "CreateMultipartUpload" {
				return err
			}
			return nil
		}
		b, _ := plain(t, f, `{}`)
		if len(b.Failed) != 1 || b.Failed[0].Key != "large" || s.openUploads() != "" {
			t.Errorf("%v: found %+v, left %q", err, b, s.openUploads())
		}
		// A process that does not know leaves it to the next one.
		plain(t, New(s, grant()), `{}`)
		if left := s.openUploads(); left != "large:us" {
			t.Fatalf("left %q, expected one", left)
		}
		s.after = nil
		plain(t, New(s, grant()), `{}`)
		if left := s.openUploads(); left != "" {
			t.Errorf("then left %q", left)
		}
		sameObject(t, s, "large")
	}
}

// The answer to a completion is lost: S3 may have made the object, and no part is to be copied twice.
func TestALostCompletionIsLookedUp(t *testing.T) {
	for _, c := range []struct {
		name   string
		kms    bool
		answer error
		done   bool // whether S3 did it
		parts  int
	}{
		{"a fault of S3", false, says("CompleteMultipartUpload", 500, "InternalError"), true, 10},
		{"no answer", false, errors.New("connection reset by peer"), true, 10},
		{"the retry finds no upload", false, says("CompleteMultipartUpload", 404, "NoSuchUpload"), true, 10},
		{"the same under KMS, where the ETag says nothing", true, says("CompleteMultipartUpload", 404, "NoSuchUpload"), true, 10},
		{"somebody has aborted it", false, says("CompleteMultipartUpload", 404, "NoSuchUpload"), false, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := large()
			s.buckets[to].kms = c.kms
			var lost atomic.Bool
			hook := func(made call) error {
				if made.op == "CompleteMultipartUpload" && !lost.Swap(true) {
					return c.answer
				}
				return nil
			}
			if s.after = hook; !c.done {
				s.after = nil
				s.before = func(_ context.Context, made call) error {
					err := hook(made)
					if err != nil {
						clear(s.uploads)
					}
					return err
				}
			}
			b, result := plain(t, New(s, grant()), `{}`)
			if b.Copied != 1 || b.Bytes != 100 || result.Err != nil || s.openUploads() != "" || s.count("UploadPartCopy") != c.parts {
				t.Errorf("found %s, %d parts, left %q; expected one copy of 100 bytes and %d parts", result.Payload, s.count("UploadPartCopy"), s.openUploads(), c.parts)
			}
			sameObject(t, s, "large")
		})
	}
}

// A completion that S3 did not do is a failure, and its upload is aborted.
func TestACompletionThatFails(t *testing.T) {
	s := large()
	s.before = deny("CompleteMultipartUpload", to, 500, "InternalError")
	b, _ := plain(t, New(s, grant()), `{}`)
	if len(b.Failed) != 1 || b.Failed[0].Code != "InternalError" || b.Failed[0].Operation != "CompleteMultipartUpload" || s.openUploads() != "" || b.Bytes != 0 {
		t.Errorf("found %+v, left %q", b, s.openUploads())
	}
}

// An upload that another invocation aborts, after it has copied the object itself.
func TestAnUploadThatIsAbortedWhilePartsAreCopied(t *testing.T) {
	for _, c := range []struct {
		name   string
		there  bool // whether the other one copied the object
		always bool // whether uploads are aborted again and again
		want   string
	}{
		{"the object is there", true, false, "skipped"},
		{"the object is not there: it is copied again", false, false, "copied"},
		{"again and again", false, true, "NoSuchUpload"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := large()
			var parts atomic.Int32
			s.before = func(_ context.Context, made call) error {
				if made.op == "UploadPartCopy" && (parts.Add(1) == 4 || c.always) {
					s.mu.Lock()
					defer s.mu.Unlock()
					clear(s.uploads)
					if o := s.buckets[from].objects["large"]; c.there {
						fresh := *o
						fresh.modified = time.Time{}
						s.store(to, "large", &fresh, digest(o.data))
					}
				}
				return nil
			}
			b, result := plain(t, New(s, grant()), `{}`)
			got := ""
			switch {
			case len(b.Failed) > 0:
				got = b.Failed[0].Code
			case b.Copied == 1:
				got = "copied"
			case b.Skipped.ETag == 1:
				got = "skipped"
			}
			if got != c.want || s.openUploads() != "" {
				t.Errorf("found %s, left %q, expected %s", result.Payload, s.openUploads(), c.want)
			}
		})
	}
}

// repeating is a client whose listings of uploads and parts never end.
type repeating struct{ *fakeS3 }

func (r repeating) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, opts ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	out, err := r.fakeS3.ListMultipartUploads(ctx, in, opts...)
	if err == nil {
		out.IsTruncated, out.NextKeyMarker, out.NextUploadIdMarker = aws.Bool(true), in.Prefix, aws.String("same")
	}
	return out, err
}

func (r repeating) ListParts(ctx context.Context, in *s3.ListPartsInput, opts ...func(*s3.Options)) (*s3.ListPartsOutput, error) {
	out, err := r.fakeS3.ListParts(ctx, in, opts...)
	if err == nil {
		out.IsTruncated, out.NextPartNumberMarker = aws.Bool(true), aws.String("4")
	}
	return out, err
}

func TestListingsOfUploadsAndPartsThatNeverEnd(t *testing.T) {
	s := large()
	f := New(s, grant())
	event := interrupted(t, s, f, `{}`, 4)
	f.client = repeating{s}
	b, result := plain(t, f, event)
	if len(b.Failed) != 1 || b.Failed[0].Key != "large" || !strings.Contains(b.Failed[0].Message, "S3 repeats a page") || s.count("ListParts") != 2 {
		t.Errorf("found %s after %d listings of parts", result.Payload, s.count("ListParts"))
	}
	if b, result = plain(t, f, `{}`); b.Copied != 1 || result.Err != nil || s.count("ListMultipartUploads") > 12 {
		t.Errorf("found %s after %d listings of uploads, expected a copy all the same", result.Payload, s.count("ListMultipartUploads"))
	}
	sameObject(t, s, "large")
}

// bare is a client whose answers of 200 lack what S3 documents that they have.
type bare struct {
	*fakeS3
	op string
}

func (b bare) CopyObject(ctx context.Context, in *s3.CopyObjectInput, opts ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	if b.op == "CopyObject" {
		return &s3.CopyObjectOutput{}, nil
	}
	return b.fakeS3.CopyObject(ctx, in, opts...)
}

func (b bare) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	if b.op == "CreateMultipartUpload" {
		return &s3.CreateMultipartUploadOutput{}, nil
	}
	return b.fakeS3.CreateMultipartUpload(ctx, in, opts...)
}

func (b bare) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput, opts ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error) {
	switch b.op {
	case "UploadPartCopy":
		return &s3.UploadPartCopyOutput{}, nil
	case "UploadPartCopy without ETag":
		return &s3.UploadPartCopyOutput{CopyPartResult: &types.CopyPartResult{}}, nil
	}
	return b.fakeS3.UploadPartCopy(ctx, in, opts...)
}

func (b bare) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	switch b.op {
	case "CompleteMultipartUpload":
		return &s3.CompleteMultipartUploadOutput{}, nil
	case "CompleteMultipartUpload that was done":
		_, err := b.fakeS3.CompleteMultipartUpload(ctx, in, opts...)
		return &s3.CompleteMultipartUploadOutput{}, err
	}
	return b.fakeS3.CompleteMultipartUpload(ctx, in, opts...)
}

// Whatever the client lets pass: a result without ETag or upload ID is no success.
func TestAnswersThatLackWhatS3DocumentsAreNoSuccess(t *testing.T) {
	for _, op := range []string{"CopyObject", "CreateMultipartUpload", "UploadPartCopy", "UploadPartCopy without ETag", "CompleteMultipartUpload"} {
		s := large()
		s.put(from, "small", "x")
		key := map[bool]string{true: "small", false: "large"}[op == "CopyObject"]
		b, result := plain(t, New(bare{s, op}, grant()), `{}`)
		wanted, _, _ := strings.Cut(op, " ")
		if len(b.Failed) != 1 || b.Failed[0].Key != key || b.Failed[0].Operation != wanted || b.Failed[0].Code != "IncompleteAnswer" || b.Copied != 1 {
			t.Errorf("%s: found %s", op, result.Payload)
		}
		if s.openUploads() != "" {
			t.Errorf("%s: left %q", op, s.openUploads())
		}
	}
	s := large()
	if b, result := plain(t, New(bare{s, "CompleteMultipartUpload that was done"}, grant()), `{}`); b.Copied != 1 || s.count("UploadPartCopy") != 10 {
		t.Errorf("a completion that was done: found %s", result.Payload)
	}
}
