package pace

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

func TestStartBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		late := StartBy(t.Context(), now.Add(time.Minute))
		early := StartBy(late, now.Add(time.Second))
		still := StartBy(early, now.Add(time.Hour))
		for name, ctx := range map[string]context.Context{"none": t.Context(), "later": late, "earlier": early, "not extended": still} {
			if err := begins(ctx); err != nil {
				t.Errorf("%s: found %v before the time, expected none", name, err)
			}
		}
		time.Sleep(time.Second)
		if err := begins(late); err != nil {
			t.Errorf("found %v a minute before the time, expected none", err)
		}
		for name, ctx := range map[string]context.Context{"earlier": early, "not extended": still} {
			if err := begins(ctx); err != ErrTooLate {
				t.Errorf("%s: found %v after the time, expected ErrTooLate", name, err)
			}
		}
	})
}

func TestBeginsReturnsTheCauseOfACancelledContext(t *testing.T) {
	cause := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(StartBy(t.Context(), time.Now().Add(-time.Second)))
	cancel(cause)
	if err := begins(ctx); err != cause {
		t.Errorf("found %v, expected the cause", err)
	}
}

func TestStats(t *testing.T) {
	var stats Stats
	statsOf(WithStats(t.Context(), &stats)).Retries.Add(2)
	statsOf(t.Context()).Retries.Add(1)
	if got := stats.Retries.Load(); got != 2 {
		t.Errorf("found %d retries, expected 2: those of a context without counters are counted nowhere", got)
	}
}

// The last attempt's time ran out with the invocation's; why the first one failed must not be lost.
func TestAnAttemptThatTheContextEndsHidesNoReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		stalled := &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
		attempts := 0
		err := New(1).Do(ctx, "b/k", func() error {
			if attempts++; attempts == 1 {
				time.Sleep(10 * time.Second)
				return stalled
			}
			<-ctx.Done()
			return &aws.RequestCanceledError{Err: ctx.Err()}
		})
		if attempts != 2 || !errors.Is(err, stalled) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("found %v after %d attempts, expected the first attempt's error beside the context's", err, attempts)
		}
	})
}

func TestSuccessesAreCounted(t *testing.T) {
	var stats Stats
	ctx := WithStats(context.Background(), &stats)
	p := New(1)
	_ = p.Do(ctx, "b/k", func() error { return &smithy.GenericAPIError{Code: "AccessDenied"} })
	if stats.Succeeded.Load() != 0 {
		t.Error("counted a denied request")
	}
	if err := p.Do(ctx, "b/k", func() error { return nil }); err != nil || stats.Succeeded.Load() != 1 {
		t.Errorf("found %d, %v", stats.Succeeded.Load(), err)
	}
}
