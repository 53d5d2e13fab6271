// Package environment runs one execution environment of a function, as Lambda does, and measures it: when it asks for its first event, when it
// answers, its processor time and its peak memory. It limits neither memory nor processor, and loses what the function logs.
package environment

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Spec is a program and how it is invoked.
type Spec struct {
	// Program is the path of the program, and its arguments.
	Program []string
	// Variables are its whole environment, as KEY=VALUE, without the address of the Runtime API.
	Variables []string
	// Timeout is the longest invocation.
	Timeout time.Duration
}

// Usage is what a program used from its start to its end.
type Usage struct {
	// CPU is user and system time.
	CPU time.Duration
	// PeakBytes is the most memory that was resident.
	PeakBytes int64
}

// Environment is a running program.
type Environment struct {
	spec    Spec
	command *exec.Cmd
	server  *http.Server
	started time.Time
	errors  bytes.Buffer // standard error

	events  chan []byte
	answers chan Answer
	once    sync.Once
	polled  chan time.Duration
}

// Answer is what a function answered to an event.
type Answer struct {
	// Payload is the answer, or an error as JSON.
	Payload []byte
	// Failed reports that the payload is an error.
	Failed bool
	// At is when it was there.
	At time.Time
}

// Start starts the program. The caller must call Stop.
func Start(spec Spec) (*Environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the Lambda Runtime API: %w", err)
	}
	e := &Environment{spec: spec, events: make(chan []byte), answers: make(chan Answer, 1), polled: make(chan time.Duration, 1)}
	e.server = &http.Server{Handler: http.HandlerFunc(e.serve)}
	go e.server.Serve(listener)
	e.command = exec.Command(spec.Program[0], spec.Program[1:]...)
	e.command.Env = append(append([]string{}, spec.Variables...), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String())
	e.command.Stderr = &e.errors
	e.started = time.Now()
	if err := e.command.Start(); err != nil {
		e.server.Close()
		return nil, fmt.Errorf("start %s: %w", spec.Program[0], err)
	}
	return e, nil
}

// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (e *Environment) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		e.once.Do(func() { e.polled <- time.Since(e.started) })
		select {
		case event := <-e.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000001")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(e.spec.Timeout).UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:ap-northeast-1:111111111111:function:bench")
			w.Write(event)
		case <-r.Context().Done():
		}
		return
	}
	payload, err := io.ReadAll(r.Body)
	at := time.Now()
	if err == nil {
		e.answers <- Answer{payload, !strings.HasSuffix(r.URL.Path, "/response"), at}
	}
	w.WriteHeader(http.StatusAccepted)
}

// Polled is the time from the start to the first request for an event.
func (e *Environment) Polled() (time.Duration, error) {
	select {
	case took := <-e.polled:
		return took, nil
	case <-time.After(10 * time.Second):
		return 0, fmt.Errorf("%s asked for no event within 10 s; it said: %s", e.spec.Program[0], e.errors.String())
	}
}

// Started is when the program was started.
func (e *Environment) Started() time.Time { return e.started }

// Invoke returns the answer to an event.
func (e *Environment) Invoke(ctx context.Context, event string) (Answer, error) {
	limit := time.NewTimer(e.spec.Timeout + 5*time.Second)
	defer limit.Stop()
	select {
	case e.events <- []byte(event):
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	case <-limit.C:
		return Answer{}, fmt.Errorf("%s asked for no event; it said: %s", e.spec.Program[0], e.errors.String())
	}
	select {
	case a := <-e.answers:
		return a, nil
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	case <-limit.C:
		return Answer{}, fmt.Errorf("%s did not answer within %s; it said: %s", e.spec.Program[0], e.spec.Timeout, e.errors.String())
	}
}

// Stop ends the program, between two invocations or in one, and returns what it used.
func (e *Environment) Stop() (Usage, error) {
	peak, err := peakBytes(e.command.Process.Pid)
	e.command.Process.Kill()
	e.command.Wait()
	e.server.Close()
	return Usage{CPU: processorTime(e.command.ProcessState), PeakBytes: peak}, err
}

// Run runs a program that is no function to its end, and returns its standard output, how long it ran, and what it used.
func Run(ctx context.Context, program, variables []string) (string, time.Duration, Usage, error) {
	command := exec.CommandContext(ctx, program[0], program[1:]...)
	command.Env = variables
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	started := time.Now()
	if err := command.Run(); err != nil {
		return "", 0, Usage{}, fmt.Errorf("run %s: %w: %.2000s", strings.Join(program, " "), err, problems.String())
	}
	return out.String(), time.Since(started), Usage{CPU: processorTime(command.ProcessState)}, nil
}

func processorTime(s *os.ProcessState) time.Duration {
	u := s.SysUsage().(*syscall.Rusage)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakBytes is VmHWM, since the maximum in rusage counts the memory of the process that started the program, too.
// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
func peakBytes(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, fmt.Errorf("found no VmHWM in the status of process %d, expected a running program", pid)
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10, err
}
