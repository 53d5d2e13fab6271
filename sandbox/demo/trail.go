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

// logs is where CloudTrail puts the files of the target account.
const logs = "AWSLogs/" + sandbox.TargetAccount + "/CloudTrail/" + sandbox.Region + "/"

// logFile is the key of a log file: day as yyyy/mm/dd, and a time of that day as hhmm.
func logFile(day, time string) string {
	return logs + day + "/" + sandbox.TargetAccount + "_CloudTrail_" + sandbox.Region + "_" + strings.ReplaceAll(day, "/", "") + "T" + time + "Z_demo" + time + ".json.gz"
}

// record is one CloudTrail event. It has a document in it and a number that a float64 would change.
func record(time, name, errorCode string) string {
	failed := ""
	if errorCode != "" {
		failed = `"errorCode":"` + errorCode + `",`
	}
	return `{"eventVersion":"1.11","eventTime":"` + time + `","eventSource":"s3.amazonaws.com","eventName":"` + name + `",` + failed +
		`"awsRegion":"` + sandbox.Region + `","sourceIPAddress":"192.0.2.10","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::222222222222:assumed-role/ops/anna"},` +
		`"requestParameters":{"nested":{"size": ` + bigNumber + `, "list":[1,2,{"deep":null}]}},"recipientAccountId":"` + sandbox.TargetAccount + `"}`
}

func zipped(records ...string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	fmt.Fprintf(w, `{"Records":[%s]}`, strings.Join(records, ","))
	w.Close() // a buffer takes everything
	return out.Bytes()
}

// trailAnswer is the answer about log files.
type trailAnswer struct {
	Events  []json.RawMessage
	Count   int
	ByName  map[string]int
	Skipped []struct{ Key, Reason string }

	answer
}

// runTrail checks reading CloudTrail's logs: by file, by time, with filters, past damage, and page by page.
func (d *demo) runTrail(ctx context.Context) error {
	bucket, err := d.bucket(ctx, d.box.Target, "trail")
	if err != nil {
		return err
	}
	d.step("Putting CloudTrail log files into %s", bucket)
	whole := zipped(record("2016-08-25T13:59:59Z", "GetObject", ""), record("2016-08-25T14:00:00Z", "PutObject", "AccessDenied"))
	files := map[string][]byte{
		logFile("2016/08/25", "1310"): zipped(record("2016-08-25T13:05:00Z", "GetObject", ""), record("2016-08-25T13:06:00Z", "GetObject", "AccessDenied"), record("2016-08-25T13:07:00Z", "DeleteObject", "")),
		logFile("2016/08/25", "1400"): whole,
		logFile("2016/08/25", "1405"): whole[:len(whole)-9],
		logFile("2016/08/26", "0002"): zipped(record("2016-08-25T23:58:00Z", "GetObject", ""), record("2016-08-26T00:01:00Z", "GetObject", "")),
		"AWSLogs/" + sandbox.TargetAccount + "/CloudTrail-Digest/" + sandbox.Region + "/2016/08/25/digest.json.gz": zipped(),
	}
	client := s3.NewFromConfig(d.box.Config(d.box.Target))
	for key, content := range files {
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(content)}); err != nil {
			return fmt.Errorf("put object %s: %w", key, err)
		}
	}
	d.detail("%5d, one of them cut off, one a digest", len(files))
	f, err := d.start(ctx, "-trail")
	if err != nil {
		return err
	}
	defer f.run.Stop()
	const day = `"from":"2016-08-25T00:00:00Z","to":"2016-08-26T00:00:00Z"`
	for _, c := range []struct {
		event, expected string
		holds           func(trailAnswer) bool
	}{
		{`{"key":"` + logFile("2016/08/25", "1310") + `"}`, "the article's file: its 3 events, byte for byte", func(a trailAnswer) bool {
			return a.Count == 3 && len(a.Events) == 3 && string(a.Events[1]) == record("2016-08-25T13:06:00Z", "GetObject", "AccessDenied")
		}},
		{`{` + day + `}`, "a day: 6 events, one from the next day's folder, and the damaged file by name", func(a trailAnswer) bool {
			return a.Count == 6 && a.ByName["GetObject"] == 4 && len(a.Skipped) == 1 && strings.Contains(a.Skipped[0].Key, "1405")
		}},
		{`{` + day + `,"filter":{"eventName":"GetObject","errorCode":"AccessDenied"}}`, "what was denied: 1 event", func(a trailAnswer) bool {
			return a.Count == 1 && len(a.Events) == 1
		}},
		{`{` + day + `,"limit":0}`, "counts alone: 6, and no event", func(a trailAnswer) bool { return a.Count == 6 && len(a.Events) == 0 }},
		{`{"prefix":"AWSLogs/` + sandbox.SourceAccount + `/"}`, "another account's logs: 403", func(a trailAnswer) bool { return a.StatusCode == 403 }},
		{`{"from":"yesterday"}`, "400 that names from", func(a trailAnswer) bool { return a.StatusCode == 400 && strings.Contains(a.Error, "from") }},
	} {
		a, err := f.trail(ctx, c.event)
		if err != nil {
			return err
		}
		d.check(c.holds(a), c.expected, a)
	}
	event, events, pages := `{`+day+`,"limit":1}`, 0, 0
	for event != "" && pages < 20 {
		a, err := f.trail(ctx, event)
		if err != nil {
			return err
		}
		pages++
		events += len(a.Events)
		if event = ""; a.Next != "" {
			event = `{` + day + `,"limit":1,"next":"` + a.Next + `"}`
		}
	}
	d.check(events == 6, "one event at a time, until there is no next: all 6", fmt.Sprintf("%d events in %d pages", events, pages))
	return nil
}

func (f *function) trail(ctx context.Context, event string) (a trailAnswer, err error) {
	payload, err := f.invoke(ctx, event)
	if err != nil {
		return a, err
	}
	a.raw = string(payload)
	if err := json.Unmarshal(payload, &a); err != nil {
		return a, fmt.Errorf("read answer %.300s: %w", payload, err)
	}
	return a, nil
}
