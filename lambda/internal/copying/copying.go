// Package copying copies the current objects under the granted prefixes of one bucket into another, within S3 and under the same keys. It
// deletes nothing, keeps no versions, and reads no object's content.
//
// Content, metadata and tags come along. Storage class, encryption, ACL and lock are the destination bucket's defaults, and a website's
// redirect comes along only with an object that is copied in parts. An object whose content is there already is not copied again, also if
// only its metadata or tags changed since.
//
// A copy in parts may outlive the invocation: the answer's next says where to take it up. If nobody does, its parts stay in the destination
// bucket, and cost, until a lifecycle rule there aborts incomplete uploads; it should have one.
package copying

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// The types of this function's errors. Most invocations are asynchronous: Lambda's own retries, its alarm and the dead-letter queue see an
// error only if it is one.
const (
	incomplete = "CopyIncomplete" // some keys are not copied
	broken     = "CopyFailed"     // the event is bad, or the walk itself failed
)

// Grant is what is copied, and how.
type Grant struct {
	// RoleARN is the trusted role; messages name it. Empty is the function's own role.
	RoleARN string
	// Origin is the bucket that is read.
	Origin string
	// Destination is the bucket that is written.
	Destination string
	// Prefixes are the granted prefixes, in both buckets; empty means the whole bucket.
	Prefixes []string
	// PartBytes is the size above which an object is copied in parts, and of a part: 5 MiB to 5 GiB, since S3 takes nothing else. Required.
	PartBytes int64
	// Parallel is how many requests are made at once. Required.
	Parallel int
}

// Function copies objects. It is safe for concurrent use.
type Function struct {
	client   Client
	grant    Grant
	prefixes []string
	maxBytes int
	blind    atomic.Bool // whether S3 denied to read the destination's objects
}

// New makes the function that copies what grant covers.
func New(client Client, grant Grant) *Function {
	return &Function{client: client, grant: grant, prefixes: s3keys.Merge(grant.Prefixes), maxBytes: answer.MaxBytes}
}

// Serve answers one event: {"prefix","next"}, both optional; a notification of S3 or EventBridge; or a batch of them from SQS.
func (f *Function) Serve(ctx context.Context, incoming invocation.Request) invocation.Result {
	noticed, ok, err := objectevent.Parse(incoming.Payload)
	switch {
	case err != nil:
		return f.fail(err, incoming.ID, nil)
	case !ok:
		return f.walk(ctx, incoming)
	case noticed.Messages != nil:
		return f.batch(ctx, noticed.Messages)
	}
	r := f.newRun(ctx, false)
	defer r.close()
	r.objects(noticed.Objects)
	return f.result(r, nil)
}

func (f *Function) batch(ctx context.Context, messages []objectevent.Message) invocation.Result {
	r := f.newRun(ctx, false)
	defer r.close()
	failed, err := r.messages(messages)
	counts := append(r.counts(), slog.Int("messages", len(messages)), slog.Int("failedMessages", len(failed)))
	status := http.StatusOK
	if err != nil {
		status = http.StatusInternalServerError
	}
	return invocation.Result{Payload: answer.Batch(failed), Status: status, Counts: counts, Err: err}
}

func (f *Function) walk(ctx context.Context, incoming invocation.Request) invocation.Result {
	wanted, err := f.readRequest(incoming.Payload)
	if err != nil {
		return f.fail(err, incoming.ID, nil)
	}
	r := f.newRun(ctx, true)
	defer r.close()
	w := newWalk(r, wanted)
	err = w.all()
	if w.more || len(w.left) > 0 || err != nil {
		at := w.position()
		token, tokenErr := at.encode(f.grant, wanted.prefix)
		if tokenErr != nil {
			return f.fail(tokenErr, incoming.ID, nil)
		}
		r.report.body.Next = token
		if err == nil && at.equal(wanted.from) && r.report.body.Copied == 0 && r.parts.Load() == 0 {
			err = f.stuck(w)
		}
	}
	if err != nil {
		return f.fail(err, incoming.ID, r.report)
	}
	return f.result(r, []slog.Attr{slog.Int("pages", w.pages)})
}

// stuck is the failure of an invocation in which nothing could be finished: to go on would change nothing.
func (f *Function) stuck(w *walk) error {
	key := ""
	if len(w.left) > 0 {
		key = " such as " + event.Quote(w.left[0].key)
	}
	return &failure.Failure{Status: http.StatusInternalServerError, Message: "the function's time ended before one object" + key +
		" could be copied; raise its timeout, or lower CROSSGRANT_COPY_PART_MIB or CROSSGRANT_COPY_PARALLEL"}
}

// result is the answer; keys that failed make it an error.
func (f *Function) result(r *run, more []slog.Attr) invocation.Result {
	result := invocation.Result{Counts: append(r.counts(), more...), Status: http.StatusOK, Err: r.report.wrong()}
	if result.Err != nil {
		result.Status, result.FunctionError = http.StatusInternalServerError, incomplete
	}
	result.Payload = r.report.close()
	return result
}

// fail is the answer to what did not work at all, with what was done so far where there is a report of it.
func (f *Function) fail(err error, id string, done *report) invocation.Result {
	told := failure.Of(err, failure.Grant{RoleARN: f.grant.RoleARN, Resource: "bucket " + f.grant.Origin + " or bucket " + f.grant.Destination})
	result := invocation.Result{Status: told.Status, Err: err, FunctionError: broken}
	if done == nil {
		result.Payload = answer.Problem(told, id)
		return result
	}
	b := &done.body
	b.StatusCode, b.Error, b.RequestID, b.AWSRequestID = told.Status, told.Message, id, told.AWSRequestID
	result.Counts = done.counts()
	result.Payload = done.close()
	return result
}

func (r *run) counts() []slog.Attr {
	return append(r.report.counts(), slog.Int64("parts", r.parts.Load()))
}
