package invocation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

func invoke(t *testing.T, ctx context.Context, serve Serve) (answer string, line map[string]any) {
	t.Helper()
	var out bytes.Buffer
	handler := Handler("list", slog.New(slog.NewJSONHandler(&out, nil)), serve)
	got, err := handler.Invoke(lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "L1"}), []byte(`{"a":1}`))
	if err != nil {
		t.Fatalf("a function error: %v", err)
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Fatalf("%d log lines, want one: %s", n, out.String())
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	return string(got), line
}

func TestOneLogLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer, line := invoke(t, context.Background(), func(_ context.Context, r Request) Result {
			if r.ID != "L1" || string(r.Payload) != `{"a":1}` {
				t.Errorf("request %+v", r)
			}
			time.Sleep(1234 * time.Millisecond)
			return Result{Payload: []byte("{}"), Status: 200, Counts: []slog.Attr{slog.Int("count", 3)}}
		})
		if answer != "{}" {
			t.Errorf("answer %q", answer)
		}
		for name, want := range map[string]any{
			"level": "INFO", "msg": "invocation", "requestId": "L1", "operation": "list", "status": 200.0, "count": 3.0, "answerBytes": 2.0, "durationMs": 1234.0,
		} {
			if line[name] != want {
				t.Errorf("%s = %v, want %v", name, line[name], want)
			}
		}
	})
}

func TestAFailureIsLoggedAsErrorWithoutCredentials(t *testing.T) {
	_, line := invoke(t, context.Background(), func(context.Context, Request) Result {
		return Result{Payload: []byte("{}"), Status: 500, Err: errors.New("bad\nx-amz-security-token:Fwo\nend")}
	})
	if line["level"] != "ERROR" || line["error"] != "bad\nx-amz-security-token:[removed]\nend" {
		t.Errorf("line %v", line)
	}
}

func TestTheWorkEndsBeforeLambdaDoes(t *testing.T) {
	for _, c := range []struct {
		name       string
		left, want time.Duration
	}{
		{"a second before", 30 * time.Second, 29 * time.Second},
		{"a quarter before where little is left", 2 * time.Second, 1500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(context.Background(), c.left)
				defer cancel()
				invoke(t, ctx, func(work context.Context, _ Request) Result {
					deadline, ok := work.Deadline()
					if left := time.Until(deadline); !ok || left != c.want {
						t.Errorf("%s left for the work, want %s", left, c.want)
					}
					return Result{}
				})
			})
		})
	}
}

// Lambda retries and counts what is an error in its eyes; what it keeps of it is the type and the message.
func TestAFailureInLambdasEyes(t *testing.T) {
	handler := Handler("copy", slog.New(slog.DiscardHandler), func(context.Context, Request) Result {
		return Result{Payload: []byte(`{"failed":[]}`), Status: 500, FunctionError: "CopyIncomplete"}
	})
	answer, err := handler.Invoke(context.Background(), nil)
	var told messages.InvokeResponse_Error
	if answer != nil || !errors.As(err, &told) || told.Type != "CopyIncomplete" || told.Message != `{"failed":[]}` || told.ShouldExit {
		t.Errorf("found %s and %#v, expected a function error that keeps the process", answer, err)
	}
}

// Nothing about an event, an error or a panic makes the line longer than CloudWatch Logs takes, or no JSON.
// See https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html.
func TestALogLineIsOneLineOfJSONBelow256KB(t *testing.T) {
	ugly := strings.Repeat("\x00\x1f\xff\u2028<&\n", 1<<16)
	var joined []error
	for range 10_000 {
		joined = append(joined, errors.New("message \x01 failed"))
	}
	for name, result := range map[string]Result{
		"control characters":       {Err: errors.New(ugly)},
		"a code of them":           {Err: &smithy.GenericAPIError{Code: ugly, Message: ugly}},
		"10,000 errors":            {Err: errors.Join(joined...)},
		"a call of them":           {Err: &smithy.OperationError{ServiceID: ugly, OperationName: ugly, Err: errors.New("x")}},
		"a failure of the logic's": {Err: &failure.Failure{Code: ugly, Message: ugly}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			handler := Handler("list", slog.New(slog.NewJSONHandler(&out, nil)), func(context.Context, Request) Result { return result })
			if _, err := handler.Invoke(context.Background(), []byte(ugly)); err != nil {
				t.Fatal(err)
			}
			var line map[string]any
			if err := json.Unmarshal(out.Bytes(), &line); err != nil || strings.Count(out.String(), "\n") != 1 || out.Len() >= 256<<10 || line["error"] == "" {
				t.Errorf("found %d bytes, %v", out.Len(), err)
			}
		})
	}
}

func TestTheLineNamesTheCallThatFailed(t *testing.T) {
	_, line := invoke(t, context.Background(), func(context.Context, Request) Result {
		return Result{Status: 403, Err: &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: &awshttp.ResponseError{RequestID: "AWS1",
			ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 403}}, Err: &smithy.GenericAPIError{Code: "AccessDenied"}}}}}
	})
	for name, want := range map[string]any{"errorCode": "AccessDenied", "awsOperation": "S3 GetObject", "awsRequestId": "AWS1"} {
		if line[name] != want {
			t.Errorf("%s = %v, want %v", name, line[name], want)
		}
	}
	_, line = invoke(t, context.Background(), func(context.Context, Request) Result { return Result{Status: 200} })
	for _, name := range []string{"errorCode", "awsOperation", "awsRequestId", "error", "trace"} {
		if got, ok := line[name]; ok {
			t.Errorf("a success has %s %v", name, got)
		}
	}
}

func TestTheLineCountsRequests(t *testing.T) {
	_, line := invoke(t, context.Background(), func(ctx context.Context, _ Request) Result { return Result{Status: 200} })
	for _, name := range []string{"requests", "retries", "throttled"} {
		if line[name] != 0.0 {
			t.Errorf("%s = %v, want 0", name, line[name])
		}
	}
	var out bytes.Buffer
	handler := Handler("copy", slog.New(slog.NewJSONHandler(&out, nil)), func(context.Context, Request) Result {
		return Result{Status: 200, Counts: []slog.Attr{slog.Int("retries", 7), slog.Int("copied", 1), slog.Int("copied", 2)}}
	})
	if _, err := handler.Invoke(context.Background(), nil); err != nil || strings.Count(out.String(), `"retries":`) != 1 ||
		!strings.Contains(out.String(), `"retries":7,"throttled":0,"copied":2}`) {
		t.Errorf("found %s, expected each name once", out.String())
	}
}

// A caller sees no trace, and the log has it as one line.
func TestAPanicIsAFunctionError(t *testing.T) {
	var out bytes.Buffer
	handler := Handler("list", slog.New(slog.NewJSONHandler(&out, nil)), func(context.Context, Request) Result {
		var p *Request
		return Result{Payload: p.Payload}
	})
	answer, err := handler.Invoke(lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "L1"}), nil)
	var told messages.InvokeResponse_Error
	const want = `{"statusCode":500,"error":"internal error: the function's log has the cause under this request id","requestId":"L1"}`
	if answer != nil || !errors.As(err, &told) || told.Type != "Panic" || told.Message != want || len(told.StackTrace) != 0 || !told.ShouldExit {
		t.Errorf("found %s and %+v, expected a function error that ends the process", answer, err)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("found %v: %s", err, out.String())
	}
	if trace, _ := line["trace"].(string); line["status"] != 500.0 || line["errorCode"] != "InternalError" || !strings.Contains(trace, "invocation_test.go") ||
		line["error"] != "panic: runtime error: invalid memory address or nil pointer dereference" {
		t.Errorf("found %v", line)
	}
}

func TestAnAnswerThatLambdaWouldNotTake(t *testing.T) {
	for _, c := range []struct {
		name, functionError string
		payload             string
		replaced            bool
	}{
		{"an answer of 6 MiB", "", strings.Repeat("x", 6<<20), false},
		{"one byte more", "", strings.Repeat("x", 6<<20+1), true},
		{"a function error whose bytes become six", "CopyIncomplete", strings.Repeat("<", 1<<20+1<<10), true},
		{"a function error of 5 MiB", "CopyIncomplete", strings.Repeat("x", 5<<20), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			handler := Handler("copy", slog.New(slog.NewJSONHandler(&out, nil)), func(context.Context, Request) Result {
				return Result{Payload: []byte(c.payload), Status: 200, FunctionError: c.functionError, Counts: []slog.Attr{slog.Int("copied", 7)}}
			})
			got, err := handler.Invoke(context.Background(), nil)
			if told := (messages.InvokeResponse_Error{}); errors.As(err, &told) {
				got = []byte(told.Message)
			}
			if replaced := string(got) != c.payload; replaced != c.replaced || (err != nil) != (c.functionError != "") || len(got) > 6<<20 || !strings.Contains(out.String(), `"copied":7`) {
				t.Errorf("found %.200s, %t", got, replaced)
			}
			if c.replaced && (!strings.Contains(string(got), `{"statusCode":500,"error":"the answer has 6`) || !strings.Contains(out.String(), `"errorCode":"AnswerTooLarge"`)) {
				t.Errorf("found %.200s and %.300s", got, out.String())
			}
		})
	}
}

// The runtime interface client prints the payload of a function error, which the log has already.
func TestTheRuntimeRepeatsNoAnswer(t *testing.T) {
	var out bytes.Buffer
	lines := slog.New(slog.NewJSONHandler(&out, nil))
	handler := Handler("copy", lines, func(context.Context, Request) Result {
		return Result{Payload: []byte(`{"failed":["SECRET-KEY"]}`), Status: 500, FunctionError: "CopyIncomplete"}
	})
	if _, err := handler.Invoke(context.Background(), nil); err == nil {
		t.Fatal("found no function error")
	}
	printed := []byte(`{"errorMessage":"{\"failed\":[\"SECRET-KEY\"]}","errorType":"CopyIncomplete"}` + "\n")
	w := runtimeLog{lines}
	if n, err := w.Write(printed); n != len(printed) || err != nil || strings.Count(out.String(), "\n") != 1 || strings.Contains(out.String(), "SECRET-KEY") {
		t.Errorf("found %d, %v: %s", n, err, out.String())
	}
	out.Reset()
	for _, text := range []string{`{"errorMessage":"failed to parse deadline","errorType":"errorString"}`, "calling the handler function\nresulted in a panic"} {
		if _, err := w.Write([]byte(text + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	written := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, part := range []string{"failed to parse deadline", `function\nresulted`} {
		if len(written) != 2 || !json.Valid([]byte(written[i])) || !strings.Contains(written[i], part) || !strings.Contains(written[i], `"msg":"runtime"`) {
			t.Errorf("found %q, expected two lines, one with %s", written, part)
		}
	}
}
