//go:build unix

package runtimeapi

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestInvocationsShareAProcessUntilItEnds(t *testing.T) {
	tests := []struct {
		name, event string
		same        bool
	}{
		{"a response", `{"Do": "echo"}`, true},
		{"an error", `{"Do": "fail"}`, true},
		{"a panic", `{"Do": "panic"}`, false},
		{"an exit", `{"Do": "exit"}`, false},
		{"a timeout", `{"Do": "sleep"}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := serve(t, "well", timeout(1500*time.Millisecond))
			before := look(t, f).Process
			invoke(t, f, test.event)
			after := look(t, f).Process
			if same := before == after; same != test.same {
				t.Errorf("found the same process: %t, expected %t", same, test.same)
			}
			if !test.same {
				requireEnded(t, before)
			}
		})
	}
}

func TestAnExitBetweenEventsLosesNoEvent(t *testing.T) {
	f := serve(t, "well")
	var before int
	if err := json.Unmarshal(invoke(t, f, `{"Do": "exit afterwards"}`).Payload, &before); err != nil {
		t.Fatal(err)
	}
	<-f.environment.process.Done()
	if s := look(t, f); s.Process == before {
		t.Errorf("found process %d again, expected another", before)
	}
}

func TestAResponseCountsEvenIfTheProgramEndsAtOnce(t *testing.T) {
	f := serve(t, "well")
	invoke(t, f, `{}`)
	f.Stop()
	f.environment.results <- Result{Payload: []byte(`"last words"`)}
	if result, err := f.environment.exited("id"); err != nil || string(result.Payload) != `"last words"` || result.Failed {
		t.Errorf("found %s, error %v, expected the response", result.Payload, err)
	}
}

func TestAFunctionThatDoesNotStartFails(t *testing.T) {
	const id = "RequestId: 00000000-0000-4000-8000-000000000001 Error: "
	tests := []struct{ start, kind, message string }{
		{"with an init error", "Function.NoTable", "no table"},
		{"with an exit", "Runtime.ExitError", id + "Runtime exited with error: exit status 4"},
		{"with a good exit", "Runtime.ExitError", id + "Runtime exited without providing a reason"},
		{"never", "Sandbox.Timedout", id + "Task timed out after 1.00 seconds"},
	}
	for _, test := range tests {
		t.Run(test.start, func(t *testing.T) {
			f := serve(t, test.start)
			if test.start == "never" {
				f.initTimeout = time.Second
			}
			requireFailure(t, invoke(t, f, `{}`), test.kind, test.message)
			if !f.environment.ended() {
				t.Error("its program is still running")
			}
			if result := invoke(t, f, `{}`); !result.Failed {
				t.Errorf("the next invocation found %s, expected the same failure", result.Payload)
			}
		})
	}
}

func TestASlowStartDoesNotCountAgainstTheTimeout(t *testing.T) {
	f := serve(t, "slowly", timeout(5*time.Second))
	if result := invoke(t, f, `{"Do": "echo", "Text": "here"}`); string(result.Payload) != `"here"` {
		t.Errorf("found %s, expected a response", result.Payload)
	}
}

func TestTheErrorNamesAProgramThatCannotStart(t *testing.T) {
	f := serve(t, "well", func(c *Config) { c.Binary = "/no/such/bootstrap" })
	_, err := f.Invoke(t.Context(), []byte(`{}`))
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "invoke function: start /no/such/bootstrap: ") {
		t.Errorf("found error %v, expected invoke function: start /no/such/bootstrap: %v", err, fs.ErrNotExist)
	}
}

func TestAConfigurationMustBeComplete(t *testing.T) {
	const expected = "serve function: found no Binary, expected the path of the function's program\n" +
		"found no FunctionARN, expected the ARN of the function\nfound a Timeout of 0s, expected more than 0"
	if _, err := Serve(Config{}); err == nil || err.Error() != expected {
		t.Errorf("found error %v, expected %s", err, expected)
	}
}

func TestAnEventMustBeJSON(t *testing.T) {
	f := serve(t, "well")
	for _, event := range []string{"", "{", "hello", "{} {}"} {
		const expected = "invoke function: found an event that is not JSON"
		if _, err := f.Invoke(t.Context(), []byte(event)); err == nil || err.Error() != expected {
			t.Errorf("event %q: found error %v, expected %s", event, err, expected)
		}
	}
}

func TestInvocationsRunOneAtATime(t *testing.T) {
	f := serve(t, "well")
	process := look(t, f).Process
	spans := make([][]int64, 8)
	var group sync.WaitGroup
	for n := range spans {
		group.Go(func() {
			result, err := f.Invoke(t.Context(), []byte(`{"Do": "nap"}`))
			if err != nil || json.Unmarshal(result.Payload, &spans[n]) != nil || len(spans[n]) != 2 {
				t.Errorf("found %s, error %v, expected a span", result.Payload, err)
			}
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	slices.SortFunc(spans, func(a, b []int64) int { return int(a[0] - b[0]) })
	for n := 1; n < len(spans); n++ {
		if spans[n][0] < spans[n-1][1] {
			t.Errorf("an invocation began %d ns before the one before it had ended", spans[n-1][1]-spans[n][0])
		}
	}
	if found := look(t, f).Process; found != process {
		t.Errorf("found process %d, expected the first, %d", found, process)
	}
}

func TestACancelledInvocationEndsTheProgram(t *testing.T) {
	var printed log
	f := serve(t, "well", func(c *Config) { c.Log = &printed })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := f.Invoke(ctx, []byte(`{"Do": "sleep"}`))
		ended <- err
	}()
	pid := sleeping(t, &printed)
	waiting, giveUp := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer giveUp()
	if _, err := f.Invoke(waiting, []byte(`{}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an invocation that waits: found error %v, expected %v", err, context.DeadlineExceeded)
	}
	if !isRunning(pid) {
		t.Error("the end of the wait stopped the program of another invocation")
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("found error %v, expected %v", err, context.Canceled)
	}
	requireEnded(t, pid)
	last := f.environment
	for range 20 {
		if _, err := f.Invoke(ctx, []byte(`{}`)); !errors.Is(err, context.Canceled) {
			t.Errorf("once cancelled: found error %v, expected %v", err, context.Canceled)
		}
	}
	if f.environment != last {
		t.Error("an invocation that was cancelled before it began started a program")
	}
	if s := look(t, f); s.Process == pid {
		t.Error("the next invocation found the same process")
	}
}

func TestStopLeavesNoProcess(t *testing.T) {
	t.Run("that waits for an event", func(t *testing.T) {
		f := serve(t, "well")
		pid := look(t, f).Process
		if !isRunning(pid) {
			t.Fatal("the program is not running before Stop")
		}
		f.Stop()
		requireEnded(t, pid)
		if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, ErrStopped) {
			t.Errorf("after Stop: found error %v, expected %v", err, ErrStopped)
		}
		f.Stop() // a second call does nothing
	})
	t.Run("that is busy", func(t *testing.T) {
		var printed log
		f := serve(t, "well", func(c *Config) { c.Log = &printed })
		ended := make(chan error, 2)
		for range 2 { // one runs, one waits
			go func() {
				_, err := f.Invoke(context.Background(), []byte(`{"Do": "sleep"}`))
				ended <- err
			}()
		}
		pid := sleeping(t, &printed)
		f.Stop()
		requireEnded(t, pid)
		for range 2 {
			if err := <-ended; !errors.Is(err, ErrStopped) {
				t.Errorf("found error %v, expected %v", err, ErrStopped)
			}
		}
	})
	t.Run("before there was one", func(t *testing.T) {
		serve(t, "well").Stop()
	})
}
