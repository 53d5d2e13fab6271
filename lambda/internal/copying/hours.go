package copying

import (
	"context"
	"time"
)

// maxReserve is how long before its end an invocation begins nothing new; a quarter of its time where that is less.
const maxReserve = 5 * time.Second

// abortWait is how long the abortion of an upload may take.
const abortWait = 10 * time.Second

// hours are the three ends of an invocation. First nothing new begins and what runs may finish; a fifth of the reserve before the
// deadline it is cancelled; the rest, and half of the second that the handler keeps for the answer, is for aborting uploads.
type hours struct {
	begin, work context.Context
	last        time.Time // zero without a deadline
	stop        context.CancelFunc
}

func newHours(ctx context.Context) hours {
	deadline, ok := ctx.Deadline()
	if !ok {
		work, stop := context.WithCancel(ctx)
		return hours{begin: work, work: work, stop: stop}
	}
	reserve := min(maxReserve, max(time.Until(deadline), 0)/4)
	work, stopWork := context.WithDeadline(ctx, deadline.Add(-reserve/5))
	begin, stopBegin := context.WithDeadline(work, deadline.Add(-reserve))
	return hours{begin: begin, work: work, last: deadline.Add(reserve / 10), stop: func() { stopBegin(); stopWork() }}
}

// over reports whether nothing new may begin.
func (h hours) over() bool { return h.begin.Err() != nil }

// cut reports whether what was running has been cancelled.
func (h hours) cut() bool { return h.work.Err() != nil }

// forAborting is a context that the end of the work does not end.
func (h hours) forAborting() (context.Context, context.CancelFunc) {
	ctx, end := context.WithoutCancel(h.work), time.Now().Add(abortWait)
	if !h.last.IsZero() && h.last.Before(end) {
		end = h.last
	}
	return context.WithDeadline(ctx, end)
}
