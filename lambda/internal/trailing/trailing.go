// Package trailing answers with the events of CloudTrail's log files in one bucket, under the granted prefixes only, that match a filter. It
// does not validate the files against CloudTrail's digests, and does not change events.
package trailing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
)

// Function reads log files. It is safe for concurrent use.
type Function struct {
	logBucket
	maxBytes int
}

// New makes the function that reads what grant covers.
func New(lister Lister, getter Getter, grant Grant) *Function {
	return &Function{logBucket: logBucket{lister: lister, getter: getter, grant: grant, now: time.Now}, maxBytes: answer.MaxBytes}
}

// Serve answers one event: a request of the form that readRequest reads, or a notification of S3 or EventBridge, alone or in messages of SQS.
// Events are in the order of day, account prefix, region and key: by the time of their delivery. The form of an answer is that of page.close.
func (f *Function) Serve(ctx context.Context, incoming invocation.Request) invocation.Result {
	notification, ok, err := objectevent.Parse(incoming.Payload)
	if notification.Scheduled {
		err = &event.Invalid{Field: "event", Found: "that of a schedule, which names no log files",
			Expected: `an input of the schedule's target, such as {"from":"…","to":"…"} or {"prefix":"…"}`}
	}
	if ok {
		return f.serveNotification(ctx, incoming.ID, notification, err)
	}
	p := newPage(f.grant.Bucket, f.maxBytes, 0)
	if err == nil {
		p, err = f.serve(ctx, incoming.Payload)
	}
	return f.result(p, err, incoming.ID)
}

func (f *Function) serve(ctx context.Context, payload []byte) (*page, error) {
	wanted, err := readRequest(payload, f.grant, f.now())
	p := newPage(f.grant.Bucket, f.maxBytes, wanted.limit)
	if err != nil {
		return p, err
	}
	p.stops = wanted.limit > 0
	files, err := f.listFiles(ctx, wanted)
	if err != nil {
		return p, err
	}
	if len(wanted.accounts) > 0 {
		p.delivery = deliveryOf(wanted.times, wanted.late, wanted.asOf)
	}
	end, err := f.walk(ctx, p, files, wanted)
	switch {
	case err != nil:
		return p, err
	case end == nil:
		return p, f.allDenied(p, wanted.start)
	}
	return p, p.setNext(*end, wanted)
}

// allDenied returns an error if all answers to a request together, of which p is the last, had nothing but denied files: without it they would say
// that there are no events.
func (f *Function) allDenied(p *page, start position) error {
	switch {
	case start.Read || p.read+p.unread > 0 || start.Denied+p.denied == 0:
		return nil
	case p.firstDenied == nil:
		return &failure.Failure{Status: http.StatusForbidden, Code: "AccessDenied", Message: fmt.Sprintf(
			"S3 GetObject was denied to role %s on each of the %d log files of the request, which the earlier answers name in skipped", f.grant.RoleARN, start.Denied)}
	}
	return &fileError{key: p.firstDenied.key, others: start.Denied + p.denied - 1, err: p.firstDenied.err}
}

// result is the answer with the events of p, or with the error.
func (f *Function) result(p *page, err error, id string) invocation.Result {
	if err != nil {
		problem := f.describe(err)
		return invocation.Result{Payload: answer.Problem(problem, id), Status: problem.Status, Counts: p.logged(), Err: err}
	}
	return invocation.Result{Payload: p.close(), Status: http.StatusOK, Counts: p.logged(), Err: p.failed}
}

// describe returns what a caller may see of an error.
func (f *Function) describe(err error) failure.Failure {
	grant := failure.Grant{RoleARN: f.grant.RoleARN, Resource: "bucket " + f.grant.Bucket}
	if file := (*fileError)(nil); errors.As(err, &file) {
		grant.Resource = file.files() + " of " + grant.Resource
	}
	return failure.Of(err, grant)
}

// functionError is the error type of an asynchronous invocation that fails.
const functionError = "TrailFailed"

// serveNotification reads the files of a notification to their ends. The first 100 events are returned and the others counted. Its invocation
// is asynchronous, so a file that could not be read is a function error: Lambda invokes again, and then keeps the event. The answer to a batch
// has the IDs of the messages that failed.
func (f *Function) serveNotification(ctx context.Context, id string, notification objectevent.Event, err error) invocation.Result {
	if err == nil && notification.Messages != nil {
		return f.serveBatch(ctx, notification)
	}
	p := newPage(f.grant.Bucket, f.maxBytes, 0)
	if err == nil {
		p, err = f.readObjects(ctx, notification.Objects)
	}
	result := f.result(p, err, id)
	result.Counts = append(result.Counts, notification.Counts()...)
	if err != nil {
		result.FunctionError = functionError
	}
	return result
}

// serveBatch reads the files of each message. Its answer has no events.
func (f *Function) serveBatch(ctx context.Context, notification objectevent.Event) invocation.Result {
	count := 0
	failures := objectevent.HandleBatch(notification.Messages, func(objects []objectevent.Object) func() error {
		return func() error {
			p, err := f.readObjects(ctx, objects)
			count += p.count
			return err
		}
	})
	counts := append(notification.Counts(), slog.Int("count", count), slog.Int("messages", len(notification.Messages)), slog.Int("failed", len(failures)))
	result := invocation.Result{Payload: answer.Batch(failures.IDs()), Status: http.StatusOK, Counts: counts, Err: failures.Err()}
	if len(failures) > 0 {
		result.Status = f.describe(failures[0].Err).Status
	}
	return result
}

// readObjects reads exactly these files. Digest files and other objects are ignored, since notifications may be for a whole bucket. An object
// that is refused stops no other; the error is that of the first.
func (f *Function) readObjects(ctx context.Context, objects []objectevent.Object) (*page, error) {
	p := newPage(f.grant.Bucket, f.maxBytes, defaultLimit)
	l := &fileList{bucket: &f.logBucket}
	var refused error
	for _, o := range objects {
		switch err := f.checkNotified(o); {
		case err != nil && refused == nil:
			refused = err
		case err == nil && o.Kind != objectevent.Removed:
			l.keys = append(l.keys, o.Key)
		}
	}
	end, err := f.walk(ctx, p, l, request{limit: defaultLimit})
	switch {
	case err != nil:
		return p, err
	case p.failed != nil: // Lambda or SQS repeats the event, and what was read is read again
		return p, p.failed
	case refused != nil:
		return p, refused
	case end != nil:
		return p, &failure.Failure{Status: http.StatusInternalServerError, Message: fmt.Sprintf(
			"the notification's files were read only up to %q: they need more time, or have more event names, than one invocation allows", end.Key)}
	case p.denied > 0:
		return p, &fileError{key: p.firstDenied.key, others: len(p.skipped) - 1, err: p.firstDenied.err}
	case len(p.skipped) > 0:
		first := p.skipped[0]
		return p, &failure.Failure{Status: http.StatusInternalServerError, Message: fmt.Sprintf(
			"log file %q could not be read, nor could %d others: %s", first.Key, len(p.skipped)-1, first.Reason)}
	}
	return p, nil
}

// checkNotified returns why the object of a notification is refused.
func (f *Function) checkNotified(o objectevent.Object) error {
	switch {
	case o.Err != nil:
		return o.Err
	case o.Kind == objectevent.Removed:
		return nil
	case o.Bucket != f.grant.Bucket:
		return &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
			"the notification is about %s; role %s may read bucket %s", o.Where(), f.grant.RoleARN, f.grant.Bucket)}
	}
	return f.grant.check("key", o.Key)
}
