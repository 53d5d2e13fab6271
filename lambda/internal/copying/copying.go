// Package copying copies the current objects under the granted prefixes of one bucket into another, within S3 and under the same keys. It
// deletes nothing, keeps no versions, and does not read the content of objects.
//
// Content, metadata and tags are copied. Storage class, encryption, ACL and lock are the destination bucket's defaults, and a website redirect
// is copied only with an object that is copied in parts. An object whose content the destination already has is not copied again, even if its
// metadata or tags have changed since.
//
// A copy in parts may outlive the invocation: the next of the answer says where to resume it. If nobody does, its parts stay in the destination
// bucket, and cost money, until a lifecycle rule there aborts incomplete uploads; the bucket should have one.
package copying

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// The types of this function's errors. Most invocations are asynchronous: Lambda's retries, its metric of errors and the dead-letter queue see
// a failure only if it is a function error.
const (
	errorIncomplete = "CopyIncomplete" // some keys are not copied
	errorFailed     = "CopyFailed"     // the event is malformed, or the walk itself failed
)

// Function copies objects. It is safe for concurrent use.
type Function struct {
	client     Client
	grant      Grant
	maxBytes   int
	headDenied atomic.Bool // whether S3 denied HeadObject in the destination
}

// New makes the function that copies what grant covers.
func New(client Client, grant Grant) *Function {
	return &Function{client: client, grant: grant, maxBytes: answer.MaxBytes}
}

// Serve answers one event: {"prefix","next"}, both optional; a notification of S3 or EventBridge; or a batch of them from SQS.
func (f *Function) Serve(ctx context.Context, incoming invocation.Request) invocation.Result {
	notification, ok, err := objectevent.Parse(incoming.Payload)
	switch {
	case err != nil:
		return f.fail(err, incoming.ID, nil)
	case !ok:
		return f.walk(ctx, incoming)
	case notification.Scheduled:
		return f.walk(ctx, invocation.Request{ID: incoming.ID})
	case notification.Messages != nil:
		return f.copyBatch(ctx, notification)
	}
	return f.copyObjects(ctx, notification)
}

func (f *Function) walk(ctx context.Context, incoming invocation.Request) invocation.Result {
	wanted, err := readRequest(incoming.Payload, f.grant)
	if err != nil {
		return f.fail(err, incoming.ID, nil)
	}
	r := f.newRun(ctx, true)
	defer r.close()
	w := newWalk(r, wanted)
	err = w.all()
	if w.more || len(w.unfinished) > 0 || err != nil {
		at := w.position()
		token, tokenErr := at.encode(f.grant, wanted.prefix)
		if tokenErr != nil {
			return f.fail(tokenErr, incoming.ID, nil)
		}
		r.report.body.Next = token
		if err == nil && at.equal(wanted.from) && r.report.body.Copied == 0 && r.parts.Load() == 0 {
			err = f.noProgress(w)
		}
	}
	if err != nil {
		return f.fail(err, incoming.ID, r.report)
	}
	return f.result(r, []slog.Attr{slog.Int("pages", w.pages)})
}

// noProgress is the failure of an invocation that finished nothing: the next one would not get further either.
func (f *Function) noProgress(w *walk) error {
	key := ""
	if len(w.unfinished) > 0 {
		key = " such as " + event.Quote(w.unfinished[0].key)
	}
	return &failure.Failure{Status: http.StatusInternalServerError, Message: "the function's time ended before one object" + key +
		" could be copied; raise its timeout, or lower CROSSGRANT_COPY_PART_MIB or CROSSGRANT_COPY_PARALLEL"}
}

// result is the answer; keys that failed make it a function error.
func (f *Function) result(r *run, more []slog.Attr) invocation.Result {
	result := invocation.Result{Counts: append(r.counts(), more...), Status: http.StatusOK, Err: r.report.err()}
	if result.Err != nil {
		result.Status, result.FunctionError = http.StatusInternalServerError, errorIncomplete
	}
	result.Payload = r.report.json()
	return result
}

// fail is the answer of an invocation that failed as a whole, with the partial report if there is one.
func (f *Function) fail(err error, id string, partial *report) invocation.Result {
	problem := failure.Of(err, failure.Grant{RoleARN: f.grant.RoleARN, Resource: "bucket " + f.grant.Origin + " or bucket " + f.grant.Destination})
	result := invocation.Result{Status: problem.Status, Err: err, FunctionError: errorFailed}
	if partial == nil {
		result.Payload = answer.Problem(problem, id)
		return result
	}
	b := &partial.body
	b.StatusCode, b.Error, b.RequestID, b.AWSRequestID = problem.Status, problem.Message, id, problem.AWSRequestID
	result.Counts = partial.counts()
	result.Payload = partial.json()
	return result
}

func (r *run) counts() []slog.Attr {
	return append(r.report.counts(), slog.Int64("parts", r.parts.Load()))
}

func (f *Function) newRun(ctx context.Context, resumable bool) *run {
	d := newDeadlines(ctx)
	parallel := int64(f.grant.Parallel)
	return &run{
		deadlines: d, grant: f.grant, headDenied: &f.headDenied, resumable: resumable,
		client:  &limiter{client: f.client, slots: semaphore.NewWeighted(parallel), startBy: d.startBy},
		jobs:    semaphore.NewWeighted(parallel),
		uploads: semaphore.NewWeighted(maxUploads),
		report:  &report{maxBytes: f.maxBytes, body: body{Origin: f.grant.Origin, Destination: f.grant.Destination}},
	}
}

// copyObjects copies the objects of a notification.
func (f *Function) copyObjects(ctx context.Context, notification objectevent.Event) invocation.Result {
	r := f.newRun(ctx, false)
	defer r.close()
	for _, o := range notification.Objects {
		r.copyNotified(o, func(err error) { r.report.failed(r.grant.failedKey(o.Key, err)) })
	}
	r.jobsDone.Wait()
	return f.result(r, notification.Counts())
}

// copyBatch copies the objects of a batch of messages. The answer has the IDs of the messages that SQS is to deliver again.
func (f *Function) copyBatch(ctx context.Context, notification objectevent.Event) invocation.Result {
	r := f.newRun(ctx, false)
	defer r.close()
	failures := objectevent.HandleBatch(notification.Messages, r.copyMessage)
	counts := append(r.counts(), slog.Int("messages", len(notification.Messages)), slog.Int("failedMessages", len(failures)))
	counts = append(counts, notification.Counts()...)
	status := http.StatusOK
	if len(failures) > 0 {
		status = http.StatusInternalServerError
	}
	return invocation.Result{Payload: answer.Batch(failures.IDs()), Status: status, Counts: counts, Err: failures.Err()}
}

// copyMessage starts to copy the objects of one message; wait returns the error of one that was not copied.
func (r *run) copyMessage(objects []objectevent.Object) (wait func() error) {
	var mu sync.Mutex
	var failed error
	for _, o := range objects {
		r.copyNotified(o, func(err error) {
			k := r.grant.failedKey(o.Key, err)
			mu.Lock()
			defer mu.Unlock()
			failed = fmt.Errorf("key %q: %s: %s: %s", k.Key, k.Operation, k.Code, k.Message)
		})
	}
	return func() error {
		r.jobsDone.Wait()
		return failed
	}
}

// copyNotified starts to copy an object that a notification is about, and calls failed with the error if it is not copied. An upload that is
// not done in time is aborted: a notification that comes again cannot say where to resume.
func (r *run) copyNotified(o objectevent.Object, failed func(error)) {
	if o.Kind == objectevent.Removed && o.Err == nil {
		return // a copy outlives its origin
	}
	if err := r.checkNotified(o); err != nil {
		failed(err)
		return
	}
	if !r.start(func() {
		bytes, err := r.copyObject(o.Key)
		if err = r.count(differs, bytes, err); err != nil {
			failed(err)
		}
	}) {
		failed(&stopped{})
	}
}

func (r *run) checkNotified(o objectevent.Object) error {
	switch {
	case o.Err != nil:
		return &refusal{"Refused", o.Err.Error()}
	case o.Bucket != r.grant.Origin:
		return &refusal{"OtherBucket", fmt.Sprintf("found an object of %s, expected one of bucket %s; check what sends the notification",
			o.Where(), r.grant.Origin)}
	case !s3keys.Covers(r.grant.prefixes(), o.Key):
		return &refusal{"OutsidePrefixes", "found a key outside of the granted prefixes; check what sends the notification, and its filter"}
	}
	return nil
}
