package trailing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
)

// functionError is the type of the error by which an invocation that nobody waits for fails.
const functionError = "TrailFailed"

// serveNotice reads the files that AWS says were created. All of each is read; the first 100 events are returned and the others counted.
// Since nobody reads an answer to a notification, a file that could not be read fails the invocation, and Lambda tries again and then keeps
// the event. A batch names the messages that failed.
func (f *Function) serveNotice(ctx context.Context, id string, notice objectevent.Event, err error) invocation.Result {
	if err == nil && notice.Messages != nil {
		return f.serveBatch(ctx, notice.Messages)
	}
	p := newPage(f.grant.Bucket, f.maxBytes, 0)
	if err == nil {
		p, err = f.readObjects(ctx, notice.Objects)
	}
	if err != nil {
		result := f.failed(err, id, p.logged())
		result.FunctionError = functionError
		return result
	}
	return invocation.Result{Payload: p.close(), Status: http.StatusOK, Counts: p.logged()}
}

// serveBatch reads the files of each message. Its answer has no events.
func (f *Function) serveBatch(ctx context.Context, messages []objectevent.Message) invocation.Result {
	failed := []string{}
	var problems []error
	count := 0
	for _, message := range messages {
		err := message.Err
		if err == nil {
			var p *page
			p, err = f.readObjects(ctx, message.Objects)
			count += p.count
		}
		if err != nil {
			failed = append(failed, message.ID)
			problems = append(problems, fmt.Errorf("message %s: %w", message.ID, err))
		}
	}
	counts := []slog.Attr{slog.Int("count", count), slog.Int("messages", len(messages)), slog.Int("failed", len(failed))}
	result := invocation.Result{Payload: answer.Batch(failed), Status: http.StatusOK, Counts: counts, Err: errors.Join(problems...)}
	if len(failed) > 0 {
		result.Status = f.tell(problems[0]).Status
	}
	return result
}

// readObjects reads exactly these files. Digests and what is no log file are passed over, since a notification may be for all of a bucket.
func (f *Function) readObjects(ctx context.Context, objects []objectevent.Object) (*page, error) {
	p := newPage(f.grant.Bucket, f.maxBytes, defaultLimit)
	l := &files{f: f}
	for _, object := range objects {
		if object.Bucket != f.grant.Bucket {
			return p, &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
				"the notification is about bucket %q; role %s may read bucket %s", object.Bucket, f.grant.RoleARN, f.grant.Bucket)}
		}
		if err := f.grant.check("key", object.Key); err != nil {
			return p, err
		}
		l.keys = append(l.keys, object.Key)
	}
	end, err := f.walk(ctx, p, l, request{limit: defaultLimit})
	switch {
	case err != nil:
		return p, err
	case end != nil:
		return p, &failure.Failure{Status: http.StatusInternalServerError, Message: fmt.Sprintf(
			"the notification's files were read only as far as %q: they take more time, or have more names of events, than one invocation allows", end.Key)}
	case len(p.skipped) > 0:
		first := p.skipped[0]
		return p, &failure.Failure{Status: http.StatusInternalServerError, Message: fmt.Sprintf(
			"log file %q could not be read, nor could %d others: %s", first.Key, len(p.skipped)-1, first.Reason)}
	}
	return p, nil
}
