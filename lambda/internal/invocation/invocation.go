// Package invocation starts any function and wraps each of its invocations: request ID, deadline and one log line. It does not know events or
// answers.
package invocation

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

// margin is the part of the invocation's time that is reserved for writing the answer.
const margin = time.Second

// Request is one invocation.
type Request struct {
	// ID is Lambda's request ID.
	ID string
	// Payload is the event.
	Payload []byte
}

// Result is the result of an invocation.
type Result struct {
	// Payload is the answer.
	Payload []byte
	// Status is 200 or the status of the failure.
	Status int
	// Counts are logged unchanged.
	Counts []slog.Attr
	// Err is logged, without credentials; nil if the invocation succeeded.
	Err error
	// FunctionError makes the invocation a function error of this type, with Payload as its message. Default none: a failure is part of the
	// answer.
	FunctionError string
}

// Serve answers a request before the deadline of its context. It is called for one request at a time.
type Serve func(context.Context, Request) Result

// Start runs a function in Lambda's runtime until Lambda stops it. An error of wire, such as an invalid environment, ends it at once; the log has
// the error as its last line.
func Start(wire func(context.Context) (lambda.Handler, error)) {
	handler, err := wire(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lambda.Start(handler)
}

type handler struct {
	operation string
	log       *slog.Logger
	serve     Serve
}

// Handler returns a Lambda handler that logs one line. It calls serve with a context that ends one second before the deadline of Lambda; if less
// than four seconds are left, a quarter of them before.
func Handler(operation string, log *slog.Logger, serve Serve) lambda.Handler {
	return &handler{operation: operation, log: log, serve: serve}
}

// Invoke serves one event. For a synchronous caller a failure is part of the answer: API Gateway would replace a function error by a 502. It is a
// function error if serve says so: Lambda then invokes again, keeps the event, and counts an error.
func (h *handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	started := time.Now()
	id := requestID(ctx)
	work, cancel := beforeDeadline(ctx)
	defer cancel()
	result := h.serve(work, Request{ID: id, Payload: payload})

	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("requestId", id),
		slog.String("operation", h.operation),
		slog.Int("status", result.Status),
		slog.Int64("durationMs", time.Since(started).Milliseconds()),
		slog.Int("answerBytes", len(result.Payload)),
	}
	attrs = append(attrs, result.Counts...)
	if result.Err != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", failure.LogText(result.Err)))
	}
	h.log.LogAttrs(ctx, level, "invocation", attrs...)
	if result.FunctionError != "" {
		return nil, messages.InvokeResponse_Error{Type: result.FunctionError, Message: string(result.Payload)}
	}
	return result.Payload, nil
}

func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}

func beforeDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	keep := min(margin, time.Until(deadline)/4)
	return context.WithDeadline(ctx, deadline.Add(-keep))
}
