package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/crossgrant/crossgrant/sandbox/child"
	"github.com/crossgrant/crossgrant/sandbox/runtimeapi"
)

// function is a deployed function that is being called, and what it has printed.
type function struct {
	name string
	run  *runtimeapi.Function
	log  *child.Tail
}

// start fetches and starts the deployed function whose name ends in suffix.
func (d *demo) start(ctx context.Context, suffix string) (*function, error) {
	name, err := d.box.Deployed(ctx, d.box.Source, "AWS::Lambda::Function", suffix)
	if err != nil {
		return nil, err
	}
	d.step("Running the deployed code of %s as its own execution role", name)
	f := &function{name: name, log: &child.Tail{}}
	f.run, err = d.box.Function(ctx, name, f.log)
	return f, err
}

// answer is everything that the functions answer, of which each answer fills some.
type answer struct {
	StatusCode int              `json:"statusCode"`
	Error      string           `json:"error"`
	Next       string           `json:"next"`
	Objects    []object         `json:"objects"`
	Items      []map[string]any `json:"items"`

	raw string
}

type object struct {
	Key  string `json:"key"`
	Size int64  `json:"size"`
}

func (a answer) String() string { return a.raw }

// keys returns the keys of the answer's objects.
func (a answer) keys() []string {
	var keys []string
	for _, o := range a.Objects {
		keys = append(keys, o.Key)
	}
	return keys
}

// call invokes the function and reads what it answers. The error is for what kept it from answering at all.
func (f *function) call(ctx context.Context, event string) (answer, error) {
	payload, err := f.invoke(ctx, event)
	if err != nil {
		return answer{}, err
	}
	return read(payload)
}

// get invokes the function with an API Gateway event, and reads the body of what it answers.
func (f *function) get(ctx context.Context, event string) (answer, error) {
	payload, err := f.invoke(ctx, event)
	if err != nil {
		return answer{}, err
	}
	var response struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal(payload, &response); err != nil {
		return answer{}, fmt.Errorf("read response %.300s: %w", payload, err)
	}
	a, err := read([]byte(response.Body))
	a.StatusCode = response.StatusCode
	return a, err
}

func (f *function) invoke(ctx context.Context, event string) ([]byte, error) {
	result, err := f.run.Invoke(ctx, []byte(event))
	if err != nil {
		return nil, err
	}
	if result.Failed {
		return nil, fmt.Errorf("function failed on %.300s: %s\n%s", event, result.Payload, f.log)
	}
	return result.Payload, nil
}

func read(payload []byte) (answer, error) {
	a := answer{raw: string(payload)}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber() // a number keeps all its digits
	if err := decoder.Decode(&a); err != nil {
		return a, fmt.Errorf("read answer %.300s: %w", payload, err)
	}
	return a, nil
}
