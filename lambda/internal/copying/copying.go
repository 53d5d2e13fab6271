// Package copying copies the current objects under the granted prefixes of one bucket into another, within S3 and under the same keys. It
// deletes nothing, keeps no versions, and does not read the content of objects.
//
// Content, metadata and tags are copied. Storage class, encryption, ACL and lock are the destination bucket's defaults, and a website redirect
// is copied only with an object that is copied in parts. An object whose content the destination already has is not copied again, even if its
// metadata or tags have changed since.
//
// A copy in parts may outlive the invocation: the next of the answer says where to resume it. If nobody does, a later walk or a copy of the same
// key aborts it; without the permission to list open uploads, its parts stay in the destination bucket, and cost money, until a lifecycle rule
// there aborts incomplete uploads. The bucket should have one.
package copying

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
)

// The types of this function's errors. Most invocations are asynchronous: Lambda's retries, its metric of errors and the dead-letter queue see
// a failure only if it is a function error.
const (
	errorIncomplete = "CopyIncomplete" // some keys are not copied
	errorFailed     = "CopyFailed"     // the event is malformed, or the walk itself failed
)

// Function copies objects. It is safe for concurrent use.
type Function struct {
	client   Client
	grant    Grant
	maxBytes int
	memory   memory
}

// New makes the function that copies what grant covers.
func New(client Client, grant Grant) *Function {
	return &Function{client: client, grant: grant, maxBytes: answer.MaxBytes}
}

// Serve answers one event: {"prefix","next"}, both optional; a notification of S3 or EventBridge; a batch of them from SQS; or a batch of items from
// Step Functions.
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
	if wanted.batch != nil {
		w.refuseItems()
	}
	err = w.all()
	repeat := w.repeatsAfterLarge(err)
	if w.more || len(w.unfinished) > 0 || err != nil || repeat {
		at := w.position()
		if repeat {
			at.After = ""
		}
		token, tokenErr := at.encode(f.grant, wanted.of)
		if tokenErr != nil {
			return f.fail(tokenErr, incoming.ID, nil)
		}
		r.report.body.Next = token
		reason := w.reason()
		if reason != nil {
			r.report.body.Reason = shorten(reason.Message)
		}
		if err == nil && at.equal(wanted.from) && r.report.body.Copied == 0 && r.parts.Load() == 0 {
			err = w.noProgress(reason)
		}
	}
	counts := append(w.batchCounts(), slog.Int("pages", w.pages))
	if repeat {
		r.addStats()
		return invocation.Result{Payload: r.report.json(), Status: http.StatusOK, Counts: append(r.counts(), counts...)}
	}
	if wanted.batch != nil && (err != nil || r.report.err() != nil) {
		r.report.body.Next = "" // Step Functions begins a failed batch again, and keeps no more than the cause
	}
	if err != nil {
		return f.fail(err, incoming.ID, r)
	}
	return f.result(r, counts)
}

// result is the answer; keys that failed make it a function error.
func (f *Function) result(r *run, more []slog.Attr) invocation.Result {
	r.addStats()
	result := invocation.Result{Counts: append(r.counts(), more...), Status: http.StatusOK, Err: r.report.err()}
	if result.Err != nil {
		result.Status, result.FunctionError = http.StatusInternalServerError, errorIncomplete
	}
	result.Payload = r.report.json()
	return result
}

// fail is the answer of an invocation that failed as a whole, with the report of its run if there was one.
func (f *Function) fail(err error, id string, r *run) invocation.Result {
	problem := failure.Of(err, f.grant.failures())
	result := invocation.Result{Status: problem.Status, Err: err, FunctionError: errorFailed}
	if r == nil {
		result.Payload = answer.Problem(problem, id)
		return result
	}
	r.addStats()
	b := &r.report.body
	b.StatusCode, b.Error, b.RequestID, b.AWSRequestID = problem.Status, problem.Message, id, problem.AWSRequestID
	result.Counts = r.counts()
	result.Payload = r.report.json()
	return result
}

func (r *run) counts() []slog.Attr {
	return append(r.report.counts(), slog.Int64("parts", r.parts.Load()), slog.Int64("uploadsAborted", r.aborted.Load()),
		slog.Bool("uploadsDenied", r.memory.uploadsDenied.Load()), slog.Int64("requests", r.stats.Requests.Load()))
}

// addStats puts into the report how often S3 was asked.
func (r *run) addStats() {
	r.report.body.Retries, r.report.body.Throttled = r.stats.Retries.Load(), r.stats.Throttled.Load()
}
