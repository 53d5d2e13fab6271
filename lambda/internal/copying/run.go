package copying

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// run is the work of one invocation: jobs that run side by side, each for one key.
type run struct {
	hours
	f         *Function
	client    *gate
	jobs      *semaphore.Weighted // keys at once
	uploads   *semaphore.Weighted // copies in parts at once
	resumable bool                // whether an upload may stay for a later invocation
	report    *report
	parts     atomic.Int64
	running   atomic.Int64
	done      sync.WaitGroup

	mu   sync.Mutex
	left []leftover
}

// leftover is a key whose copy was stopped.
type leftover struct {
	key    string
	before string  // the walk's position before it
	upload *upload // what can be taken up
}

func (f *Function) newRun(ctx context.Context, resumable bool) *run {
	h := newHours(ctx)
	parallel := int64(f.grant.Parallel)
	return &run{
		hours: h, f: f, resumable: resumable,
		client:  &gate{client: f.client, slots: semaphore.NewWeighted(parallel), begin: h.begin},
		jobs:    semaphore.NewWeighted(parallel),
		uploads: semaphore.NewWeighted(maxUploads),
		report:  &report{maxBytes: f.maxBytes, body: body{Origin: f.grant.Origin, Destination: f.grant.Destination}},
	}
}

// close ends the run; nothing of it is left behind.
func (r *run) close() {
	r.stop()
	r.done.Wait()
}

// start runs job when one of those before it has ended; it returns false if the time to begin one is over.
func (r *run) start(job func()) bool {
	if r.jobs.Acquire(r.begin, 1) != nil {
		return false
	}
	r.running.Add(1)
	r.done.Go(func() {
		defer r.jobs.Release(1)
		defer r.running.Add(-1)
		job()
	})
	return true
}

// settle counts what came of a key; it returns the error of one that was not copied.
func (r *run) settle(v verdict, bytes int64, err error) error {
	switch {
	case errors.Is(err, errGone):
		r.report.gone()
	case err != nil:
		return err
	case v == differs:
		r.report.copied(bytes)
	default:
		r.report.skipped(v)
	}
	return nil
}

// record is settle for a walk, which goes on after an error. before is the position before the key.
func (r *run) record(key, before string, v verdict, bytes int64, err error) {
	err = r.settle(v, bytes, err)
	var halt *stopped
	switch {
	case errors.As(err, &halt):
		r.leave(leftover{key, before, halt.upload})
	case err != nil:
		r.report.failed(r.f.grant.faultOf(key, err))
	}
}

func (r *run) leave(l leftover) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = append(r.left, l)
}
