package pace

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// tolerated is the share of throttled answers that does not lower the limit.
	tolerated = 0.05
	// above is by how much the limit exceeds what the server takes: without any throttled answer, nobody knows where its limit is.
	above = 1.03
	// window is the least time, and leastAnswers the least number of answers, by which the limit is changed: servers count per second. If most
	// answers are throttled, shortWindow is.
	window       = time.Second
	shortWindow  = 100 * time.Millisecond
	leastAnswers = 10
	// quotaMost is how many retries may be under way or were in vain, and quotaEach what a success adds. A call that succeeds at last also gives
	// back what its retries took.
	// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html, standard mode.
	quotaMost = 100
	quotaEach = 0.1
	// leastRun is by how much the throttled answers in a row must exceed the limit before the server is taken to refuse everything.
	leastRun = 3
	// pauseLeast and pauseMost bound how long nothing is sent when the server refuses everything: a quarter of the time since it began to.
	pauseLeast = 50 * time.Millisecond
	pauseMost  = 2 * time.Second
)

// prefix limits the requests at once under one prefix by the share of throttled answers: the limit falls to what the server takes, and rises
// again. A rate would have to know how long the server takes; a number of requests at once follows it. If the server refuses everything, nothing
// is sent for a while, and then one request, two, four, and so on, up to the limit.
type prefix struct {
	users atomic.Int64 // calls that refer to it
	most  float64

	mu      sync.Mutex
	limit   float64
	ramp    float64 // the limit after a pause, until it reaches limit
	flying  int
	waiting list.List // of chan struct{}, the longest waiting first

	epoch       int   // of limit and ramp: answers to requests sent under an earlier one do not count
	long, short tally // of the windows
	quiet       int   // windows without a throttled answer
	run         int   // throttled answers since the last other one
	runSince    time.Time
	paused      bool
	quota       float64
}

// tally counts the answers of a window.
type tally struct {
	since          time.Time
	all, throttled int
	taken          time.Duration // by the requests that were not throttled, together
}

func (t *tally) add(throttled bool, took time.Duration) {
	t.all++
	if throttled {
		t.throttled++
	} else {
		t.taken += took
	}
}

func (t *tally) share() float64 { return float64(t.throttled) / float64(t.all) }

// accepted is how many requests the server worked at, at once, on average: Little's law.
func (t *tally) accepted(now time.Time) float64 {
	return t.taken.Seconds() / now.Sub(t.since).Seconds()
}

func newPrefix(most int) *prefix {
	start := tally{since: time.Now()}
	return &prefix{most: float64(most), limit: float64(most), ramp: float64(most), long: start, short: start, quota: quotaMost}
}

// acquire waits for a place and returns the epoch of the limit.
func (p *prefix) acquire(ctx context.Context) (int, error) {
	if err := begins(ctx); err != nil {
		return 0, err
	}
	p.mu.Lock()
	if p.free() && p.waiting.Len() == 0 {
		defer p.mu.Unlock()
		p.flying++
		return p.epoch, nil
	}
	turn := make(chan struct{})
	place := p.waiting.PushBack(turn)
	p.mu.Unlock()

	if at, ok := ctx.Value(startByKey{}).(time.Time); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, at, ErrTooLate)
		defer cancel()
	}
	select {
	case <-turn:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-turn:
		if err := begins(ctx); err != nil {
			p.flying--
			p.wake()
			return 0, err
		}
		return p.epoch, nil
	default:
		p.waiting.Remove(place)
		return 0, context.Cause(ctx)
	}
}

func (p *prefix) free() bool { return !p.paused && float64(p.flying) < max(min(p.limit, p.ramp), 1) }

// wake gives the free places to those who wait. The caller holds the lock.
func (p *prefix) wake() {
	for p.free() && p.waiting.Len() > 0 {
		turn := p.waiting.Remove(p.waiting.Front()).(chan struct{})
		p.flying++
		close(turn)
	}
}

// release returns a place.
func (p *prefix) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying--
	p.wake()
}

// answered counts an answer to a request that was sent in an epoch, and the time that it took.
func (p *prefix) answered(epoch int, throttled bool, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !throttled {
		p.quota = min(p.quota+quotaEach, quotaMost)
	}
	if epoch != p.epoch {
		return
	}
	now := time.Now()
	switch {
	case !throttled:
		p.run = 0
	case p.run == 0:
		p.runSince = now
		fallthrough
	default:
		p.run++
	}
	switch {
	case p.ramp < p.limit && throttled, p.run > int(p.limit)+leastRun:
		p.stop(now)
	case p.ramp < p.limit:
		p.ramp++
	default:
		p.long.add(throttled, took)
		p.short.add(throttled, took)
		p.adapt(now)
	}
	p.wake()
}

// stop sends nothing for a while, since the server refuses everything.
func (p *prefix) stop(now time.Time) {
	p.paused = true
	p.epoch++
	p.ramp = 1
	p.short = tally{since: now}
	if now.Sub(p.runSince) > window {
		p.long = tally{since: now} // an outage says nothing about the limit
	}
	time.AfterFunc(min(max(now.Sub(p.runSince)/4, pauseLeast), pauseMost), p.resume)
}

// adapt changes the limit at the end of a window.
func (p *prefix) adapt(now time.Time) {
	if p.run > 0 {
		return // the server may be about to refuse everything
	}
	if p.short.all >= leastAnswers && now.Sub(p.short.since) >= shortWindow {
		if p.short.share() > 0.5 {
			p.lower(&p.short, now)
		}
		p.short = tally{since: now}
	}
	if p.long.all < leastAnswers || now.Sub(p.long.since) < window {
		return
	}
	switch share := p.long.share(); {
	case share > tolerated:
		p.lower(&p.long, now)
	case share > 0:
		p.quiet = 0
		p.raise(1.02)
	default:
		p.raise(1 + min(0.05*float64(int(1)<<p.quiet), 0.5))
		p.quiet = min(p.quiet+1, 4)
	}
	p.long = tally{since: now}
}

// lower sets the limit to what the server took.
func (p *prefix) lower(t *tally, now time.Time) {
	// With few requests, the share is the better measure; refusals are quick, so with many it is too high.
	p.limit = max(min(p.limit, above*t.accepted(now)), p.limit*(1-t.share()), 1)
	p.epoch++
	p.quiet = 0
	p.long, p.short = tally{since: now}, tally{since: now}
}

func (p *prefix) raise(factor float64) {
	p.limit = min(max(p.limit*factor, p.limit+0.5), p.most)
	p.ramp = p.most
}

func (p *prefix) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = false
	p.wake()
}

// giveBack returns what the retries of a call took that succeeded.
func (p *prefix) giveBack(retries int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quota = min(p.quota+float64(retries), quotaMost)
}

// spend takes one from the quota of retries; false if it is used up.
func (p *prefix) spend() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quota < 1 {
		return false
	}
	p.quota--
	return true
}
