// Package runtimeapi runs the program of a Lambda function as Lambda does: as a client of the Lambda Runtime API, with the environment variables
// of the function. It deploys nothing, and does not limit memory or network.
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
	// MaxResponse is the largest response of a synchronous invocation, in bytes: 100 more than the largest event, as in
	// https://github.com/aws/aws-lambda-runtime-interface-emulator.
	MaxResponse = 6<<20 + 100
)

// initTimeout is how long a program may take until it asks for the first event.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const initTimeout = 10 * time.Second

// ErrStopped is the error of an Invoke that was running when Stop was called, or that came after it.
var ErrStopped = errors.New("invoke function: it was stopped")

// Config describes a deployed function.
type Config struct {
	// Binary is the path of the function's program. Required.
	Binary string
	// Args are the arguments of the program. Default none.
	Args []string
	// Dir is the working directory of the program. Default that of this process.
	Dir string
	// Environment is the whole environment of the program except for AWS_LAMBDA_RUNTIME_API.
	Environment map[string]string
	// FunctionARN is the ARN of the function, which is passed with each event. Required.
	FunctionARN string
	// Timeout is the longest duration of an invocation, from the event to the response. Required.
	Timeout time.Duration
	// Log receives the output of the program. Default: it is discarded.
	Log io.Writer
	// Platform receives the lines START, END and REPORT of each invocation, as Lambda writes them into the log of the function. Default: they are discarded.
	// https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
	Platform io.Writer
	// Memory is the memory of the function in MB, for the line REPORT. Nothing limits it.
	Memory int
	// Started is called with the process ID of each program, before its first event. Default none.
	Started func(pid int)
}

func (c Config) validate() error {
	var problems []error
	if c.Binary == "" {
		problems = append(problems, errors.New("found no Binary, expected the path of the function's program"))
	}
	if c.FunctionARN == "" {
		problems = append(problems, errors.New("found no FunctionARN, expected the ARN of the function"))
	}
	if c.Timeout <= 0 {
		problems = append(problems, fmt.Errorf("found a Timeout of %s, expected more than 0", c.Timeout))
	}
	return errors.Join(problems...)
}

// Result is the result of an invocation.
type Result struct {
	// Payload is the response, or an error as JSON with errorMessage and errorType.
	Payload []byte
	// Failed reports that Payload is an error: the function returned one, exited, or timed out.
	Failed bool
}

// Function runs one execution environment of a function, and one invocation at a time. It is safe for concurrent use.
type Function struct {
	config      Config
	initTimeout time.Duration
	stopped     chan struct{}
	stop        sync.Once

	invoking    chan struct{} // a semaphore of one, which guards the fields below
	environment *environment
	requests    int
}

// Serve prepares a function. The first invocation starts the program and a Runtime API on a free loopback port; after the program has ended,
// the next invocation starts them again. The caller must call Stop.
func Serve(config Config) (*Function, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("serve function: %w", err)
	}
	return &Function{config: config, initTimeout: initTimeout, stopped: make(chan struct{}), invoking: make(chan struct{}, 1)}, nil
}

// Invoke invokes the function with an event and waits for the response, at most for the timeout of the function. A failure of the function is
// a Result; an error means that the function could not be invoked.
func (f *Function) Invoke(ctx context.Context, event []byte) (Result, error) {
	if len(event) > MaxEvent {
		return Result{}, fmt.Errorf("invoke function: found an event of %d bytes, expected %d at most", len(event), MaxEvent)
	}
	if !json.Valid(event) {
		return Result{}, errors.New("invoke function: found an event that is not JSON")
	}
	if err := f.acquire(ctx); err != nil {
		return Result{}, err
	}
	defer func() { <-f.invoking }()
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
			return result, nil // it would end again after another start
		}
	}
}

// acquire waits until no other invocation is running.
func (f *Function) acquire(ctx context.Context) error {
	select {
	case f.invoking <- struct{}{}:
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
		<-f.invoking
	}
	return err
}

// ensureStarted starts the program unless it is running, and reports whether it did.
func (f *Function) ensureStarted() (fresh bool, err error) {
	if f.environment != nil {
		if !f.environment.ended() {
			return false, nil
		}
		f.environment.stop()
	}
	f.environment, err = start(f.config, f.initTimeout)
	return true, err
}

// Stop stops the program and the Runtime API and waits for their end. A running Invoke returns ErrStopped. Stop may be called more than once.
func (f *Function) Stop() {
	f.stop.Do(func() { close(f.stopped) })
	f.invoking <- struct{}{}
	defer func() { <-f.invoking }()
	if f.environment != nil {
		f.environment.stop()
	}
}
