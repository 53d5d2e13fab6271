// Package runtimeapi runs a Lambda function's binary as the Lambda service does: as a client of the Lambda Runtime API, with the
// function's own environment. It does not deploy anything, and it does not limit memory or network.
package runtimeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/crossgrant/crossgrant/sandbox/child"
)

// MaxPayload is the largest event and the largest answer of a synchronous invocation, in bytes.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MaxPayload = 6 << 20

// Config is one deployed function.
type Config struct {
	// Binary is the path of the function's program. Required.
	Binary string
	// Environment is the program's whole environment but for AWS_LAMBDA_RUNTIME_API.
	Environment map[string]string
	// FunctionARN is passed with each event. Required.
	FunctionARN string
	// Timeout is the longest invocation. Required.
	Timeout time.Duration
	// Log takes what the program prints. Default nothing is kept.
	Log io.Writer
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
	config   Config
	server   *http.Server
	address  string
	turn     sync.Mutex // held during an invocation
	process  *child.Process
	requests int
	next     chan invocation
	results  chan result
}

type invocation struct {
	id       string
	event    []byte
	deadline time.Time
}

type result struct {
	id string
	Result
}

// Serve starts the Runtime API on a free loopback port. The program is started by the first invocation. The caller calls Stop.
func Serve(config Config) (*Function, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the Lambda Runtime API: %w", err)
	}
	f := &Function{config: config, address: listener.Addr().String(), next: make(chan invocation), results: make(chan result)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", f.handNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", f.take(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", f.take(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", f.take(true))
	f.server = &http.Server{Handler: mux}
	go f.server.Serve(listener)
	return f, nil
}

// Invoke runs the function on an event and waits for its answer, for the function's timeout at most. The error is for what kept it
// from being invoked; a failure of the function itself is a Result.
func (f *Function) Invoke(ctx context.Context, event []byte) (Result, error) {
	if !json.Valid(event) {
		return Result{}, errors.New("invoke function: found an event that is no JSON")
	}
	if len(event) > MaxPayload {
		return Result{}, fmt.Errorf("invoke function: found an event of %d bytes, expected %d at most", len(event), MaxPayload)
	}
	f.turn.Lock()
	defer f.turn.Unlock()
	if err := f.ensureStarted(); err != nil {
		return Result{}, err
	}
	f.requests++
	call := invocation{
		id: fmt.Sprintf("00000000-0000-4000-8000-%012d", f.requests), event: event, deadline: time.Now().Add(f.config.Timeout),
	}
	timeout := time.NewTimer(f.config.Timeout)
	defer timeout.Stop()
	next := f.next
	for {
		select {
		case next <- call:
			next = nil // handed over: now the answer is awaited
		case answer := <-f.results:
			if answer.id != "" && answer.id != call.id {
				continue // of an earlier invocation
			}
			if len(answer.Payload) > MaxPayload {
				return failure("Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxPayload)), nil
			}
			return answer.Result, nil
		case <-f.process.Done():
			return failure("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited: %v", call.id, f.process.Err())), nil
		case <-timeout.C:
			f.process.Stop()
			return failure("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", call.id, f.config.Timeout.Seconds())), nil
		case <-ctx.Done():
			f.process.Stop()
			return Result{}, ctx.Err()
		}
	}
}

func failure(kind, message string) Result {
	payload, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message}) // strings always encode
	return Result{Payload: payload, Failed: true}
}

// ensureStarted starts the program, again if it has ended.
func (f *Function) ensureStarted() error {
	if f.process != nil {
		select {
		case <-f.process.Done():
		default:
			return nil
		}
	}
	environment := []string{"AWS_LAMBDA_RUNTIME_API=" + f.address}
	for key, value := range f.config.Environment {
		environment = append(environment, key+"="+value)
	}
	process, err := child.Start(child.Spec{Name: f.config.Binary, Env: environment, Output: f.config.Log})
	if err != nil {
		return fmt.Errorf("start function: %w", err)
	}
	f.process = process
	return nil
}

// Stop ends the program and the Runtime API.
func (f *Function) Stop() {
	if f.process != nil {
		f.process.Stop()
	}
	f.server.Close()
}

// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next
func (f *Function) handNext(w http.ResponseWriter, r *http.Request) {
	select {
	case call := <-f.next:
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", call.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(call.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", f.config.FunctionARN)
		w.Write(call.event)
	case <-r.Context().Done():
	}
}

func (f *Function) take(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		payload, err := io.ReadAll(io.LimitReader(r.Body, MaxPayload+1))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case f.results <- result{id: r.PathValue("id"), Result: Result{Payload: payload, Failed: failed}}:
			w.WriteHeader(http.StatusAccepted)
		case <-r.Context().Done():
		}
	}
}
