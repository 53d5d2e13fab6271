package trailing

import (
	"context"
	"fmt"
	"net/http"
	"sync"

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

// walk fills p from the files in their order, and reads some of them ahead. end is where it stopped: nil at the end of all files. If the time
// runs out, p ends with the files that it has, if any.
func (b *logBucket) walk(ctx context.Context, p *page, l *fileList, wanted request) (end *position, err error) {
	var running sync.WaitGroup
	defer running.Wait() // nothing may run between invocations
	reading, stop := context.WithCancel(ctx)
	defer stop()

	at, moved := wanted.start, false
	stopped := func(err error) (*position, error) {
		if err == nil || ctx.Err() != nil && moved {
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
			return stopped(&fileError{j.item.key, j.err})
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

// fileError names the file that could not be read.
type fileError struct {
	key string
	err error
}

func (e *fileError) Error() string { return fmt.Sprintf("log file %q: %s", e.key, e.err) }
func (e *fileError) Unwrap() error { return e.err }
