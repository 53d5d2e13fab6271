package runtimeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The test binary also runs as the function. This variable selects how it starts, and the event what it does.
const startVariable = "RUNTIMEAPI_TEST_START"

func TestMain(m *testing.M) {
	switch os.Getenv(startVariable) {
	case "":
		os.Exit(m.Run())
	case "well":
		lambda.Start(handle)
	case "with an init error":
		post("/runtime/init/error", `{"errorMessage":"no table","errorType":"Function.NoTable"}`)
		time.Sleep(time.Minute) // Lambda stops it
	case "with an exit":
		os.Exit(4)
	case "with a good exit":
		os.Exit(0)
	case "never":
		time.Sleep(time.Minute)
	case "slowly":
		time.Sleep(5500 * time.Millisecond) // longer than the timeout of its test
		lambda.Start(handle)
	case "by hand":
		serveByHand()
	}
}

// seen is what the function sees.
type seen struct {
	Process     int
	RequestID   string
	ARN         string
	Left        time.Duration // until the deadline
	Environment []string
}

func handle(ctx context.Context, event struct{ Do, Text string }) (any, error) {
	switch event.Do {
	case "echo":
		return event.Text, nil
	case "look":
		request, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		environment := os.Environ()
		slices.Sort(environment)
		return seen{os.Getpid(), request.AwsRequestID, request.InvokedFunctionArn, time.Until(deadline), environment}, nil
	case "fail":
		return nil, errors.New(event.Text)
	case "panic":
		panic(event.Text)
	case "exit":
		os.Exit(1)
	case "exit well":
		os.Exit(0)
	case "exit afterwards":
		time.AfterFunc(50*time.Millisecond, func() { os.Exit(1) })
		return os.Getpid(), nil
	case "sleep":
		fmt.Println(os.Getpid())
		time.Sleep(time.Minute)
	case "nap":
		began := time.Now()
		time.Sleep(30 * time.Millisecond)
		return []int64{began.UnixNano(), time.Now().UnixNano()}, nil
	case "fill":
		return strings.Repeat("a", MaxResponse-2), nil // and two quotes
	case "overfill":
		return strings.Repeat("a", MaxResponse-1), nil
	}
	return nil, nil
}

// serveByHand is a runtime that breaks the rules of the Runtime API and responds with the statuses that it got.
func serveByHand() {
	id := getNext().Header.Get("Lambda-Runtime-Aws-Request-Id")
	statuses := []string{
		fmt.Sprintf("next while busy %d", getNext().StatusCode),
		"answer to another " + post("/runtime/invocation/another/response", `{}`),
		"late init error " + post("/runtime/init/error", `{}`),
	}
	answer, _ := json.Marshal(statuses)
	accepted := post("/runtime/invocation/"+id+"/response", string(answer))
	again := post("/runtime/invocation/"+id+"/response", `"again"`)
	failedToo := post("/runtime/invocation/"+id+"/error", `"failed too"`)
	next := getNext()
	header := []string{next.Header.Get("Content-Type")}
	answer, _ = json.Marshal(append(header, "answer "+accepted, "second answer "+again, "error after an answer "+failedToo))
	post("/runtime/invocation/"+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", string(answer))
	getNext()
}

func endpoint(path string) string {
	return "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01" + path
}

func getNext() *http.Response {
	response, err := http.Get(endpoint("/runtime/invocation/next"))
	if err != nil {
		os.Exit(9)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return response
}

func post(path, body string) string {
	response, err := http.Post(endpoint(path), "application/json", strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, text)
}

const functionARN = "arn:aws:lambda:eu-west-1:111111111111:function:list"

// serve serves the test function. change may change its configuration.
func serve(t *testing.T, start string, change ...func(*Config)) *Function {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	config := Config{
		Binary: executable, FunctionARN: functionARN, Timeout: 20 * time.Second,
		// By default the race detector sleeps for a second at each exit.
		Environment: map[string]string{startVariable: start, "GORACE": "atexit_sleep_ms=0"},
	}
	for _, c := range change {
		c(&config)
	}
	f, err := Serve(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Stop)
	return f
}

func timeout(d time.Duration) func(*Config) { return func(c *Config) { c.Timeout = d } }

func invoke(t *testing.T, f *Function, event string) Result {
	t.Helper()
	result, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("invoke on %s: %v", event, err)
	}
	return result
}

func look(t *testing.T, f *Function) seen {
	t.Helper()
	var s seen
	result := invoke(t, f, `{"Do": "look"}`)
	if err := json.Unmarshal(result.Payload, &s); err != nil || result.Failed {
		t.Fatalf("look: found %s", result.Payload)
	}
	return s
}

// requireFailure checks the type and the message of a failure.
func requireFailure(t *testing.T, result Result, kind, message string) {
	t.Helper()
	var found struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(result.Payload, &found); err != nil {
		t.Fatalf("read error %.100s: %v", result.Payload, err)
	}
	if !result.Failed || found.ErrorType != kind || found.ErrorMessage != message {
		t.Errorf("found failed %t, type %q, message %q;\nexpected a failure, %q, %q", result.Failed, found.ErrorType, found.ErrorMessage, kind, message)
	}
}

// log is a writer that may be read while the function runs.
type log struct {
	mutex   sync.Mutex
	printed bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.printed.Write(p)
}

func (l *log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.printed.String()
}
