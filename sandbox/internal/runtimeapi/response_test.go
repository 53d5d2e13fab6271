package runtimeapi

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAFunctionResponds(t *testing.T) {
	f := serve(t, "well")
	tests := []struct{ name, event, expected string }{
		{"text", `{"Do": "echo", "Text": "hello"}`, `"hello"`},
		{"text in other scripts", `{"Do": "echo", "Text": "żółć \u0000 🌍"}`, `"żółć \u0000 🌍"`},
		{"nothing", `{}`, `null`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if result := invoke(t, f, test.event); string(result.Payload) != test.expected || result.Failed {
				t.Errorf("found failed %t, %s; expected %s", result.Failed, result.Payload, test.expected)
			}
		})
	}
}

func TestAFunctionFails(t *testing.T) {
	const id = "00000000-0000-4000-8000-000000000001"
	tests := []struct{ name, event, kind, message string }{
		{"with an error", `{"Do": "fail", "Text": "no such key"}`, "errorString", "no such key"},
		{"with a panic", `{"Do": "panic", "Text": "no way"}`, "string", "no way"},
		{"with an exit", `{"Do": "exit"}`, "Runtime.ExitError", "RequestId: " + id + " Error: Runtime exited with error: exit status 1"},
		{"with a good exit", `{"Do": "exit well"}`, "Runtime.ExitError", "RequestId: " + id + " Error: Runtime exited without providing a reason"},
		{"past its timeout", `{"Do": "sleep"}`, "Sandbox.Timedout", "RequestId: " + id + " Error: Task timed out after 5.50 seconds"},
		{
			"with too large a response", `{"Do": "overfill"}`,
			"Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			limit := 20 * time.Second
			if test.name == "past its timeout" {
				limit = 5500 * time.Millisecond
			}
			f := serve(t, "well", timeout(limit))
			began := time.Now()
			requireFailure(t, invoke(t, f, test.event), test.kind, test.message)
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %s, expected little more than the timeout of 5.5 s at most", took)
			}
			if result := invoke(t, f, `{"Do": "echo", "Text": "again"}`); string(result.Payload) != `"again"` || result.Failed {
				t.Errorf("the next invocation found %s, expected a response", result.Payload)
			}
		})
	}
}

func TestAResponseMayBeAsLargeAsLambdaAllows(t *testing.T) {
	var printed log
	f := serve(t, "well", func(c *Config) { c.Log = &printed })
	result := invoke(t, f, `{"Do": "fill"}`)
	if len(result.Payload) != 6_291_556 || result.Failed {
		t.Errorf("found %d bytes, failed %t; expected 6291556", len(result.Payload), result.Failed)
	}
	before := look(t, f).Process
	if result := invoke(t, f, `{"Do": "overfill"}`); !result.Failed {
		t.Error("found a response of one byte more accepted, expected an error")
	}
	if after := look(t, f).Process; after == before {
		t.Error("found the program still running, expected that the error ends it")
	}
	if !strings.Contains(printed.String(), "unexpected status code: 413") {
		t.Errorf("found log %q, expected status 413 in it", printed.String())
	}
}

func TestAnEventMayBeAsLargeAsLambdaAllows(t *testing.T) {
	f := serve(t, "well")
	frame := `{"Do": "", "Text": ""}`
	event := `{"Do": "", "Text": "` + strings.Repeat("a", 6_291_456-len(frame)) + `"}`
	if result := invoke(t, f, event); string(result.Payload) != "null" || result.Failed {
		t.Errorf("found %.200s, expected null", result.Payload)
	}
	const message = "invoke function: found an event of 6291457 bytes, expected 6291456 at most"
	if _, err := f.Invoke(t.Context(), []byte(event+" ")); err == nil || err.Error() != message {
		t.Errorf("found error %v, expected %s", err, message)
	}
}

func TestAFunctionSeesWhatLambdaShows(t *testing.T) {
	t.Setenv("RUNTIMEAPI_TEST_SECRET", "of the caller")
	f := serve(t, "well", timeout(15*time.Second), func(c *Config) {
		c.Environment["TABLE"] = "orders = all"
		c.Environment["EMPTY"] = ""
		c.Environment["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:1" // reserved
	})
	for n := 1; n <= 3; n++ {
		s := look(t, f)
		if expected := fmt.Sprintf("00000000-0000-4000-8000-00000000000%d", n); s.RequestID != expected {
			t.Errorf("found request ID %s, expected %s", s.RequestID, expected)
		}
		if s.ARN != "arn:aws:lambda:eu-west-1:111111111111:function:list" {
			t.Errorf("found ARN %s", s.ARN)
		}
		if s.Left <= 10*time.Second || s.Left > 15*time.Second {
			t.Errorf("found %s until the deadline, expected a little under 15 s", s.Left)
		}
		// The client library sets the trace ID itself. The port of the address is known at run time only.
		s.Environment = slices.DeleteFunc(s.Environment, func(v string) bool { return v == "_X_AMZN_TRACE_ID=" })
		expected := []string{"AWS_LAMBDA_RUNTIME_API=", "EMPTY=", "GORACE=atexit_sleep_ms=0", "RUNTIMEAPI_TEST_START=well", "TABLE=orders = all"}
		s.Environment[0], _, _ = strings.Cut(s.Environment[0], "127.0.0.1:")
		if !slices.Equal(s.Environment, expected) {
			t.Errorf("found environment %q, expected %q", s.Environment, expected)
		}
	}
}

func TestTheOutputOfAFunctionIsKept(t *testing.T) {
	var printed bytes.Buffer
	f := serve(t, "well", func(c *Config) { c.Log = &printed })
	invoke(t, f, `{"Do": "fail", "Text": "no such key"}`)
	f.Stop()
	if !strings.Contains(printed.String(), `"errorMessage":"no such key"`) {
		t.Errorf("found log %q, expected the error in it", printed.String())
	}
}

func TestARuntimeThatBreaksTheRulesGetsErrors(t *testing.T) {
	f := serve(t, "by hand")
	tests := []string{
		`["next while busy 403",` +
			`"answer to another 400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}",` +
			`"late init error 403 {\"errorMessage\":\"found the runtime in state Running, in which it cannot ask for or report an initialization error\",` +
			`\"errorType\":\"InvalidStateTransition\"}"]`,
		`["application/json","answer 202 {\"status\":\"OK\"}",` +
			`"second answer 400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}",` +
			`"error after an answer 400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}"]`,
	}
	for n, expected := range tests {
		if result := invoke(t, f, `{}`); string(result.Payload) != expected || result.Failed {
			t.Errorf("invocation %d found\n%s, expected\n%s", n+1, result.Payload, expected)
		}
	}
}
