package copying

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name                       string
			left, start, finish, abort time.Duration // before the deadline
		}{
			{"15 minutes", 15 * time.Minute, 5 * time.Second, time.Second, -500 * time.Millisecond},
			{"8 seconds", 8 * time.Second, 2 * time.Second, 400 * time.Millisecond, -200 * time.Millisecond},
			{"nothing", -time.Second, 0, 0, 0},
		} {
			deadline := time.Now().Add(c.left)
			ctx, cancel := context.WithDeadline(context.Background(), deadline)
			d := newDeadlines(ctx)
			start, _ := d.startBy.Deadline()
			finish, _ := d.finishBy.Deadline()
			abort, done := d.abortContext()
			last, _ := abort.Deadline()
			if c.left > time.Minute {
				if wait := time.Until(last); wait != abortWait {
					t.Errorf("%s: aborting may take %s, expected %s", c.name, wait, abortWait)
				}
				last = d.abortBy
			}
			for name, times := range map[string][2]time.Duration{"startBy": {deadline.Sub(start), c.start}, "finishBy": {deadline.Sub(finish), c.finish}, "abortBy": {deadline.Sub(last), c.abort}} {
				if times[0] != times[1] {
					t.Errorf("%s: %s ends %s before the deadline, expected %s", c.name, name, times[0], times[1])
				}
			}
			done()
			d.stop()
			cancel()
		}
		d := newDeadlines(context.Background())
		if d.tooLate() || d.cancelled() {
			t.Error("without a deadline: over at once")
		}
		d.stop()
		abort, done := d.abortContext()
		defer done()
		if !d.tooLate() || !d.cancelled() || abort.Err() != nil {
			t.Error("an end of the work must end all but aborting")
		}
	})
}

// What runs when the reserve begins may finish; what would begin then is left for next.
func TestCopiesThatRunAtTheEndMayFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		for i := range 8 {
			s.put(from, fmt.Sprint(i), "x")
		}
		s.before = func(_ context.Context, c call) error {
			if c.op == "CopyObject" {
				time.Sleep(660 * time.Millisecond) // begins before 600 ms of 800, ends after
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), 800*time.Millisecond)
		defer cancel()
		f := New(s, grant())
		started := time.Now()
		b, result := serve(t, ctx, f, `{}`)
		if took := time.Since(started); b.Copied != 4 || b.Next == "" || s.count("CopyObject") != 4 || took != 660*time.Millisecond {
			t.Fatalf("found %s after %d requests and %s, expected 4 copies and next after 660ms", result.Payload, s.count("CopyObject"), took)
		}
		s.before = nil
		if b, _ = plain(t, f, `{"next":"`+b.Next+`"}`); b.Copied != 4 || b.Skipped.ETag != 0 {
			t.Errorf("from next: found %+v, expected the other 4", b)
		}
	})
}

// The same for parts: those that run finish, those that wait for their turn do not begin, and each is copied once in the end.
func TestPartsThatRunAtTheEndMayFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		for _, key := range []string{"1", "2"} {
			s.put(from, key, strings.Repeat("0123456789", 20))
		}
		started := time.Now()
		var late atomic.Int32
		s.before = func(ctx context.Context, c call) error {
			if c.op == "UploadPartCopy" {
				if time.Since(started) >= 600*time.Millisecond {
					late.Add(1)
				}
				select {
				case <-time.After(80 * time.Millisecond):
				case <-ctx.Done():
				}
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), 800*time.Millisecond)
		defer cancel()
		g := grant()
		g.Parallel = 2
		f := New(s, g)
		b, result := serve(t, ctx, f, `{}`)
		took := time.Since(started)
		if b.Next == "" || result.Err != nil || len(s.uploads) != 2 || late.Load() != 0 {
			t.Fatalf("found %s, %d uploads, %d parts that began late", result.Payload, len(s.uploads), late.Load())
		}
		// Two parts begin every 80 ms, the last at 560.
		if n := s.count("UploadPartCopy"); n != 16 || took != 640*time.Millisecond {
			t.Errorf("found %d parts in %s, expected 16 in 640ms", n, took)
		}
		s.before = nil
		b, result = plain(t, f, `{"next":"`+b.Next+`"}`)
		if n := s.count("UploadPartCopy"); b.Copied != 2 || n != 40 {
			t.Errorf("found %s, %d parts, expected 40", result.Payload, n)
		}
		sameObject(t, s, "1")
		sameObject(t, s, "2")
	})
}

// A key whose copy is cancelled is not passed, although those after it are done.
func TestNextDoesNotPassACancelledCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		for i := range 6 {
			s.put(from, fmt.Sprint(i), "x")
		}
		s.before = func(ctx context.Context, c call) error {
			if c.op == "CopyObject" && c.key == "2" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), 150*time.Millisecond)
		defer cancel()
		f := New(s, grant())
		started := time.Now()
		b, _ := serve(t, ctx, f, `{}`)
		if took := time.Since(started); b.Copied != 5 || b.Next == "" || len(b.Failed) != 0 || took != 142500*time.Microsecond {
			t.Fatalf("found %+v after %s, expected 142.5ms", b, took)
		}
		s.before = nil
		if b, _ = plain(t, f, `{"next":"`+b.Next+`"}`); b.Copied != 1 || b.Skipped.ETag != 3 {
			t.Errorf("from next: found %+v, expected key 2 copied and 3 to 5 skipped", b)
		}
	})
}

// To follow next forever would be a loop: an invocation that can finish nothing says so.
func TestACopyThatNeverFitsIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.put(from, "0", "x")
		s.put(from, "1", "x")
		s.before = func(ctx context.Context, c call) error {
			if c.op == "CopyObject" && c.key == "0" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		f := New(s, grant())
		next := ""
		for i, want := range []string{"", "CopyFailed", "CopyFailed"} {
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			b, result := serve(t, ctx, f, `{"next":"`+next+`"}`)
			cancel()
			if result.FunctionError != want || b.Next == "" || want != "" && !strings.Contains(b.Error, `such as "0" could be copied; raise its timeout`) {
				t.Errorf("invocation %d: found %s of %s, expected %q", i, result.FunctionError, result.Payload, want)
			}
			next = b.Next
		}
	})
}

func TestNothingIsLeftRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := running()
		s := newFake()
		for i := range 30 {
			s.put(from, fmt.Sprint(i), strings.Repeat("x", i*3))
		}
		s.before = func(ctx context.Context, _ call) error {
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Millisecond):
			}
			return ctx.Err()
		}
		for _, after := range []time.Duration{0, 8 * time.Millisecond, 40 * time.Millisecond} {
			for _, event := range []string{`{}`, notification("29", "28", "1"), queue(notification("29"), notification("3"))} {
				ctx, cancel := context.WithCancel(context.Background())
				time.AfterFunc(after, cancel)
				started := time.Now()
				serve(t, ctx, New(s, grant()), event)
				// To abort an upload takes one request more.
				if took := time.Since(started); took > after+5*time.Millisecond {
					t.Errorf("%s took %s, expected little more than the %s until it was cancelled", event, took, after)
				}
				synctest.Wait()
				if left := running(); left != before {
					t.Errorf("%s: found %d goroutines, expected the %d from before", event, left, before)
				}
			}
		}
	})
}

// running returns the number of goroutines of a synctest bubble. Those of the runtime and of tests before are in none.
func running() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("synctest bubble"))
}
