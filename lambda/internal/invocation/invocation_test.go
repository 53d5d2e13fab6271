package invocation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
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
