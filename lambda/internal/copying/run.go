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
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
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
	copyBy            context.Context // finishBy for requests that copy: the client starts no attempt of one after startBy
	abortBy           time.Time       // zero without a deadline
	stop              context.CancelFunc
}

func newDeadlines(ctx context.Context) deadlines {
	deadline, ok := ctx.Deadline()
	if !ok {
		work, stop := context.WithCancel(ctx)
		return deadlines{startBy: work, finishBy: work, copyBy: work, stop: stop}
	}
	reserve := min(maxReserve, max(time.Until(deadline), 0)/4)
	startAt := deadline.Add(-reserve)
	finishBy, stopFinish := context.WithDeadline(ctx, deadline.Add(-reserve/5))
	startBy, stopStart := context.WithDeadline(finishBy, startAt)
	return deadlines{startBy: startBy, finishBy: finishBy, copyBy: pace.StartBy(finishBy, startAt), abortBy: deadline.Add(reserve / 10),
		stop: func() { stopStart(); stopFinish() }}
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

// maxLarge is how many objects wait at once to be copied in parts, while smaller ones are copied. Each takes a few kilobytes.
const maxLarge = 256

// run is the work of one invocation: jobs in parallel, each for one key. A job holds a slot while it makes requests, one at a time; while it
// copies parts, each part holds one instead, and a job that waits for its turn to copy in parts holds none.
type run struct {
	deadlines
	grant     Grant
	memory    *memory
	client    Client
	slots     *slots
	uploads   *semaphore.Weighted // multipart uploads at once
	large     *semaphore.Weighted // objects that are copied in parts, or wait for that
	resumable bool                // whether a later invocation may resume an upload
	report    *report
	stats     pace.Stats
	parts     atomic.Int64
	aborted   atomic.Int64 // uploads of earlier invocations
	jobsDone  sync.WaitGroup

	mu         sync.Mutex
	unfinished []unfinished
}

// memory is what the process keeps of S3's answers for its later invocations.
type memory struct {
	headDenied    atomic.Bool            // HeadObject in the destination
	uploadsDenied atomic.Bool            // ListMultipartUploads
	initiator     atomic.Pointer[string] // as whom S3 lists the uploads of this function; nil until it was seen
}

// unfinished is a key whose copy was stopped.
type unfinished struct {
	key    string
	before string  // the walk's position before it
	upload *upload // to resume, if any
	cause  error   // the last answer of S3, if it was an error
}

func (f *Function) newRun(ctx context.Context, resumable bool) *run {
	r := &run{
		grant: f.grant, memory: &f.memory, client: f.client, resumable: resumable,
		slots:   newSlots(f.grant.Parallel),
		uploads: semaphore.NewWeighted(maxUploads),
		large:   semaphore.NewWeighted(maxLarge),
		report:  &report{maxBytes: f.maxBytes, body: body{Origin: f.grant.Origin, Destination: f.grant.Destination}},
	}
	r.deadlines = newDeadlines(pace.WithStats(ctx, &r.stats))
	return r
}

// close ends the run and waits for its jobs.
func (r *run) close() {
	r.stop()
	r.jobsDone.Wait()
}

// start runs job in parallel as soon as the limits permit; it returns false if it is too late to start. large is whether the job may have to copy
// in parts.
func (r *run) start(large bool, job func()) bool {
	if large {
		if r.large.Acquire(r.startBy, 1) != nil {
			return false
		}
		turn := r.slots.ask(forPart) // here, so that objects have their turns in the order of their keys
		r.jobsDone.Go(func() {
			defer r.large.Release(1)
			<-turn
			defer r.slots.release()
			job()
		})
		return true
	}
	if r.slots.take(r.startBy, forObject) != nil {
		return false
	}
	r.jobsDone.Go(func() {
		defer r.slots.release()
		job()
	})
	return true
}

// withoutSlot lets others have the slot of the calling job while f runs. Then it waits as long as it has to: whoever has one is cancelled in time.
func (r *run) withoutSlot(f func()) {
	r.slots.release()
	defer func() { <-r.slots.ask(forPart) }()
	f()
}

// guarded returns the panic of a job as its error: in a goroutine it would end the process, and with it the copies of all other keys.
func guarded(job func() (outcome, error)) (o outcome, err error) {
	defer failure.Caught(&err)
	return job()
}

// outcome is what became of a key that did not fail: it was copied, unless the destination had the same.
type outcome struct {
	same  comparison
	bytes int64 // that were copied
}

// count counts the result of a key in the report; it returns the error of a key that was not copied.
func (r *run) count(o outcome, err error) error {
	switch {
	case errors.Is(err, errGone):
		r.report.gone()
	case err != nil:
		return err
	case o.same == differs:
		r.report.copied(o.bytes)
	default:
		r.report.skipped(o.same, 1)
	}
	return nil
}

// record counts the result of a key of a walk, which continues after an error. before is the position before the key.
func (r *run) record(key, before string, o outcome, err error) {
	err = r.count(o, err)
	var stop *stopped
	switch {
	case errors.As(err, &stop):
		r.addUnfinished(unfinished{key, before, stop.upload, stop.cause})
	case err != nil:
		r.report.failed(r.grant.loggedKey(key, err))
	}
}

func (r *run) addUnfinished(u unfinished) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unfinished = append(r.unfinished, u)
}

// orStopped returns stopped if the time was over for the request that failed; err then only says what S3 answered to the last attempt.
func (r *run) orStopped(err error, u *upload) error {
	if stop := (*stopped)(nil); errors.As(err, &stop) || !errors.Is(err, pace.ErrTooLate) && !r.cancelled() {
		return err
	}
	return &stopped{upload: u, cause: r.reached(err)}
}

// reached adds to the error of a request whether S3 answered others.
func (r *run) reached(err error) error {
	if r.stats.Succeeded.Load() == 0 {
		return err
	}
	return &failure.Reached{Err: err}
}

// orGone returns errGone if the origin has no such key. S3 may answer 403 for a missing key to a role that may list only some
// prefixes, and the answer to a HEAD has no error code that tells a missing key from a missing bucket: a listing of that key decides.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html.
func (r *run) orGone(key string, err error) error {
	if awserror.Code(err) == "NoSuchKey" {
		return errGone
	}
	if !isDenied(err) && !isMissing(err) {
		return err
	}
	_, exists, listErr := r.find(r.grant.Origin, key)
	if listErr == nil && !exists {
		return errGone
	}
	if isMissing(err) && listErr != nil {
		return listErr // it tells the two apart
	}
	return err
}

// find looks one key up in a listing.
func (r *run) find(bucket, key string) (entry, bool, error) {
	c := newCursor(r.client, nil, bucket, key, "")
	c.in.MaxKeys = aws.Int32(1)
	e, ok, err := c.seek(r.finishBy, "")
	return e, ok && e.key == key, err
}

func (r *run) head(bucket, key string) (*s3.HeadObjectOutput, error) {
	return r.client.HeadObject(r.finishBy, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled})
}
