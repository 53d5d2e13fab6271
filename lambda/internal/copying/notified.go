package copying

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// notified are the keys that an event is about. S3 and SQS deliver events more than once and in any order, but what is copied is the object that the
// origin has: each key is one job, however many records and messages are about it.
type notified struct {
	*run
	jobs       map[string]*notifiedJob
	duplicates int // records of a key beyond its first
}

// notifiedJob copies one key.
type notifiedJob struct {
	record objectevent.Object // the latest
	begin  sync.Once
	done   chan struct{}
	err    error
}

func (r *run) notified() *notified { return &notified{run: r, jobs: map[string]*notifiedJob{}} }

// add takes the records of a notification. They must all be added before one is started.
func (n *notified) add(objects []objectevent.Object) {
	for _, o := range objects {
		if n.check(o) != nil {
			continue
		}
		job := n.jobs[o.Key]
		if job == nil {
			n.jobs[o.Key] = &notifiedJob{record: o, done: make(chan struct{})}
			continue
		}
		job.record = merge(job.record, o)
		n.duplicates++
	}
}

// merge returns what two records of a key are about together: the later one. A removed object counts only alone: it may be one of an object's
// versions, such as one that a lifecycle rule expires, while the object that another record is about is still there.
//
// S3 gives a sequencer to puts and deletes only. Where nobody knows which of two different records is later, neither says what the origin has.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html and notification-content-structure.html.
func merge(a, b objectevent.Object) objectevent.Object {
	switch {
	case b.Kind == objectevent.Removed:
		return a
	case a.Kind == objectevent.Removed:
		return b
	case a.Sequencer != "" && b.Sequencer != "":
		if objectevent.Later(b.Sequencer, a.Sequencer) {
			return b
		}
	case a.ETag != b.ETag || a.Size != b.Size:
		a.ETag, a.Size, a.Sequencer = "", -1, ""
	}
	return a
}

// check returns why a record is refused.
func (n *notified) check(o objectevent.Object) error {
	switch {
	case o.Err != nil:
		return &refusal{"Refused", o.Err.Error()}
	case o.Bucket != n.grant.Origin:
		return &refusal{"OtherBucket", fmt.Sprintf("found an object of %s, expected one of bucket %s; check what sends the notification",
			o.Where(), n.grant.Origin)}
	case !s3keys.Covers(n.grant.Prefixes, o.Key) && len(n.grant.Prefixes) > 0:
		return &refusal{"OutsidePrefixes", "found a key outside of the granted prefixes; check what sends the notification, and its filter"}
	}
	return nil
}

// start starts the job of a record that is not refused, unless it was started before. A removed object is none: its copy outlives it.
func (n *notified) start(o objectevent.Object) *notifiedJob {
	job := n.jobs[o.Key]
	job.begin.Do(func() {
		if job.record.Kind == objectevent.Removed {
			close(job.done)
			return
		}
		size := job.record.Size
		if !n.run.start(size < 0 || size > n.grant.PartBytes, func() {
			defer close(job.done)
			job.err = n.count(guarded(func() (outcome, error) { return n.copyNotified(job.record) }))
		}) {
			job.err = &stopped{}
			close(job.done)
		}
	})
	return job
}

// copyNotified copies an object unless the destination has it. An upload that is not done in time is aborted: a notification that comes again cannot
// say where to resume.
func (r *run) copyNotified(o objectevent.Object) (outcome, error) {
	destination, exists, err := r.find(r.grant.Destination, o.Key)
	if err != nil {
		return outcome{}, r.orStopped(err, nil)
	}
	known := o.ETag != "" && o.Size >= 0
	switch {
	case exists && known && unquoted(destination.etag) == o.ETag && destination.size == o.Size:
		return outcome{same: byETag}, nil
	case exists:
		origin, same, err := r.compareOrigin(o.Key, destination)
		if same != differs || err != nil {
			return outcome{same: same}, err
		}
		return r.copyKnown(origin)
	case known:
		return r.copyKnown(entry{key: o.Key, size: o.Size, etag: `"` + o.ETag + `"`})
	}
	return r.copyCurrent(o.Key)
}

// copyObjects copies the objects of a notification.
func (f *Function) copyObjects(ctx context.Context, notification objectevent.Event) invocation.Result {
	r := f.newRun(ctx, false)
	defer r.close()
	n := r.notified()
	n.add(notification.Objects)
	reported := map[string]bool{}
	for _, o := range notification.Objects {
		if err := n.check(o); err != nil {
			r.report.failed(r.grant.loggedKey(o.Key, err))
			continue
		}
		n.start(o)
	}
	for _, o := range notification.Objects {
		if job := n.jobs[o.Key]; n.check(o) == nil && !reported[o.Key] {
			reported[o.Key] = true
			if <-job.done; job.err != nil {
				r.report.failed(r.grant.loggedKey(o.Key, job.err))
			}
		}
	}
	return f.result(r, append(notification.Counts(), slog.Int("duplicates", n.duplicates)))
}

// copyBatch copies the objects of a batch of messages. The answer has the IDs of the messages that SQS is to deliver again.
func (f *Function) copyBatch(ctx context.Context, notification objectevent.Event) invocation.Result {
	r := f.newRun(ctx, false)
	defer r.close()
	n := r.notified()
	for _, m := range notification.Messages {
		if m.Err == nil {
			n.add(m.Objects)
		}
	}
	failures := objectevent.HandleBatch(notification.Messages, n.copyMessage)
	r.addStats()
	counts := append(r.counts(), slog.Int("messages", len(notification.Messages)), slog.Int("failedMessages", len(failures)),
		slog.Int("duplicates", n.duplicates))
	counts = append(counts, notification.Counts()...)
	status := http.StatusOK
	if len(failures) > 0 {
		status = http.StatusInternalServerError
	}
	return invocation.Result{Payload: answer.Batch(failures.IDs()), Status: status, Counts: counts, Err: failures.Err()}
}

// copyMessage starts to copy the objects of one message; wait returns the errors of those that were not copied.
func (n *notified) copyMessage(objects []objectevent.Object) (wait func() error) {
	for _, o := range objects {
		if n.check(o) == nil {
			n.start(o)
		}
	}
	return func() error {
		var errs []error
		for _, o := range objects {
			err := n.check(o)
			if err == nil {
				job := n.jobs[o.Key]
				<-job.done
				err = job.err
			}
			if err != nil {
				errs = append(errs, n.grant.loggedKey(o.Key, err))
			}
		}
		return errors.Join(errs...)
	}
}
