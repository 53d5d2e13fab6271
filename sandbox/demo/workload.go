package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/sandbox"
)

// outsidePrefix is a key prefix that no grant covers.
const outsidePrefix = "private/"

// bigNumber has 38 digits, as many as DynamoDB keeps and more than a float64 does.
const bigNumber = "12345678901234567890123456789012345678"

func key(prefix string, i int) string { return fmt.Sprintf("%s%06d.txt", prefix, i) }

// bucket returns the name of a deployed bucket by its purpose, such as "uploads"; by "" the name of the data bucket.
func (d *demo) bucket(ctx context.Context, account *sandbox.Account, purpose string) (string, error) {
	if purpose == "" {
		purpose = "dev"
	}
	return d.sandbox.Deployed(ctx, account, "AWS::S3::Bucket", "-"+purpose+"-"+account.ID+"-"+sandbox.Region)
}

// function is a running function, with methods that read its responses.
type function struct{ *sandbox.Function }

// start downloads and starts the deployed function whose name ends in suffix.
func (d *demo) start(ctx context.Context, suffix string) (*function, error) {
	name, err := d.sandbox.Deployed(ctx, d.sandbox.Source, "AWS::Lambda::Function", suffix)
	if err != nil {
		return nil, err
	}
	d.step("Running the deployed code of %s with its execution role", name)
	f, err := d.sandbox.Function(ctx, d.sandbox.Source, name)
	if err != nil {
		return nil, err
	}
	return &function{f}, nil
}

// response has the fields of the responses of all functions. Each response fills some.
type response struct {
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

func (r response) String() string { return r.raw }

// keys returns the keys of the objects.
func (r response) keys() []string {
	var keys []string
	for _, o := range r.Objects {
		keys = append(keys, o.Key)
	}
	return keys
}

// call invokes the function and reads its response.
func (f *function) call(ctx context.Context, event string) (response, error) {
	payload, err := f.invoke(ctx, event)
	if err != nil {
		return response{}, err
	}
	return parseResponse(payload)
}

// get invokes the function with an API Gateway event and reads the body of its response.
func (f *function) get(ctx context.Context, event string) (response, error) {
	payload, err := f.invoke(ctx, event)
	if err != nil {
		return response{}, err
	}
	var envelope struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal(payload, &envelope); err != nil {
		return response{}, fmt.Errorf("read response %.300s: %w", payload, err)
	}
	r, err := parseResponse([]byte(envelope.Body))
	r.StatusCode = envelope.StatusCode
	return r, err
}

// invoke returns the payload of the response; an error of the function is an error.
func (f *function) invoke(ctx context.Context, event string) ([]byte, error) {
	payload, failed, err := f.Invoke(ctx, []byte(event))
	if err != nil {
		return nil, err
	}
	if failed {
		return nil, fmt.Errorf("function failed on %.300s: %s\n%s", event, payload, f.Log())
	}
	return payload, nil
}

func parseResponse(payload []byte) (response, error) {
	r := response{raw: string(payload)}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber() // so that a number keeps all its digits
	if err := decoder.Decode(&r); err != nil {
		return r, fmt.Errorf("read response %.300s: %w", payload, err)
	}
	return r, nil
}

// isError returns a check that a response has this status and an error message that contains text.
func isError(status int, text string) func(response) bool {
	return func(r response) bool { return r.StatusCode == status && strings.Contains(r.Error, text) }
}
