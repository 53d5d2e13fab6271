package statemachine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// files are those of the ResultWriter by the statuses of the children in them.
var files = []struct {
	name     string
	statuses []Status
}{
	{"SUCCEEDED", []Status{Succeeded}},
	{"FAILED", []Status{Failed, TimedOut, Aborted}},
	{"PENDING", []Status{Pending}},
}

// results writes the children's results to S3, or returns them.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
func (f *frame) results(run *mapRun, m *mapOptions, input, of any) (any, *Error) {
	writer := m.writer
	if writer == nil {
		writer = &resultWriter{transform: "COMPACT"}
	}
	if writer.parameters == nil {
		all := []any{}
		for _, c := range run.children {
			all = writer.add(all, c)
		}
		if size := len(encode(all)); size > maxPayload {
			return nil, &Error{errorData, fmt.Sprintf("the results have %d bytes, %d are the most", size, maxPayload)}
		}
		return all, nil
	}
	filled, err := writer.parameters.fill(input, of)
	if err != nil {
		return nil, &Error{errorRuntime, "ResultWriter: " + err.Error()}
	}
	parameters := filled.(map[string]any)
	bucket, _ := parameters["Bucket"].(string)
	folder, _ := parameters["Prefix"].(string)
	if folder != "" {
		folder = strings.TrimSuffix(folder, "/") + "/"
	}
	folder += run.id + "/"
	client := f.execution.config.S3
	written := map[string]any{}
	for _, file := range files {
		list := []any{}
		for _, c := range run.children {
			if slices.Contains(file.statuses, c.status()) {
				list = writer.add(list, c)
			}
		}
		written[file.name] = []any{}
		if len(list) == 0 {
			continue
		}
		text, ending := encode(list), ".json"
		if writer.lines {
			ending = ".jsonl"
			var lines [][]byte
			for _, one := range list {
				lines = append(lines, encode(one))
			}
			text = bytes.Join(lines, []byte("\n"))
		}
		key := folder + file.name + "_0" + ending
		if err := putObject(client, bucket, key, text); err != nil {
			return nil, failure(errorWriter, err)
		}
		written[file.name] = []any{map[string]any{"Key": key, "Size": number(len(text))}}
	}
	key := folder + "manifest.json"
	if err := putObject(client, bucket, key, encode(map[string]any{"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": written})); err != nil {
		return nil, failure(errorWriter, err)
	}
	return map[string]any{"MapRunArn": run.arn, "ResultWriterDetails": map[string]any{"Bucket": bucket, "Key": key}}, nil
}

func putObject(client S3, bucket, key string, text []byte) error {
	_, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(text)})
	return err
}

// add appends the result of a child. One that did not succeed is never transformed.
func (w *resultWriter) add(list []any, c *child) []any {
	if c.status() != Succeeded || w.transform == "NONE" {
		return append(list, c.record())
	}
	if inner, ok := c.root.output.([]any); ok && w.transform == "FLATTEN" {
		return append(list, inner...)
	}
	return append(list, c.root.output)
}

// record is a child with its metadata.
func (c *child) record() any {
	machine, _, _ := strings.Cut(strings.Replace(c.arn, ":execution:", ":stateMachine:", 1), ":"+c.name)
	r := map[string]any{
		"ExecutionArn": c.arn, "Input": string(c.input), "InputDetails": map[string]any{"Included": true}, "Name": c.name, "StateMachineArn": machine,
		"Status": string(c.status()),
	}
	if c.root == nil {
		return r
	}
	r["RedriveCount"], r["RedriveStatus"] = number(c.redrives), "REDRIVABLE"
	r["StartDate"], r["StopDate"] = timestamp(c.started), timestamp(c.root.now)
	if c.status() == Succeeded {
		r["Output"], r["OutputDetails"] = string(encode(c.root.output)), map[string]any{"Included": true}
		r["RedriveStatus"], r["RedriveStatusReason"] = "NOT_REDRIVABLE", "Execution is SUCCEEDED and cannot be redriven"
	} else if c.root.err != nil {
		r["Error"], r["Cause"] = c.root.err.Name, c.root.err.Cause
	}
	return r
}
