// Package invocation starts any function, and surrounds each of its invocations: request id, deadline and one log line. It knows neither
// events nor answers.
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

// margin is the part of the invocation's time that is kept for writing the answer.
const margin = time.Second

// Request is one invocation.
type Request struct {
	// ID is Lambda's request id.
	ID string
	// Payload is the event as it came.
	Payload []byte
}

// Result is what came of an invocation.
type Result struct {
	// Payload is the answer.
	Payload []byte
	// Status is 200 or the status of the failure.
	Status int
	// Counts are logged as they are.
	Counts []slog.Attr
	// Err is logged, without credentials; nil where the invocation succeeded.
	Err error
	// FunctionError makes the invocation fail in Lambda's eyes: an error of this type, with Payload as its message. Default none: the
	// failure is part of the answer.
	FunctionError string
}

// Serve answers a request before the deadline of its context. It is called for one request at a time.
type Serve func(context.Context, Request) Result

// Start runs a function in Lambda's runtime until Lambda ends it. What wire finds wrong with the environment ends it at once, as the log's
// last line.
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

// Handler makes a Lambda handler that gives serve a context which ends a second before Lambda does (or,
// where less than four seconds are left, a quarter of them before), and that logs one line.
func Handler(operation string, log *slog.Logger, serve Serve) lambda.Handler {
	return &handler{operation: operation, log: log, serve: serve}
}

// Invoke serves one event. A failure is part of the answer where somebody waits for it: API Gateway would hide it behind a 502. It is
// a function error where serve says so: Lambda then invokes again on its own, keeps the event, and counts an error.
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
