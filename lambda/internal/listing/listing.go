// Package listing answers with the objects of one bucket, under the granted prefixes only. It reads no object's content and writes
// nothing.
package listing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// Lister is the call to S3 that a listing needs; *s3.Client has it.
type Lister interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Grant is what the role may list.
type Grant struct {
	// RoleARN is the trusted role; messages name it.
	RoleARN string
	// Bucket is the name of the bucket.
	Bucket string
	// Prefixes are the granted prefixes; empty means the whole bucket.
	Prefixes []string
}

// Function lists a bucket. It is safe for concurrent use.
type Function struct {
	client   Lister
	grant    Grant
	prefixes []string
	maxBytes int
}

// New makes the function that lists what grant covers.
func New(client Lister, grant Grant) *Function {
	return &Function{client: client, grant: grant, prefixes: s3keys.Merge(grant.Prefixes), maxBytes: answer.MaxBytes}
}

// Serve answers one event: {"prefix","startAfter","maxKeys"}, all optional; or a notification of created objects, each of which it lists.
func (f *Function) Serve(ctx context.Context, request invocation.Request) invocation.Result {
	if notification, ok, err := objectevent.Parse(request.Payload); ok {
		return f.serveNotification(ctx, request.ID, notification, err)
	}
	p, err := f.serve(ctx, request.Payload)
	return f.result(p, err, request.ID, []slog.Attr{slog.Int("count", p.count), slog.Int("pages", p.pages)})
}

// result is the answer with the objects of p, or with the error.
func (f *Function) result(p *page, err error, id string, counts []slog.Attr) invocation.Result {
	if err != nil {
		problem := failure.Of(err, failure.Grant{RoleARN: f.grant.RoleARN, Resource: "bucket " + f.grant.Bucket})
		return invocation.Result{Payload: answer.Problem(problem, id), Status: problem.Status, Counts: counts, Err: err}
	}
	return invocation.Result{Payload: p.close(), Status: http.StatusOK, Counts: counts}
}

func (f *Function) serve(ctx context.Context, payload []byte) (*page, error) {
	p := newPage(f.grant.Bucket, f.maxBytes)
	wanted, err := readRequest(payload)
	if err != nil {
		return p, err
	}
	prefixes := f.prefixes
	if wanted.prefix != "" {
		if !s3keys.Covers(f.prefixes, wanted.prefix) {
			return p, f.outside(wanted.prefix)
		}
		prefixes = []string{wanted.prefix}
	}
	return p, f.list(ctx, p, prefixes, wanted)
}

func (f *Function) outside(prefix string) error {
	return &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
		"prefix %q is outside of what role %s may list; the granted prefixes are %s",
		prefix, f.grant.RoleARN, s3keys.Quoted(f.grant.Prefixes))}
}
