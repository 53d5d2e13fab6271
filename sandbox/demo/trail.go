package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/sandbox"
)

// logs is the prefix of CloudTrail's log files of the target account.
const logs = "AWSLogs/" + sandbox.TargetAccount + "/CloudTrail/" + sandbox.Region + "/"

// logFile returns the key of a log file, by a day as yyyy/mm/dd and a time as hhmm.
func logFile(day, time string) string {
	return logs + day + "/" + sandbox.TargetAccount + "_CloudTrail_" + sandbox.Region + "_" + strings.ReplaceAll(day, "/", "") + "T" + time + "Z_demo" + time + ".json.gz"
}

// record returns a CloudTrail event. It contains nested JSON and a number that a float64 cannot represent.
func record(time, name, errorCode string) string {
	failed := ""
	if errorCode != "" {
		failed = `"errorCode":"` + errorCode + `",`
	}
	return `{"eventVersion":"1.11","eventTime":"` + time + `","eventSource":"s3.amazonaws.com","eventName":"` + name + `",` + failed +
		`"awsRegion":"` + sandbox.Region + `","sourceIPAddress":"192.0.2.10","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::222222222222:assumed-role/ops/anna"},` +
		`"requestParameters":{"nested":{"size": ` + bigNumber + `, "list":[1,2,{"deep":null}]}},"recipientAccountId":"` + sandbox.TargetAccount + `"}`
}

func compressed(records ...string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	fmt.Fprintf(w, `{"Records":[%s]}`, strings.Join(records, ","))
	w.Close() // never fails: a buffer accepts everything
	return out.Bytes()
}

// trailResponse is the response of the function that reads log files.
type trailResponse struct {
	Events  []json.RawMessage
	Count   int
	ByName  map[string]int
	Skipped []struct{ Key, Reason string }

	response
}

// runTrail checks that the function reads CloudTrail's log files by key and by time, with filters, page by page, and continues after a
// damaged file.
func (d *demo) runTrail(ctx context.Context) error {
	bucket, err := d.bucket(ctx, d.sandbox.Target, "trail")
	if err != nil {
		return err
	}
	d.step("Putting CloudTrail log files into %s", bucket)
	whole := compressed(record("2016-08-25T13:59:59Z", "GetObject", ""), record("2016-08-25T14:00:00Z", "PutObject", "AccessDenied"))
	files := map[string][]byte{
		logFile("2016/08/25", "1310"): compressed(record("2016-08-25T13:05:00Z", "GetObject", ""), record("2016-08-25T13:06:00Z", "GetObject", "AccessDenied"), record("2016-08-25T13:07:00Z", "DeleteObject", "")),
		logFile("2016/08/25", "1400"): whole,
		logFile("2016/08/25", "1405"): whole[:len(whole)-9],
		logFile("2016/08/26", "0002"): compressed(record("2016-08-25T23:58:00Z", "GetObject", ""), record("2016-08-26T00:01:00Z", "GetObject", "")),
		"AWSLogs/" + sandbox.TargetAccount + "/CloudTrail-Digest/" + sandbox.Region + "/2016/08/25/digest.json.gz": compressed(),
	}
	client := s3.NewFromConfig(d.sandbox.Config(d.sandbox.Target))
	for key, content := range files {
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(content)}); err != nil {
			return fmt.Errorf("put object %s: %w", key, err)
		}
	}
	d.detail("%5d, one of them truncated, one a digest file", len(files))
	f, err := d.start(ctx, "-trail")
	if err != nil {
		return err
	}
	defer f.Stop()
	const day = `"from":"2016-08-25T00:00:00Z","to":"2016-08-26T00:00:00Z"`
	for _, c := range []struct {
		event, expected string
		holds           func(trailResponse) bool
	}{
		{`{"key":"` + logFile("2016/08/25", "1310") + `"}`, "one log file: its 3 events, byte for byte", func(r trailResponse) bool {
			return r.Count == 3 && len(r.Events) == 3 && string(r.Events[1]) == record("2016-08-25T13:06:00Z", "GetObject", "AccessDenied")
		}},
		{`{` + day + `}`, "one day: 6 events, one from the next day's prefix, and the truncated file as skipped", func(r trailResponse) bool {
			return r.Count == 6 && r.ByName["GetObject"] == 4 && len(r.Skipped) == 1 && strings.Contains(r.Skipped[0].Key, "1405")
		}},
		{`{` + day + `,"filter":{"eventName":"GetObject","errorCode":"AccessDenied"}}`, "denied requests: 1 event", func(r trailResponse) bool {
			return r.Count == 1 && len(r.Events) == 1
		}},
		{`{` + day + `,"limit":0}`, "limit 0: a count of 6, and no events", func(r trailResponse) bool { return r.Count == 6 && len(r.Events) == 0 }},
		{`{"prefix":"AWSLogs/` + sandbox.SourceAccount + `/"}`, "logs of another account: 403", func(r trailResponse) bool { return r.StatusCode == 403 }},
		{`{"from":"yesterday"}`, "from that is not a time: 400 that names from", func(r trailResponse) bool { return r.StatusCode == 400 && strings.Contains(r.Error, "from") }},
	} {
		r, err := f.trail(ctx, c.event)
		if err != nil {
			return err
		}
		d.check(c.holds(r), c.expected, r)
	}
	event, events, pages := `{`+day+`,"limit":1}`, 0, 0
	for event != "" && pages < 20 {
		r, err := f.trail(ctx, event)
		if err != nil {
			return err
		}
		pages++
		events += len(r.Events)
		if event = ""; r.Next != "" {
			event = `{` + day + `,"limit":1,"next":"` + r.Next + `"}`
		}
	}
	d.check(events == 6, "one event at a time, continued with next: all 6", fmt.Sprintf("%d events in %d pages", events, pages))
	return nil
}

func (f *function) trail(ctx context.Context, event string) (r trailResponse, err error) {
	payload, err := f.invoke(ctx, event)
	if err != nil {
		return r, err
	}
	r.raw = string(payload)
	if err := json.Unmarshal(payload, &r); err != nil {
		return r, fmt.Errorf("read response %.300s: %w", payload, err)
	}
	return r, nil
}
