package trailing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

// readAhead is how many files are read at once.
const readAhead = 4

// job is a file that is being read.
type job struct {
	item   listedFile
	done   chan struct{}
	events *fileEvents
	err    error
}

func (j *job) isDone() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// walk fills p from the files in their order, and reads some of them ahead. end is where it stopped: nil at the end of all files. At a call that
// fails, or if the time runs out, p ends with the files before, if it moved on at all.
func (b *logBucket) walk(ctx context.Context, p *page, l *fileList, wanted request) (end *position, err error) {
	var running sync.WaitGroup
	defer running.Wait() // nothing may run between invocations
	reading, stop := context.WithCancel(ctx)
	defer stop()

	at, moved := wanted.start, false
	stopped := func(err error) (*position, error) {
		if err == nil || moved && (ctx.Err() != nil || fails(err)) {
			if ctx.Err() == nil || awserror.Code(err) != "" { // not only out of time
				p.failed = err
			}
			return &at, nil
		}
		return nil, err
	}
	var queue []*job
	var last bool
	var listing error
	for {
		for !last && len(queue) < readAhead && (len(queue) == 0 || !queue[0].isDone()) { // finding the next file may take long
			var next listedFile
			next, last, listing = l.next(ctx)
			j := &job{item: next, done: make(chan struct{})}
			queue = append(queue, j)
			running.Go(func() {
				defer close(j.done)
				defer failure.Caught(&j.err)
				if j.item.key != "" {
					j.events, j.err = b.readFile(reading, p, j.item, wanted)
				}
			})
		}
		if len(queue) == 0 {
			break
		}
		j := queue[0]
		queue = queue[1:]
		if j.item.key != "" && p.full() {
			return stopped(nil)
		}
		if <-j.done; j.err != nil {
			return stopped(&fileError{key: j.item.key, err: j.err})
		}
		if j.item.key != "" {
			if j.events.gone && wanted.key != "" {
				return nil, &failure.Failure{Status: http.StatusNotFound, Message: fmt.Sprintf("there is no log file %q in bucket %s", j.item.key, b.grant.Bucket)}
			}
			inside, whole := p.addFile(j.events, j.item.key)
			switch {
			case inside != nil:
				p.ignore(j.item.ignored)
				return inside, nil
			case !whole:
				return stopped(nil)
			}
		}
		p.ignore(j.item.ignored)
		if j.item.upTo != "" {
			at, moved = position{Key: j.item.upTo}, true
		}
	}
	if listing == nil {
		return nil, nil
	}
	if p.full() {
		return stopped(nil)
	}
	return stopped(listing)
}

// fails reports whether an error is that of a call or of a connection, and not of a listing that is odd or a request that is wrong.
func fails(err error) bool {
	if errors.As(err, new(*event.Invalid)) {
		return false
	}
	return errors.As(err, new(*fileError)) || awserror.IsCall(err)
}

// fileError names the file that could not be read.
type fileError struct {
	key string
	// others is how many files more could not be read, for the same kind of error.
	others int
	err    error
}

// Error names the file and has its error.
func (e *fileError) Error() string { return fmt.Sprintf("%s: %s", e.files(), e.err) }

// Unwrap returns the error of the call.
func (e *fileError) Unwrap() error { return e.err }

// files names the files.
func (e *fileError) files() string {
	switch e.others {
	case 0:
		return fmt.Sprintf("log file %q", e.key)
	case 1:
		return fmt.Sprintf("log file %q and 1 other", e.key)
	}
	return fmt.Sprintf("log file %q and %d others", e.key, e.others)
}
