package statemachine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// memory is an S3 with pages of two objects, by bucket and key.
type memory struct {
	sync.Mutex
	objects map[string]string
	broken  bool
}

var modified = time.Unix(1668699881, 0)

func (m *memory) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	m.Lock()
	defer m.Unlock()
	if m.broken {
		return nil, fmt.Errorf("AccessDenied")
	}
	out := &s3.ListObjectsV2Output{}
	for _, key := range slices.Sorted(maps.Keys(m.objects)) {
		bucket, key, _ := strings.Cut(key, "/")
		switch {
		case bucket != *in.Bucket || !strings.HasPrefix(key, aws.ToString(in.Prefix)) || key <= aws.ToString(in.ContinuationToken):
		case len(out.Contents) == 2:
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), out.Contents[1].Key
		default:
			out.Contents = append(out.Contents, types.Object{Key: &key, ETag: aws.String(`"e"`), Size: aws.Int64(int64(len(m.objects[bucket+"/"+key]))),
				LastModified: &modified, StorageClass: types.ObjectStorageClassStandard})
		}
	}
	return out, nil
}

func (m *memory) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	m.Lock()
	defer m.Unlock()
	text, ok := m.objects[*in.Bucket+"/"+*in.Key]
	if !ok {
		return nil, fmt.Errorf("NoSuchKey %s", *in.Key)
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(text))}, nil
}

func (m *memory) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	m.Lock()
	defer m.Unlock()
	if m.broken {
		return nil, fmt.Errorf("AccessDenied")
	}
	text, err := io.ReadAll(in.Body)
	m.objects[*in.Bucket+"/"+*in.Key] = string(text)
	return &s3.PutObjectOutput{}, err
}

// lambda answers with the payload, unless the test says otherwise, and remembers it.
type lambda struct {
	sync.Mutex
	payloads []string
	answer   func(payload string, nth int) (string, *Error)
}

func (l *lambda) invoke(function string, payload []byte) ([]byte, *Error) {
	l.Lock()
	l.payloads = append(l.payloads, string(payload))
	nth := len(l.payloads)
	l.Unlock()
	if l.answer == nil {
		return payload, nil
	}
	text, err := l.answer(string(payload), nth)
	return []byte(text), err
}

// task is a Task that answers with what the function answers.
const task = `{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "OutputPath": "$.Payload", %s}`

func start(t *testing.T, definition, input string, l *lambda, m *memory) *Execution {
	t.Helper()
	machine, err := Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	if m == nil {
		m = &memory{objects: map[string]string{}}
	}
	parquet := func(file []byte) ([]any, error) {
		if string(file) != "PAR1" {
			return nil, fmt.Errorf("found no Parquet file")
		}
		return []any{string(file), number(1)}, nil
	}
	e, err := machine.Start(Config{Name: "m", Region: "us-east-2", Account: "111111111111", Invoke: l.invoke, S3: m, Parquet: parquet, Seed: 1}, "x", []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// requireEnd compares the end of an execution: SUCCEEDED and the output, or the status and the error's name.
func requireEnd(t *testing.T, e *Execution, expected string) {
	t.Helper()
	status, output, err := e.Wait()
	found := string(status) + " " + string(output)
	if err != nil {
		found += err.Name
	}
	if found != expected {
		t.Errorf("found %s (%v), expected %s", found, err, expected)
	}
}

func machine(states string) string { return `{"StartAt": "A", "States": {` + states + `}}` }

func TestStates(t *testing.T) {
	for _, c := range []struct{ name, states, input, expected string }{
		{"Pass with a Result", `"A": {"Type": "Pass", "Result": {"x": 1}, "ResultPath": "$.b.c", "End": true}`, `{"a": 2}`, `SUCCEEDED {"a":2,"b":{"c":{"x":1}}}`},
		{"Pass with Parameters", `"A": {"Type": "Pass", "Parameters": {"b.$": "$.a[1]", "c": "d", "n.$": "$$.Execution.Name"}, "End": true}`, `{"a": [1, 2]}`, `SUCCEEDED {"b":2,"c":"d","n":"x"}`},
		{"InputPath and OutputPath", `"A": {"Type": "Pass", "InputPath": "$.a", "ResultPath": "$.r", "OutputPath": "$.r", "End": true}`, `{"a": 1}`, `SUCCEEDED 1`},
		{"a ResultPath of null", `"A": {"Type": "Pass", "Result": 1, "ResultPath": null, "End": true}`, `{"a": 1}`, `SUCCEEDED {"a":1}`},
		{"an InputPath of null", `"A": {"Type": "Pass", "InputPath": null, "End": true}`, `{"a": 1}`, `SUCCEEDED {}`},
		{"a path that selects nothing", `"A": {"Type": "Pass", "InputPath": "$.b", "End": true}`, `{"a": 1}`, `FAILED States.Runtime`},
		{"Fail", `"A": {"Type": "Fail", "Error": "E", "Cause": "c"}`, `{}`, `FAILED E`},
		{"Succeed", `"A": {"Type": "Succeed", "OutputPath": "$.a"}`, `{"a": 1}`, `SUCCEEDED 1`},
		{"Parallel", `"A": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "Result": 1, "End": true}}}, {"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}]}`, `{"a": 1}`, `SUCCEEDED [1,{"a":1}]`},
		{"Parallel whose branch fails", `"A": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Fail", "Error": "E"}}}, {"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}]}`, `{}`, `FAILED E`},
		{"Map", `"A": {"Type": "Map", "ItemsPath": "$.a", "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "b.$": "$.b"}, "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}}`, `{"a": [7, 8], "b": 9}`, `SUCCEEDED [{"b":9,"i":0,"v":7},{"b":9,"i":1,"v":8}]`},
		{"Map over an object", `"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}}`, `{"a": 7}`, `SUCCEEDED [{"Key":"a","Value":7}]`},
		{"Map over nothing that has items", `"A": {"Type": "Map", "ItemsPath": "$.a", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}}`, `{"a": 7}`, `FAILED States.Runtime`},
		{"intrinsic functions", `"A": {"Type": "Pass", "Parameters": {"a.$": "States.Format('{}/{}', $.p, States.MathAdd($.n, 1))", "b.$": "States.ArrayLength(States.Array(1, $.n))", "c.$": "States.StringToJson($.o)", "d.$": "States.ArrayGetItem(States.StringSplit($.s, '/'), 1)"}, "End": true}`,
			`{"p": "x", "n": 2, "o": "{\"k\": 1}", "s": "a/b/c"}`, `SUCCEEDED {"a":"x/3","b":2,"c":{"k":1},"d":"b"}`},
		{"an index that is not there", `"A": {"Type": "Pass", "Parameters": {"a.$": "States.ArrayGetItem($.l, 1)"}, "End": true}`, `{"l": [1]}`, `FAILED States.Runtime`},
		{"all of a list", `"A": {"Type": "Pass", "Parameters": {"a.$": "$.l[*].k", "b.$": "$.e[*].k"}, "End": true}`, `{"l": [{"k": 1}, {"x": 2}, {"k": 3}], "e": []}`, `SUCCEEDED {"a":[1,3],"b":[]}`},
		{"a ResultSelector", `"A": {"Type": "Map", "End": true, "ResultSelector": {"n.$": "States.ArrayLength($)"}, "ResultPath": "$.r", "ItemsPath": "$.a", "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}}`, `{"a": [1, 2]}`, `SUCCEEDED {"a":[1,2],"r":{"n":2}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			requireEnd(t, start(t, machine(c.states), c.input, &lambda{}, nil), c.expected)
		})
	}
}

func TestChoice(t *testing.T) {
	for _, c := range []struct{ rule, input, expected string }{
		{`"Variable": "$.a", "IsPresent": true`, `{"a": null}`, "1"},
		{`"Variable": "$.a", "IsPresent": true`, `{}`, "0"},
		{`"Variable": "$.a", "IsPresent": false`, `{}`, "1"},
		{`"Variable": "$.a", "IsNull": true`, `{"a": null}`, "1"},
		{`"Variable": "$.a", "StringEquals": "x"`, `{"a": "x"}`, "1"},
		{`"Variable": "$.a", "StringEquals": "x"`, `{"a": 1}`, "0"},
		{`"Variable": "$.a", "StringEquals": "x"`, `{}`, "FAILED States.Runtime"},
		{`"Variable": "$.a", "BooleanEquals": false`, `{"a": false}`, "1"},
		{`"Variable": "$.a", "NumericEquals": 2`, `{"a": 2.0}`, "1"},
		{`"Variable": "$.a", "NumericGreaterThan": 2`, `{"a": 2}`, "0"},
		{`"Variable": "$.a", "NumericGreaterThanEquals": 2`, `{"a": 2}`, "1"},
		{`"Variable": "$.a", "NumericLessThan": 2`, `{"a": 1}`, "1"},
		{`"Variable": "$.a", "NumericLessThanEquals": 2`, `{"a": 3}`, "0"},
		{`"Variable": "$.a", "StringEqualsPath": "$.b"`, `{"a": "x", "b": "x"}`, "1"},
		{`"Variable": "$.a", "NumericLessThanPath": "$.b"`, `{"a": 1, "b": 2}`, "1"},
		{`"Variable": "$.a", "NumericLessThanPath": "$.b"`, `{"a": 2, "b": 2}`, "0"},
		{`"Variable": "$.a", "NumericLessThanPath": "$.b"`, `{"a": 2, "b": "3"}`, "FAILED States.Runtime"},
		{`"Variable": "$.a", "NumericLessThanPath": "$.c"`, `{"a": 2}`, "FAILED States.Runtime"},
		{`"Not": {"Variable": "$.a", "IsPresent": true}`, `{}`, "1"},
		{`"And": [{"Variable": "$.a", "IsPresent": true}, {"Variable": "$.a", "NumericEquals": 1}]`, `{"a": 1}`, "1"},
		{`"And": [{"Variable": "$.a", "IsPresent": true}, {"Variable": "$.a", "NumericEquals": 1}]`, `{}`, "0"},
		{`"Or": [{"Variable": "$.a", "IsPresent": false}, {"Variable": "$.a", "NumericEquals": 1}]`, `{"a": 1}`, "1"},
		{`"Or": [{"Variable": "$.a", "IsPresent": false}, {"Variable": "$.a", "NumericEquals": 1}]`, `{"a": 2}`, "0"},
	} {
		states := `"A": {"Type": "Choice", "Choices": [{` + c.rule + `, "Next": "B"}], "Default": "C"}, "B": {"Type": "Pass", "Result": 1, "End": true}, "C": {"Type": "Pass", "Result": 0, "End": true}`
		if expected := c.expected; !strings.HasPrefix(expected, "FAILED") {
			c.expected = "SUCCEEDED " + expected
		}
		t.Run(c.rule+" "+c.input, func(t *testing.T) { requireEnd(t, start(t, machine(states), c.input, &lambda{}, nil), c.expected) })
	}
	states := `"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "B"}]}, "B": {"Type": "Succeed"}`
	requireEnd(t, start(t, machine(states), `{}`, &lambda{}, nil), "FAILED States.NoChoiceMatched")
}

// The examples of https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
func TestRetryAndCatch(t *testing.T) {
	complexRetry := `"Retry": [{"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "BackoffRate": 2.0, "MaxAttempts": 2}, {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5}],
		"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z", "ResultPath": "$.e"}], "Next": "Y"`
	const states = `, "Y": {"Type": "Pass", "Result": "Y", "End": true}, "Z": {"Type": "Pass", "Parameters": {"z.$": "$.e.Error"}, "End": true}`
	for _, c := range []struct {
		name, fields string
		errors       []string
		expected     string
		seconds      int
		invocations  int64
	}{
		{"a retrier is exhausted", complexRetry, []string{"ErrorA", "ErrorB", "ErrorC", "ErrorB"}, `SUCCEEDED {"z":"ErrorB"}`, 8, 4},
		{"the last attempt works", complexRetry, []string{"ErrorA", "ErrorB"}, `SUCCEEDED "Y"`, 3, 3},
		{"MaxDelaySeconds", `"Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 3, "MaxAttempts": 3, "BackoffRate": 2, "MaxDelaySeconds": 5}], "Next": "Y", "Catch": [{"ErrorEquals": ["X"], "Next": "Z"}]`,
			[]string{"E", "E", "E"}, `SUCCEEDED "Y"`, 13, 4},
		{"all but States.Timeout", `"Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}], "Next": "Y", "Catch": [{"ErrorEquals": ["X"], "Next": "Z"}]`,
			[]string{"E", "States.Timeout"}, "FAILED States.Timeout", 1, 2},
		{"States.TaskFailed is no timeout", `"Retry": [{"ErrorEquals": ["States.TaskFailed"]}], "Next": "Y", "Catch": [{"ErrorEquals": ["X"], "Next": "Z"}]`, []string{"States.Timeout"}, "FAILED States.Timeout", 0, 1},
		{"States.Runtime is never caught", `"Retry": [{"ErrorEquals": ["States.ALL"]}], "Next": "Y", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]`, []string{"States.Runtime"}, "FAILED States.Runtime", 0, 1},
		{"States.ALL does not catch States.DataLimitExceeded", `"Next": "Y", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]`, []string{"States.DataLimitExceeded"}, "FAILED States.DataLimitExceeded", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &lambda{answer: func(payload string, nth int) (string, *Error) {
				if nth <= len(c.errors) {
					return "", &Error{c.errors[nth-1], "because"}
				}
				return payload, nil
			}}
			e := start(t, machine(`"A": `+fmt.Sprintf(task, c.fields)+states), `{}`, l, nil)
			requireEnd(t, e, c.expected)
			if seconds := int(e.Duration().Seconds()); seconds != c.seconds || e.Totals().Invocations != c.invocations {
				t.Errorf("found %d invocations in %d s, expected %d in %d s", e.Totals().Invocations, seconds, c.invocations, c.seconds)
			}
		})
	}
}

// Full jitter is between nothing and the interval.
func TestJitter(t *testing.T) {
	l := &lambda{answer: func(payload string, nth int) (string, *Error) {
		if nth <= 40 {
			return "", &Error{"E", ""}
		}
		return payload, nil
	}}
	e := start(t, machine(`"A": `+fmt.Sprintf(task, `"Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 10, "BackoffRate": 1, "MaxAttempts": 40, "JitterStrategy": "FULL"}], "End": true`)), `{}`, l, nil)
	requireEnd(t, e, "SUCCEEDED {}")
	if d := e.Duration(); d < 100*time.Second || d > 300*time.Second {
		t.Errorf("found 40 waits of %s, expected about 5 s each", d)
	}
}

func TestLimits(t *testing.T) {
	large := `"` + strings.Repeat("x", maxPayload) + `"`
	t.Run("the answer of a function", func(t *testing.T) {
		l := &lambda{answer: func(string, int) (string, *Error) { return large, nil }}
		requireEnd(t, start(t, machine(`"A": `+fmt.Sprintf(task, `"End": true`)), `{}`, l, nil), "FAILED States.DataLimitExceeded")
	})
	t.Run("the history", func(t *testing.T) {
		loop := machine(`"A": ` + fmt.Sprintf(task, `"Next": "B"`) + `, "B": {"Type": "Choice", "Choices": [{"Variable": "$.more", "IsPresent": true, "Next": "A"}], "Default": "C"}, "C": {"Type": "Succeed"}`)
		e := start(t, loop, `{"more": true}`, &lambda{}, nil)
		requireEnd(t, e, "FAILED States.Runtime")
		if n := e.Totals().MostEvents; n < maxEvents || n > maxEvents+5 {
			t.Errorf("found %d events, expected %d", n, maxEvents)
		}
		if err := e.Redrive(); err == nil {
			t.Error("found a redrive of a full history, expected an error")
		}
	})
	t.Run("the time of a task", func(t *testing.T) {
		l := &lambda{answer: func(string, int) (string, *Error) { time.Sleep(1100 * time.Millisecond); return "{}", nil }}
		requireEnd(t, start(t, machine(`"A": `+fmt.Sprintf(task, `"TimeoutSeconds": 1, "End": true`)), `{}`, l, nil), "FAILED States.Timeout")
	})
	t.Run("the time of the machine", func(t *testing.T) {
		e := start(t, `{"TimeoutSeconds": 60, "StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 50, "Next": "B"}, "B": {"Type": "Wait", "SecondsPath": "$.s", "End": true}}}`, `{"s": 20}`, &lambda{}, nil)
		requireEnd(t, e, "TIMED_OUT States.Timeout")
		if err := e.Redrive(); err != nil {
			t.Fatal(err)
		}
		requireEnd(t, e, `SUCCEEDED {"s":20}`) // the time begins anew
	})
	t.Run("the time of what runs at once, which is that of the longest, and of what runs one after the other", func(t *testing.T) {
		wait := func(seconds string) string {
			return `{"StartAt": "` + seconds + `", "States": {"` + seconds + `": {"Type": "Wait", "Seconds": ` + seconds + `, "End": true}}}`
		}
		e := start(t, machine(`"A": {"Type": "Parallel", "Branches": [`+wait("30")+`, `+wait("5")+`], "Next": "B"},
			"B": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": `+wait("10")+`, "End": true}`), `[1, 2]`, &lambda{}, nil)
		if status, _, err := e.Wait(); status != Succeeded {
			t.Fatalf("found %s %v", status, err)
		}
		if found := e.Duration().Round(time.Second); found != 50*time.Second {
			t.Errorf("found %s, expected 30 s and twice 10 s", found)
		}
	})
	t.Run("an input", func(t *testing.T) {
		m, err := Parse([]byte(machine(`"A": {"Type": "Succeed"}`)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Start(Config{}, "x", []byte(large)); err == nil {
			t.Error("found no error, expected one")
		}
	})
}

// A redrive runs only the branch that failed, from the state that failed.
func TestRedriveOfBranches(t *testing.T) {
	branch := func(first, second string) string {
		return fmt.Sprintf(`{"StartAt": %q, "States": {%q: %s, %q: %s}}`, first, first, fmt.Sprintf(strings.Replace(task, `"Payload.$": "$"`, fmt.Sprintf(`"Payload": %q`, first), 1), fmt.Sprintf(`"Next": %q`, second)),
			second, fmt.Sprintf(strings.Replace(task, `"Payload.$": "$"`, fmt.Sprintf(`"Payload": %q`, second), 1), `"End": true`))
	}
	broken := true
	l := &lambda{answer: func(payload string, _ int) (string, *Error) {
		if payload == `"Q2"` && broken {
			time.Sleep(100 * time.Millisecond) // the other branch is through
			return "", &Error{"E", ""}
		}
		return payload, nil
	}}
	e := start(t, machine(`"A": {"Type": "Parallel", "End": true, "Branches": [`+branch("P1", "P2")+`, `+branch("Q1", "Q2")+`]}`), `{}`, l, nil)
	requireEnd(t, e, "FAILED E")
	broken, l.payloads = false, nil
	if err := e.Redrive(); err != nil {
		t.Fatal(err)
	}
	requireEnd(t, e, `SUCCEEDED ["P2","Q2"]`)
	if found := strings.Join(l.payloads, " "); found != `"Q2"` {
		t.Errorf("found the redrive run %s, expected Q2 alone", found)
	}
	if err := e.Redrive(); err == nil {
		t.Error("found a redrive of an execution that succeeded, expected an error")
	}
}

// What was stopped is redriven, and the function that ran goes on.
func TestStop(t *testing.T) {
	release, started := make(chan bool), make(chan bool, 2)
	l := &lambda{answer: func(payload string, nth int) (string, *Error) {
		started <- true
		if nth == 1 {
			<-release
		}
		return payload, nil
	}}
	e := start(t, machine(`"A": `+fmt.Sprintf(task, `"End": true`)), `{"a": 1}`, l, nil)
	<-started
	e.Stop()
	requireEnd(t, e, "ABORTED ")
	if err := e.Redrive(); err != nil {
		t.Fatal(err)
	}
	requireEnd(t, e, `SUCCEEDED {"a":1}`)
	close(release)
	e.Idle()
	if n := e.Totals().Invocations; n != 2 {
		t.Errorf("found %d invocations, expected 2", n)
	}
}

// lines are the elements of a JSON list, one a line.
func lines(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	if err := json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&all); err != nil {
		t.Fatalf("read %.200s: %v", text, err)
	}
	return all
}

// Tasks that call other services than Lambda.
func TestCalls(t *testing.T) {
	m := &memory{objects: map[string]string{"b/k": "{}"}}
	get := `"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket": "b", "Key.$": "$.k"}, "End": true}`
	requireEnd(t, start(t, machine(get), `{"k": "k"}`, &lambda{}, m), `SUCCEEDED {"Body":"{}"}`)
	requireEnd(t, start(t, machine(get), `{"k": "none"}`, &lambda{}, m), "FAILED S3.S3Exception")

	count := `"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeMapRun", "Parameters": {"MapRunArn.$": "$.MapRunArn"}, "ResultSelector": {"of.$": "$.ItemCounts.Total", "is.$": "$.ItemCounts.Succeeded", "not.$": "$.ItemCounts.Failed"}, "End": true}`
	l := &lambda{answer: failOn("b")}
	e := start(t, strings.Replace(strings.Replace(distributed("STANDARD", `"ToleratedFailureCount": 1, "ItemsPath": "$.n", `+fmt.Sprintf(writer, ""), oneTask("")), `"End": true, "ItemProcessor"`, `"Next": "C", "ItemProcessor"`, 1),
		`"StartAt": "A", "States": {`, `"StartAt": "A", "States": {"C": {`+count+`, `, 1), `{"n": ["a", "b", "c"]}`, l, m)
	requireEnd(t, e, `SUCCEEDED {"is":2,"not":1,"of":3}`)

	machine, err := Parse([]byte(machine(`"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:listExecutions", "Parameters": {"StateMachineArn.$": "$$.StateMachine.Id", "StatusFilter": "RUNNING"}, "ResultSelector": {"names.$": "$.Executions[*].Name"}, "ResultPath": "$.runs", "Next": "B"}, "B": ` +
		fmt.Sprintf(task, `"End": true`))))
	if err != nil {
		t.Fatal(err)
	}
	reached, release := make(chan bool, 2), make(chan bool)
	waiting := &lambda{answer: func(payload string, _ int) (string, *Error) { reached <- true; <-release; return payload, nil }}
	var all []*Execution
	for _, name := range []string{"first", "second"} {
		e, err := machine.Start(Config{Name: "m", Region: "us-east-2", Account: "111111111111", Invoke: waiting.invoke}, name, []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		<-reached
		all = append(all, e)
	}
	close(release)
	requireEnd(t, all[0], `SUCCEEDED {"runs":{"names":["first"]}}`)
	requireEnd(t, all[1], `SUCCEEDED {"runs":{"names":["second","first"]}}`)
}
