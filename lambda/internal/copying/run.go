package copying

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/semaphore"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
)

// maxReserve is how long before the deadline an invocation stops starting copies; a quarter of its time if that is less.
const maxReserve = 5 * time.Second

// abortWait is how long aborting an upload may take.
const abortWait = 10 * time.Second

// deadlines are the three ends of an invocation. After startBy no copy starts and running requests may finish; after finishBy, a fifth of the
// reserve before the deadline, they are cancelled; until abortBy, which takes half of the second that the handler keeps for the answer,
// uploads may be aborted.
type deadlines struct {
	startBy, finishBy context.Context
	abortBy           time.Time // zero without a deadline
	stop              context.CancelFunc
}

func newDeadlines(ctx context.Context) deadlines {
	deadline, ok := ctx.Deadline()
	if !ok {
		work, stop := context.WithCancel(ctx)
		return deadlines{startBy: work, finishBy: work, stop: stop}
	}
	reserve := min(maxReserve, max(time.Until(deadline), 0)/4)
	finishBy, stopFinish := context.WithDeadline(ctx, deadline.Add(-reserve/5))
	startBy, stopStart := context.WithDeadline(finishBy, deadline.Add(-reserve))
	return deadlines{startBy: startBy, finishBy: finishBy, abortBy: deadline.Add(reserve / 10), stop: func() { stopStart(); stopFinish() }}
}

// tooLate reports whether no copy may start any more.
func (d deadlines) tooLate() bool { return d.startBy.Err() != nil }

// cancelled reports whether running requests have been cancelled.
func (d deadlines) cancelled() bool { return d.finishBy.Err() != nil }

// abortContext returns a context for aborting an upload, which outlives finishBy.
func (d deadlines) abortContext() (context.Context, context.CancelFunc) {
	ctx, end := context.WithoutCancel(d.finishBy), time.Now().Add(abortWait)
	if !d.abortBy.IsZero() && d.abortBy.Before(end) {
		end = d.abortBy
	}
	return context.WithDeadline(ctx, end)
}

// run is the work of one invocation: jobs in parallel, each for one key.
type run struct {
	deadlines
	grant      Grant
	headDenied *atomic.Bool
	client     *limiter
	jobs       *semaphore.Weighted // keys at once
	uploads    *semaphore.Weighted // multipart uploads at once
	resumable  bool                // whether a later invocation may resume an upload
	report     *report
	parts      atomic.Int64
	running    atomic.Int64
	jobsDone   sync.WaitGroup

	mu         sync.Mutex
	unfinished []unfinished
}

// unfinished is a key whose copy was stopped.
type unfinished struct {
	key    string
	before string  // the walk's position before it
	upload *upload // to resume, if any
}

// close ends the run and waits for its jobs.
func (r *run) close() {
	r.stop()
	r.jobsDone.Wait()
}

// start runs job in parallel as soon as the limit permits; it returns false if it is too late to start.
func (r *run) start(job func()) bool {
	if r.jobs.Acquire(r.startBy, 1) != nil {
		return false
	}
	r.running.Add(1)
	r.jobsDone.Go(func() {
		defer r.jobs.Release(1)
		defer r.running.Add(-1)
		job()
	})
	return true
}

// count counts the result of a key in the report; it returns the error of a key that was not copied.
func (r *run) count(c comparison, bytes int64, err error) error {
	switch {
	case errors.Is(err, errGone):
		r.report.gone()
	case err != nil:
		return err
	case c == differs:
		r.report.copied(bytes)
	default:
		r.report.skipped(c)
	}
	return nil
}

// record counts the result of a key of a walk, which continues after an error. before is the position before the key.
func (r *run) record(key, before string, c comparison, bytes int64, err error) {
	err = r.count(c, bytes, err)
	var stop *stopped
	switch {
	case errors.As(err, &stop):
		r.addUnfinished(unfinished{key, before, stop.upload})
	case err != nil:
		r.report.failed(r.grant.failedKey(key, err))
	}
}

func (r *run) addUnfinished(u unfinished) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unfinished = append(r.unfinished, u)
}

// orStopped returns stopped if requests have been cancelled: the error itself then says nothing more.
func (r *run) orStopped(err error, u *upload) error {
	if errors.Is(err, errStopped) || r.cancelled() {
		return &stopped{u}
	}
	return err
}

// orGone returns errGone if the origin has no such key. S3 may answer 403 for a missing key to a role that may list only some
// prefixes, and the answer to a HEAD has no error code that tells a missing key from a missing bucket: a listing of that key decides.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html.
func (r *run) orGone(ctx context.Context, key string, err error) error {
	if awserror.Code(err) == "NoSuchKey" {
		return errGone
	}
	if !isDenied(err) && !isMissing(err) {
		return err
	}
	_, exists, listErr := r.find(ctx, r.grant.Origin, key)
	if listErr == nil && !exists {
		return errGone
	}
	if isMissing(err) && listErr != nil {
		return listErr // it tells the two apart
	}
	return err
}

// find looks one key up in a listing.
func (r *run) find(ctx context.Context, bucket, key string) (entry, bool, error) {
	c := newCursor(r.client, nil, bucket, key, "")
	c.in.MaxKeys = aws.Int32(1)
	e, ok, err := c.seek(ctx, "")
	return e, ok && e.key == key, err
}

func (r *run) head(ctx context.Context, bucket, key string) (*s3.HeadObjectOutput, error) {
	return r.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled})
}
