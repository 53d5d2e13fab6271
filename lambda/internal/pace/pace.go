package pace

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

const (
	// transientAttempts is how often a call is made that fails by other reasons than too many requests.
	transientAttempts = 5
	// throttledAttempts is how often a call is made that is throttled. It is larger, since the limit of requests at once makes the next one
	// more likely to succeed.
	throttledAttempts = 12
	// backoffBase, backoffMost and throttledMost bound the wait before an attempt: a random time up to base, doubled each time, but not above the
	// most, which is less for a throttled call, since it waits for its prefix as well.
	// See https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
	backoffBase   = 50 * time.Millisecond
	backoffMost   = 5 * time.Second
	throttledMost = time.Second
	// mostPrefixes is how many prefixes are remembered before the idle ones are forgotten.
	mostPrefixes = 1024
)

// Pace is what the requests of a process know of each other, safe for concurrent use. Make one per process.
type Pace struct {
	most int

	mu       sync.Mutex
	prefixes map[string]*prefix
}

// New returns a pace for at most so many requests at once under each prefix.
func New(most int) *Pace {
	return &Pace{most: most, prefixes: map[string]*prefix{}}
}

// Call is one call, of one attempt or more. It is not safe for concurrent use.
type Call struct {
	levels   [2]*prefix // the key's prefix, and all of the bucket
	stats    *Stats
	helps    bool // another call
	attempts int
	spent    int // of the quota of retries
	renewed  bool
	last     error
	epochs   [2]int
	begun    time.Time
}

// Call begins a call for a target such as "BUCKET/PREFIX/KEY". S3's limits apply to each prefix, which is taken to end with the last slash, and
// all prefixes of a bucket may be one partition to S3 while they are new.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
func (p *Pace) Call(ctx context.Context, target string) *Call {
	bucket, _, _ := strings.Cut(target, "/")
	dir := target[:strings.LastIndexByte(target, '/')+1]
	p.mu.Lock()
	defer p.mu.Unlock()
	return &Call{levels: [2]*prefix{p.prefix(dir), p.prefix(bucket)}, stats: statsOf(ctx), helps: ctx.Value(helpsKey{}) != nil}
}

// prefix returns what is known of a prefix.
func (p *Pace) prefix(name string) *prefix {
	known := p.prefixes[name]
	if known == nil {
		if len(p.prefixes) >= mostPrefixes {
			p.forgetIdle()
		}
		known = newPrefix(p.most)
		p.prefixes[name] = known
	}
	known.users.Add(1)
	return known
}

func (p *Pace) forgetIdle() {
	for name, known := range p.prefixes {
		if known.users.Load() == 0 {
			delete(p.prefixes, name)
		}
	}
}

// Close ends a call. It must be called once.
func (c *Call) Close() {
	for _, level := range c.levels {
		level.users.Add(-1)
	}
}

// Do makes one call: it calls attempt until it succeeds, fails for good, or it is too late.
func (p *Pace) Do(ctx context.Context, target string, attempt func() error) error {
	c := p.Call(ctx, target)
	defer c.Close()
	for {
		if err := c.Begin(ctx); err != nil {
			return err
		}
		err := attempt()
		c.End(ctx, err)
		if err == nil {
			return nil
		}
		if Classify(err) == Final {
			return err
		}
		if reason := c.Wait(ctx, err); reason != nil {
			return stopped(err, reason)
		}
	}
}

// Begin waits until an attempt may begin. Each Begin that returns nil is followed by End.
func (c *Call) Begin(ctx context.Context) error {
	for i, level := range c.levels {
		epoch, err := level.acquire(ctx)
		if err != nil {
			if i == 1 {
				c.levels[0].release()
			}
			return stopped(c.last, err)
		}
		c.epochs[i] = epoch
	}
	c.stats.Requests.Add(1)
	if c.attempts > 0 {
		c.stats.Retries.Add(1)
	}
	c.attempts++
	c.begun = time.Now()
	return nil
}

// End ends an attempt with its error, or nil.
func (c *Call) End(ctx context.Context, err error) {
	throttled := err != nil && Classify(err) == Throttled
	if throttled {
		c.stats.Throttled.Add(1)
	}
	// An attempt that its own context ended says nothing about the server.
	answered := err == nil || ctx.Err() == nil
	took := time.Since(c.begun)
	for i, level := range c.levels {
		level.release()
		if answered {
			level.answered(c.epochs[i], throttled, took)
		}
	}
	if err == nil && !c.helps {
		c.stats.Succeeded.Add(1)
	}
	if err == nil && c.spent > 0 {
		c.levels[0].giveBack(c.spent)
		c.spent = 0
	}
}

// Wait waits before an attempt that follows one with this error, which is not final. It returns the reason if there is none.
func (c *Call) Wait(ctx context.Context, err error) (reason error) {
	before := c.last
	c.last = err
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(err, cause) { // an attempt that its own context ended says nothing; the one before may
			return stopped(before, cause)
		}
		return cause
	}
	attempts, longest := transientAttempts, backoffMost
	switch Classify(err) {
	case Session:
		if c.renewed {
			return errRenewed
		}
		c.renewed = true
		return nil
	case Throttled:
		attempts, longest = throttledAttempts, throttledMost
	default:
		if !c.levels[0].spend() {
			return errQuota
		}
		c.spent++
	}
	if c.attempts >= attempts {
		return fmt.Errorf("gave up after %d attempts", c.attempts)
	}
	return sleep(ctx, rand.N(min(backoffBase<<(c.attempts-1), longest)))
}

var (
	errRenewed = errors.New("a new session did not help")
	errQuota   = errors.New("not repeated, since too many requests have failed of late")
)

// sleep waits, or returns at once what will end the wait before its time.
func sleep(ctx context.Context, wait time.Duration) error {
	if err := begins(ctx); err != nil {
		return err
	}
	end := time.Now().Add(wait)
	if at, ok := ctx.Value(startByKey{}).(time.Time); ok && !end.Before(at) {
		return ErrTooLate
	}
	if at, ok := ctx.Deadline(); ok && !end.Before(at) {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stopped joins the error of the last attempt, if there was one, with the reason why there is no other.
func stopped(last, reason error) error {
	switch {
	case last == nil:
		return reason
	case errors.Is(last, reason):
		return last
	}
	return &ended{last, reason}
}

type ended struct{ last, reason error }

func (e *ended) Error() string   { return e.last.Error() + ": " + e.reason.Error() }
func (e *ended) Unwrap() []error { return []error{e.last, e.reason} }
