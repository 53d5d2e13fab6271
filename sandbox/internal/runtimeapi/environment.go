package runtimeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

// errEndedIdle means that the program started well and ended between two events.
var errEndedIdle = errors.New("the program ended before it received the event")

// environment is one running program with its own Runtime API, so that requests which a former program left in the network cannot reach it.
type environment struct {
	config      Config
	initTimeout time.Duration
	process     *subprocess.Process
	server      *http.Server
	ready       chan chan invocation // one element for each request for an event
	results     chan Result          // at most one for each invocation

	mutex   sync.Mutex
	state   state
	current string // request ID while busy
}

type state string

const (
	starting state = "Starting" // until the program asks for its first event
	idle     state = "Ready"
	busy     state = "Running"
	broken   state = "InitError"
)

type invocation struct {
	id       string
	event    []byte
	deadline time.Time
}

func start(config Config, initTimeout time.Duration) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the Lambda Runtime API: %w", err)
	}
	e := &environment{
		config: config, initTimeout: initTimeout, state: starting, ready: make(chan chan invocation), results: make(chan Result, 1),
	}
	var variables []string
	for key, value := range config.Environment {
		variables = append(variables, key+"="+value)
	}
	variables = append(variables, "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String()) // the last value of a name counts
	e.server = &http.Server{Handler: e.handler()}
	go e.server.Serve(listener)
	if e.process, err = subprocess.Start(subprocess.Spec{Name: config.Binary, Args: config.Args, Dir: config.Dir, Env: variables, Output: config.Log}); err != nil {
		e.server.Close()
		listener.Close() // the server closes it only after Serve has begun
		return nil, err
	}
	if config.Started != nil {
		config.Started(e.process.ID())
	}
	return e, nil
}

func (e *environment) ended() bool {
	select {
	case <-e.process.Done():
		return true
	default:
		return false
	}
}

func (e *environment) stop() {
	e.process.Stop()
	e.server.Close()
}

// invoke passes the event to the program when that asks for one, and waits for the result. A timeout, a cancelled context and Stop end the
// program.
func (e *environment) invoke(ctx context.Context, stopped <-chan struct{}, call invocation) (Result, error) {
	limit, ready := e.initTimeout, e.ready
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var began time.Time
	defer func() {
		if !began.IsZero() {
			e.report("END RequestId: %s\nREPORT RequestId: %s\tDuration: %.2f ms\tMemory Size: %d MB", call.id, call.id, float64(time.Since(began).Microseconds())/1000, e.config.Memory)
		}
	}()
	for {
		select {
		case next := <-ready:
			ready = nil // from now on, wait for the result
			limit = e.config.Timeout
			timer.Reset(limit)
			began = time.Now()
			call.deadline = began.Add(limit)
			e.begin(call.id)
			e.report("START RequestId: %s Version: $LATEST", call.id)
			next <- call
		case result := <-e.results:
			return e.finished(result), nil
		case <-e.process.Done():
			return e.exited(call.id)
		case <-timer.C:
			e.stop()
			e.report("%s %s Task timed out after %.2f seconds", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), call.id, limit.Seconds())
			return failure("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", call.id, limit.Seconds())), nil
		case <-ctx.Done():
			e.stop()
			return Result{}, ctx.Err()
		case <-stopped:
			e.stop()
			return Result{}, ErrStopped
		}
	}
}

// report writes a line of the platform.
func (e *environment) report(format string, args ...any) {
	if e.config.Platform != nil {
		fmt.Fprintf(e.config.Platform, format+"\n", args...)
	}
}

func (e *environment) begin(id string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.state, e.current = busy, id
}

// finished stops a program that has reported an initialization error.
func (e *environment) finished(result Result) Result {
	e.mutex.Lock()
	failed := e.state == broken
	e.mutex.Unlock()
	if failed {
		e.stop()
	}
	return result
}

// exited returns the result of an invocation whose program has ended, with errEndedIdle if the program had not received the event.
func (e *environment) exited(id string) (Result, error) {
	e.server.Close()
	select {
	case result := <-e.results:
		return result, nil // it responded before it ended
	default:
	}
	reason := "Runtime exited without providing a reason"
	if err := e.process.Err(); err != nil {
		reason = "Runtime exited with error: " + err.Error()
	}
	result := failure("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: %s", id, reason))
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.state == idle {
		return result, errEndedIdle
	}
	return result, nil
}

func failure(kind, message string) Result {
	return Result{Payload: errorJSON(kind, message), Failed: true}
}

func errorJSON(kind, message string) []byte {
	payload, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message}) // never fails: strings only
	return payload
}
