// Package listing answers with the objects of one bucket, under the granted prefixes only. It reads no object's content and writes
// nothing.
package listing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
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
	notification, ok, err := objectevent.Parse(request.Payload)
	switch {
	case notification.Scheduled:
		result := f.answer(ctx, invocation.Request{ID: request.ID}, nil)
		if result.Err != nil {
			result.FunctionError = functionError
		}
		return result
	case ok:
		return f.serveNotification(ctx, request.ID, notification, err)
	}
	return f.answer(ctx, request, err)
}

// answer answers an event of the function's own.
func (f *Function) answer(ctx context.Context, request invocation.Request, err error) invocation.Result {
	p := newPage(f.grant.Bucket, f.maxBytes)
	if err == nil {
		p, err = f.serve(ctx, request.Payload)
	}
	return f.result(p, err, request.ID, []slog.Attr{slog.Int("count", p.count), slog.Int("pages", p.pages)})
}

// result is the answer with the objects of p, or with the error.
func (f *Function) result(p *page, err error, id string, counts []slog.Attr) invocation.Result {
	if err != nil {
		problem := failure.Of(err, failure.Grant{RoleARN: f.grant.RoleARN, Resource: "bucket " + f.grant.Bucket})
		return invocation.Result{Payload: answer.Problem(problem, id), Status: problem.Status, Counts: counts, Err: err}
	}
	return invocation.Result{Payload: p.close(), Status: http.StatusOK, Counts: counts, Err: p.failed}
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

// request is what an event asks for.
type request struct {
	prefix     string
	startAfter string
	maxKeys    int
}

// readRequest reads the event. An empty prefix or startAfter means none.
func readRequest(payload []byte) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	if err := object.Only("prefix", "startAfter", "maxKeys"); err != nil {
		return request{}, err
	}
	var r request
	if r.prefix, _, err = object.Text("prefix", s3keys.Max); err != nil {
		return request{}, err
	}
	if r.startAfter, _, err = object.Text("startAfter", s3keys.Max); err != nil {
		return request{}, err
	}
	if r.maxKeys, err = object.Whole("maxKeys", 1, 10000, 1000); err != nil {
		return request{}, err
	}
	return r, nil
}

// functionError is the error type of an asynchronous invocation that fails.
const functionError = "ListFailed"

// serveNotification lists the objects of a notification. Its invocation is asynchronous, so a failure is an error of the function; the answer
// to a batch has the IDs of the messages that failed.
func (f *Function) serveNotification(ctx context.Context, id string, notification objectevent.Event, err error) invocation.Result {
	if err == nil && notification.Messages != nil {
		return f.serveBatch(ctx, notification)
	}
	p := newPage(f.grant.Bucket, f.maxBytes)
	if err == nil {
		err = f.listObjects(ctx, p, notification.Objects)
	}
	result := f.result(p, err, id, append(notification.Counts(), slog.Int("count", p.count)))
	if err != nil {
		result.FunctionError = functionError
	}
	return result
}

func (f *Function) serveBatch(ctx context.Context, notification objectevent.Event) invocation.Result {
	count := 0
	failures := objectevent.HandleBatch(notification.Messages, func(objects []objectevent.Object) func() error {
		return func() error {
			p := newPage(f.grant.Bucket, f.maxBytes)
			err := f.listObjects(ctx, p, objects)
			count += p.count
			return err
		}
	})
	counts := append(notification.Counts(), slog.Int("count", count), slog.Int("messages", len(notification.Messages)), slog.Int("failed", len(failures)))
	return invocation.Result{Payload: answer.Batch(failures.IDs()), Status: http.StatusOK, Counts: counts, Err: failures.Err()}
}

// listObjects lists exactly these objects. An object that no longer exists is no error: a notification may come late, and twice. An object that
// cannot be listed stops no other; the error is that of the first.
func (f *Function) listObjects(ctx context.Context, p *page, objects []objectevent.Object) (first error) {
	for _, o := range objects {
		if err := f.listNotified(ctx, p, o); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (f *Function) listNotified(ctx context.Context, p *page, o objectevent.Object) error {
	switch {
	case o.Err != nil:
		return o.Err
	case o.Kind == objectevent.Removed:
		return nil
	case o.Bucket != f.grant.Bucket:
		return &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
			"the notification is about %s; role %s may list bucket %s", o.Where(), f.grant.RoleARN, f.grant.Bucket)}
	case !s3keys.Covers(f.prefixes, o.Key):
		return f.outside(o.Key)
	}
	return f.listObject(ctx, p, o.Key)
}

// listObject lists one object: its key is the first of the keys that begin with it.
func (f *Function) listObject(ctx context.Context, p *page, key string) error {
	out, err := f.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(f.grant.Bucket), Prefix: aws.String(key), MaxKeys: aws.Int32(1), EncodingType: types.EncodingTypeUrl,
	})
	if err != nil {
		return err
	}
	p.pages++
	for _, object := range out.Contents {
		found, err := s3keys.Decode(aws.ToString(object.Key), out.EncodingType)
		switch {
		case err != nil:
			return failure.BadListing(f.grant.Bucket, err)
		case found != key:
			return nil
		}
		p.add(key, object)
	}
	return nil
}
