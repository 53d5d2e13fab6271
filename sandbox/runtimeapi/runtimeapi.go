// Package runtimeapi runs a Lambda function's binary as the Lambda service does: as a client of the Lambda Runtime API, with the
// function's own environment. It does not deploy anything, and it does not limit memory or network.
package runtimeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// MaxEvent is the largest event of a synchronous invocation, in bytes: 6 MB.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	MaxEvent = 6 << 20
	// MaxAnswer is the largest answer of a synchronous invocation, in bytes. The service grants it 100 bytes more than the event, as
	// does https://github.com/aws/aws-lambda-runtime-interface-emulator.
	MaxAnswer = 6<<20 + 100
)

// initLimit is how long a program may take until it asks for an event.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const initLimit = 10 * time.Second

// ErrStopped is the error of an Invoke that Stop has ended, or that came after it.
var ErrStopped = errors.New("invoke function: it was stopped")

// Config is one deployed function.
type Config struct {
	// Binary is the path of the function's program. Required.
	Binary string
	// Environment is the program's whole environment but for AWS_LAMBDA_RUNTIME_API.
	Environment map[string]string
	// FunctionARN is passed with each event. Required.
	FunctionARN string
	// Timeout is the longest invocation, from the event's handing over to its answer. Required.
	Timeout time.Duration
	// Log takes what the program prints. Default nothing is kept.
	Log io.Writer
}

func (c Config) validate() error {
	var problems []error
	if c.Binary == "" {
		problems = append(problems, errors.New("found no Binary, expected the path of the function's program"))
	}
	if c.FunctionARN == "" {
		problems = append(problems, errors.New("found no FunctionARN, expected the function's"))
	}
	if c.Timeout <= 0 {
		problems = append(problems, fmt.Errorf("found a Timeout of %s, expected more than 0", c.Timeout))
	}
	return errors.Join(problems...)
}

// Result is how an invocation ended.
type Result struct {
	// Payload is the answer, or an error as JSON with errorMessage and errorType.
	Payload []byte
	// Failed says that Payload is an error: the function returned one, ended, or took too long.
	Failed bool
}

// Function runs one environment of a function: one invocation at a time.
type Function struct {
	config    Config
	initLimit time.Duration
	stopped   chan struct{}
	stop      sync.Once

	turn        chan struct{} // holds an element during an invocation; what follows belongs to that
	environment *environment
	requests    int
}

// Serve prepares a function. The first invocation starts its program, with a Runtime API on a free loopback port; so does the next
// one after the program's end. The caller calls Stop.
func Serve(config Config) (*Function, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("serve function: %w", err)
	}
	return &Function{config: config, initLimit: initLimit, stopped: make(chan struct{}), turn: make(chan struct{}, 1)}, nil
}

// Invoke runs the function on an event and waits for its answer, for the function's timeout at most. The error is for what kept it
// from being invoked; a failure of the function itself is a Result.
func (f *Function) Invoke(ctx context.Context, event []byte) (Result, error) {
	if len(event) > MaxEvent {
		return Result{}, fmt.Errorf("invoke function: found an event of %d bytes, expected %d at most", len(event), MaxEvent)
	}
	if !json.Valid(event) {
		return Result{}, errors.New("invoke function: found an event that is no JSON")
	}
	if err := f.take(ctx); err != nil {
		return Result{}, err
	}
	defer func() { <-f.turn }()
	f.requests++
	call := invocation{id: fmt.Sprintf("00000000-0000-4000-8000-%012d", f.requests), event: event}
	for {
		fresh, err := f.ensureStarted()
		if err != nil {
			return Result{}, fmt.Errorf("invoke function: %w", err)
		}
		result, err := f.environment.invoke(ctx, f.stopped, call)
		if !errors.Is(err, errEndedIdle) {
			return result, err
		}
		if fresh {
			return result, nil // another start would go the same way
		}
	}
}

// take waits for the function's turn.
func (f *Function) take(ctx context.Context) error {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-f.stopped:
		return ErrStopped
	}
	err := ctx.Err()
	select {
	case <-f.stopped:
		err = ErrStopped
	default:
	}
	if err != nil {
		<-f.turn
	}
	return err
}

// ensureStarted starts the program, again if it has ended, and tells whether it did.
func (f *Function) ensureStarted() (fresh bool, err error) {
	if f.environment != nil {
		if !f.environment.ended() {
			return false, nil
		}
		f.environment.stop()
	}
	f.environment, err = start(f.config, f.initLimit)
	return true, err
}

// Stop ends the program and the Runtime API, and waits for their end. An Invoke that is under way returns ErrStopped. Stop may be
// called more than once.
func (f *Function) Stop() {
	f.stop.Do(func() { close(f.stopped) })
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	if f.environment != nil {
		f.environment.stop()
	}
}
