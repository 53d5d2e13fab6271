// Package trailing answers with the events of CloudTrail's log files in one bucket, under the granted prefixes only, that match a filter.
// It neither checks the files against CloudTrail's digests nor changes an event.
package trailing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
)

// Lister lists the log files; *s3.Client has it.
type Lister interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Getter reads a log file; *s3.Client has it. It is called for up to four files at once.
type Getter interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Grant is what the role may read.
type Grant struct {
	// RoleARN is the trusted role; messages name it.
	RoleARN string
	// Bucket is the name of the bucket.
	Bucket string
	// Prefixes are the granted prefixes; empty means the whole bucket.
	Prefixes []string
}

// Function reads log files. It is safe for concurrent use.
type Function struct {
	lister   Lister
	getter   Getter
	grant    Grant
	maxBytes int
	now      func() time.Time
}

// New makes the function that reads what grant covers.
func New(lister Lister, getter Getter, grant Grant) *Function {
	return &Function{lister: lister, getter: getter, grant: grant, maxBytes: answer.MaxBytes, now: time.Now}
}

// Serve answers one event: a request of the form that readRequest reads, or a notification of S3 or EventBridge, also in messages of SQS.
// Events come by day, then folder, region and key: by the time of their delivery. close says what an answer holds.
func (f *Function) Serve(ctx context.Context, incoming invocation.Request) invocation.Result {
	notice, isNotice, err := objectevent.Parse(incoming.Payload)
	if isNotice {
		return f.serveNotice(ctx, incoming.ID, notice, err)
	}
	p := newPage(f.grant.Bucket, f.maxBytes, 0)
	if err == nil {
		p, err = f.serve(ctx, incoming.Payload)
	}
	if err != nil {
		return f.failed(err, incoming.ID, p.logged())
	}
	return invocation.Result{Payload: p.close(), Status: http.StatusOK, Counts: p.logged()}
}

func (f *Function) serve(ctx context.Context, payload []byte) (*page, error) {
	wanted, err := readRequest(payload, f.grant, f.now())
	p := newPage(f.grant.Bucket, f.maxBytes, wanted.limit)
	if err != nil {
		return p, err
	}
	p.stops = wanted.limit > 0
	files, err := f.filesOf(ctx, wanted)
	if err != nil {
		return p, err
	}
	end, err := f.walk(ctx, p, files, wanted)
	if err != nil || end == nil {
		return p, err
	}
	return p, p.goOn(*end, wanted)
}

// fileError names the file that could not be read.
type fileError struct {
	key string
	err error
}

func (e *fileError) Error() string { return fmt.Sprintf("log file %q: %s", e.key, e.err) }
func (e *fileError) Unwrap() error { return e.err }

// tell turns an error into what the caller sees.
func (f *Function) tell(err error) failure.Failure {
	grant := failure.Grant{RoleARN: f.grant.RoleARN, Resource: "bucket " + f.grant.Bucket}
	if file := (*fileError)(nil); errors.As(err, &file) {
		grant.Resource = fmt.Sprintf("log file %q of %s", file.key, grant.Resource)
	}
	return failure.Of(err, grant)
}

func (f *Function) failed(err error, id string, counts []slog.Attr) invocation.Result {
	told := f.tell(err)
	return invocation.Result{Payload: answer.Problem(told, id), Status: told.Status, Counts: counts, Err: err}
}
