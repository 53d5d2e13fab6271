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

	"github.com/crossgrant/crossgrant/sandbox/child"
)

// errEndedIdle says that the program ended between two events, after a good start.
var errEndedIdle = errors.New("the program ended before it took the event")

// environment is one running program, and a Runtime API that nobody else knows: what an ended program has left in the network
// cannot reach the next one.
type environment struct {
	config    Config
	initLimit time.Duration
	process   *child.Process
	server    *http.Server
	ready     chan chan invocation // the program asks for an event
	answers   chan Result          // at most one an invocation

	mutex   sync.Mutex
	state   state
	current string // request id while busy
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

func start(config Config, initLimit time.Duration) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the Lambda Runtime API: %w", err)
	}
	e := &environment{
		config: config, initLimit: initLimit, state: starting, ready: make(chan chan invocation), answers: make(chan Result, 1),
	}
	var variables []string
	for key, value := range config.Environment {
		variables = append(variables, key+"="+value)
	}
	variables = append(variables, "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String()) // the last of a name counts
	e.server = &http.Server{Handler: e.handler()}
	go e.server.Serve(listener)
	if e.process, err = child.Start(child.Spec{Name: config.Binary, Env: variables, Output: config.Log}); err != nil {
		e.server.Close()
		listener.Close() // the server knows it only once it serves
		return nil, err
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

// invoke hands an event over when the program asks for one, and waits for the answer. Whatever else happens ends the program.
func (e *environment) invoke(ctx context.Context, stopped <-chan struct{}, call invocation) (Result, error) {
	limit, ready := e.initLimit, e.ready
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case handed := <-ready:
			ready = nil // now the answer is awaited
			limit = e.config.Timeout
			timer.Reset(limit)
			call.deadline = time.Now().Add(limit)
			e.begin(call.id)
			handed <- call
		case answer := <-e.answers:
			return e.answered(answer), nil
		case <-e.process.Done():
			return e.exited(call.id)
		case <-timer.C:
			e.stop()
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

func (e *environment) begin(id string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.state, e.current = busy, id
}

// answered ends a program that has reported that it cannot start.
func (e *environment) answered(answer Result) Result {
	e.mutex.Lock()
	over := e.state == broken
	e.mutex.Unlock()
	if over {
		e.stop()
	}
	return answer
}

// exited tells what the end of the program means for an invocation, with errEndedIdle if the program had no part in it.
func (e *environment) exited(id string) (Result, error) {
	e.server.Close()
	select {
	case answer := <-e.answers:
		return answer, nil // it answered first
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
	return Result{Payload: described(kind, message), Failed: true}
}

func described(kind, message string) []byte {
	payload, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message}) // strings always encode
	return payload
}
