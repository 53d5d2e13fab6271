// Package invocation starts any function and wraps each of its invocations: request ID, deadline and one log line. It does not know events or
// the answers of functions.
package invocation

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
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

// Serve answers a request before the deadline of its context. It is called for one request at a time. The requests to AWS that are made with the
// context are counted in the log line.
type Serve func(context.Context, Request) Result

// Start runs a function in Lambda's runtime until Lambda stops it. An error of wire, such as an invalid environment, ends it at once; the log has
// the error as its last line.
func Start(wire func(context.Context) (lambda.Handler, error)) {
	lines := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	handler, err := wire(context.Background())
	if err != nil {
		lines.Error("start", "error", failure.LogText(err))
		os.Exit(1)
	}
	log.SetFlags(0)
	log.SetOutput(runtimeLog{lines})
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
// function error if serve says so: Lambda then invokes again, keeps the event, and counts an error. A panic is a function error, too, after which
// the process ends: Lambda starts another one for the next event.
func (h *handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	started := time.Now()
	id := requestID(ctx)
	var requests pace.Stats
	work, cancel := beforeDeadline(pace.WithStats(ctx, &requests))
	defer cancel()
	result, panicked := h.guarded(work, Request{ID: id, Payload: payload})
	result = bounded(result, id)

	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("requestId", id),
		slog.String("operation", h.operation),
		slog.Int("status", result.Status),
		slog.Int64("durationMs", time.Since(started).Milliseconds()),
		slog.Int("answerBytes", len(result.Payload)),
		slog.Int64("requests", requests.Requests.Load()),
		slog.Int64("retries", requests.Retries.Load()),
		slog.Int64("throttled", requests.Throttled.Load()),
	}
	for _, count := range result.Counts { // those of a function count instead of ours: an object has each name once
		if at := slices.IndexFunc(attrs, func(a slog.Attr) bool { return a.Key == count.Key }); at >= 0 {
			attrs[at] = count
			continue
		}
		attrs = append(attrs, count)
	}
	if result.Err != nil {
		level = slog.LevelError
		attrs = append(attrs, ofError(result.Err)...)
	}
	h.log.LogAttrs(ctx, level, "invocation", attrs...)
	if result.FunctionError != "" {
		logged.Store(true)
		return nil, messages.InvokeResponse_Error{Type: result.FunctionError, Message: string(result.Payload), ShouldExit: panicked}
	}
	return result.Payload, nil
}

// panicError is the type of the function error of a panic.
const panicError = "Panic"

// guarded calls serve, and turns its panic into a result.
func (h *handler) guarded(ctx context.Context, request Request) (result Result, panicked bool) {
	var err error
	func() {
		defer failure.Caught(&err)
		result = h.serve(ctx, request)
	}()
	if err == nil {
		return result, false
	}
	return problem(err, request.ID, panicError), true
}

func problem(err error, id, functionError string) Result {
	f := failure.Of(err, failure.Grant{})
	return Result{Payload: answer.Problem(f, id), Status: f.Status, Err: err, FunctionError: functionError}
}

// maxPayload is the most bytes that Lambda takes for an answer or a function error.
// See https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const maxPayload = 6 << 20

// bounded returns the result, or an error instead of one that Lambda would not take: it would end the process, and nobody would see why. Each
// function bounds its answers; the message of a function error is a JSON string, in which some bytes become six.
func bounded(result Result, id string) Result {
	size := len(result.Payload)
	if result.FunctionError != "" && size > maxPayload/6 {
		text, _ := json.Marshal(string(result.Payload)) // a string always encodes
		size = len(text) + len(result.FunctionError) + 64
	}
	if size <= maxPayload {
		return result
	}
	err := &failure.Failure{Status: http.StatusInternalServerError, Code: "AnswerTooLarge",
		Message: fmt.Sprintf("the answer has %d bytes, more than the %d that Lambda takes; the function's log has its counts under this request id", size, maxPayload)}
	replaced := problem(err, id, result.FunctionError)
	replaced.Counts = result.Counts
	return replaced
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

// ofError are the fields of an error: its code, the call that failed and AWS's ID of it, each if there is one, and the text. Together they are
// shorter than the 256 KB of a log line, whatever the error.
func ofError(err error) []slog.Attr {
	facts := awserror.Read(err)
	var attrs []slog.Attr
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, failure.Cut(value, 256)))
		}
	}
	add("errorCode", failure.Code(err))
	if facts.Operation != "" {
		add("awsOperation", facts.Service+" "+facts.Operation)
	}
	add("awsRequestId", facts.RequestID)
	attrs = append(attrs, slog.String("error", failure.LogText(err)))
	if trace := failure.Trace(err); trace != "" {
		attrs = append(attrs, slog.String("trace", trace))
	}
	return attrs
}
