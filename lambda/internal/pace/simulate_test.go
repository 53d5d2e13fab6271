package pace

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
)

var slowDown = &smithy.GenericAPIError{Code: "SlowDown", Message: "Please reduce your request rate."}

// server answers a request, after some time, at the time of the clock; true if it throttles the request.
type server func(at time.Duration, n int64) bool

// result is what a simulated run took.
type result struct {
	took             time.Duration
	failed, requests int64
}

// simulate makes calls on one prefix, so many at once as workers, to a server that takes 20 ms for a request and 5 ms to refuse one.
func simulate(t *testing.T, workers, calls int, refuses server) (r result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := New(workers)
		var stats Stats
		ctx := WithStats(t.Context(), &stats)
		var todo, failed, sent atomic.Int64
		todo.Store(int64(calls))
		started := time.Now()
		var group sync.WaitGroup
		for range workers {
			group.Go(func() {
				for todo.Add(-1) >= 0 {
					err := p.Do(ctx, "bucket/inbox/key", func() error {
						if refuses(time.Since(started), sent.Add(1)) {
							time.Sleep(4*time.Millisecond + rand.N(2*time.Millisecond))
							return slowDown
						}
						time.Sleep(15*time.Millisecond + rand.N(10*time.Millisecond))
						return nil
					})
					if err != nil {
						failed.Add(1)
					}
				}
			})
		}
		group.Wait()
		r = result{time.Since(started), failed.Load(), stats.Requests.Load()}
	})
	return r
}

// bucket refuses what exceeds a rate, in requests a second, beyond a burst.
func bucket(rate, burst float64) server {
	var mu sync.Mutex
	tokens, last := burst, time.Duration(0)
	return func(at time.Duration, _ int64) bool {
		mu.Lock()
		defer mu.Unlock()
		tokens = min(tokens+(at-last).Seconds()*rate, burst)
		last = at
		if tokens < 1 {
			return true
		}
		tokens--
		return false
	}
}

// window refuses what exceeds a number of requests in each full second.
func perSecond(most int) server {
	var mu sync.Mutex
	var second time.Duration
	n := 0
	return func(at time.Duration, _ int64) bool {
		mu.Lock()
		defer mu.Unlock()
		if now := at.Truncate(time.Second); now != second {
			second, n = now, 0
		}
		n++
		return n > most
	}
}

func random(share float64) server {
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(1, 2))
	return func(time.Duration, int64) bool {
		mu.Lock()
		defer mu.Unlock()
		return source.Float64() < share
	}
}

func TestOnePercentOfThrottledAnswersCostsLittle(t *testing.T) {
	for _, workers := range []int{16, 256} {
		none := simulate(t, workers, 25_000, random(0))
		some := simulate(t, workers, 25_000, random(0.01))
		t.Logf("%d at once: %v, and %v with 1 %% throttled, %d requests", workers, none.took, some.took, some.requests)
		if some.failed != 0 || some.took > 5*none.took/4 {
			t.Errorf("%d at once: found %d failed calls and %v, expected none and at most 1.25 times %v", workers, some.failed, some.took, none.took)
		}
	}
}

func TestAPrefixIsHeldAtItsLimit(t *testing.T) {
	const rate, calls = 3500, 25_000
	for name, limit := range map[string]func() server{
		"token bucket":            func() server { return bucket(rate, 35) },
		"token bucket of 1 s":     func() server { return bucket(rate, rate) },
		"count in each second":    func() server { return perSecond(rate) },
		"count, one tenth of all": func() server { return perSecond(rate / 10) },
	} {
		for _, workers := range []int{128, 512} {
			limit, rate, calls := limit(), float64(rate), float64(calls)
			if name == "count, one tenth of all" {
				rate, calls = rate/10, calls/10
			}
			r := simulate(t, workers, int(calls), limit)
			held := calls / r.took.Seconds() / rate
			t.Logf("%s, %d at once: %.0f %% of the limit, %d requests, %d failed", name, workers, 100*held, r.requests, r.failed)
			if r.failed != 0 || held < 0.9 {
				t.Errorf("%s, %d at once: found %d failed calls and %.0f %% of the limit, expected none and at least 90 %%", name, workers, r.failed, 100*held)
			}
		}
	}
}

func TestTheLimitComesBackAfterAStorm(t *testing.T) {
	storm := func(at time.Duration, _ int64) bool { return at > time.Second && at < 4*time.Second }
	r := simulate(t, 256, 60_000, storm)
	calm := simulate(t, 256, 60_000, random(0))
	t.Logf("%v, %d requests; without the storm %v", r.took, r.requests, calm.took)
	// Three seconds of storm, at most two of a pause, and one to rise again.
	if r.failed != 0 || r.took > calm.took+6*time.Second {
		t.Errorf("found %d failed calls and %v, expected none and at most six seconds more than %v", r.failed, r.took, calm.took)
	}
	if r.requests > 60_000+2_000 {
		t.Errorf("found %d requests, expected few beyond the 100,000 calls: a storm is not answered with more of it", r.requests)
	}
}

func TestOnePrefixDoesNotHoldUpAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(64)
		refuses := bucket(500, 50)
		var done [2]atomic.Int64
		started := time.Now()
		var group sync.WaitGroup
		for i := range 64 {
			group.Go(func() {
				slow := i%2 == 0
				target, n := "bucket/fast/key", 1
				if slow {
					target, n = "bucket/slow/key", 0
				}
				for time.Since(started) < 5*time.Second {
					err := p.Do(t.Context(), target, func() error {
						if slow && refuses(time.Since(started), 0) {
							return slowDown
						}
						time.Sleep(20 * time.Millisecond)
						return nil
					})
					if err == nil {
						done[n].Add(1)
					}
				}
			})
		}
		group.Wait()
		t.Logf("slow %d, fast %d", done[0].Load(), done[1].Load())
		if fast := done[1].Load(); fast < 32*50*5*3/4 {
			t.Errorf("found %d calls on the other prefix, expected at least three quarters of %d", fast, 32*50*5)
		}
	})
}

func TestFailuresSpendAQuotaAndTheCauseSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(4)
		broken := &smithy.GenericAPIError{Code: "InternalError"}
		attempts := 0
		fail := func() error { attempts++; return broken }
		if err := p.Do(t.Context(), "b/k", fail); !errors.Is(err, broken) || attempts != transientAttempts {
			t.Errorf("found %v after %d attempts, expected the cause after %d", err, attempts, transientAttempts)
		}
		for range 100 {
			_ = p.Do(t.Context(), "b/k", fail)
		}
		if attempts > transientAttempts+quotaMost+100 {
			t.Errorf("found %d attempts of 101 calls, expected at most %d retries", attempts, quotaMost)
		}
		attempts = 0
		if err := p.Do(t.Context(), "b/other/k", fail); !errors.Is(err, broken) || attempts != transientAttempts {
			t.Errorf("another prefix: found %v after %d attempts, expected a quota of its own", err, attempts)
		}
	})
}

// A third of all attempts fails, of calls that each succeed at last: the quota is for retries in vain.
func TestRetriesThatHelpCostNoQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(4)
		for i := range 10 * quotaMost {
			attempts := 0
			err := p.Do(t.Context(), "b/k", func() error {
				if attempts++; attempts < 2 {
					return &smithy.GenericAPIError{Code: "InternalError"}
				}
				return nil
			})
			if err != nil {
				t.Fatalf("call %d: found %v, expected success at the second attempt", i, err)
			}
		}
	})
}
