package trailing

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

// ahead is how many files are read at once.
const ahead = 4

// job is a file that is being read.
type job struct {
	item  item
	done  chan struct{}
	stage *stage
	err   error
}

func (j *job) isDone() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// walk fills p from the files in their order, of which some are read ahead. end is where it stopped: nil at the end of all files. Where the time
// runs out, p ends with what it has, if that is anything.
func (f *Function) walk(ctx context.Context, p *page, l *files, wanted request) (end *position, err error) {
	var running sync.WaitGroup
	defer running.Wait() // nothing may go on between invocations
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
		for !last && len(queue) < ahead && (len(queue) == 0 || !queue[0].isDone()) { // far ahead there may be no files for long
			var next item
			next, last, listing = l.next(ctx)
			j := &job{item: next, done: make(chan struct{})}
			queue = append(queue, j)
			running.Go(func() {
				defer close(j.done)
				if j.item.key != "" {
					j.stage, j.err = f.stageFile(reading, p, j.item, wanted)
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
			if j.stage.gone && wanted.key != "" {
				return nil, &failure.Failure{Status: http.StatusNotFound, Message: fmt.Sprintf("there is no log file %q in bucket %s", j.item.key, f.grant.Bucket)}
			}
			inside, whole := p.commit(j.stage, j.item.key)
			switch {
			case inside != nil:
				p.pass(j.item.passed)
				return inside, nil
			case !whole:
				return stopped(nil)
			}
		}
		p.pass(j.item.passed)
		if j.item.through != "" {
			at, moved = position{Key: j.item.through}, true
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
