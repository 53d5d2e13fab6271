package invocation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

// No answer of AWS, of STS or of the service, may bring a credential or content into the log or the answer, and none ends without one line that says
// why.
func TestNoFaultBringsASecretIntoALogOrAnAnswer(t *testing.T) {
	const notified = `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"BUCKET"},"object":{"key":"AWSLogs/222222222222/CloudTrail/x.json.gz"}}}]}`
	events := map[string][]string{
		"list":  {`{}`, strings.Replace(notified, "BUCKET", "reports", 1)},
		"scan":  {`{}`, `{"version":"2.0","requestContext":{"http":{"method":"GET"}}}`},
		"trail": {`{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`, strings.Replace(notified, "BUCKET", "logs", 1)},
		"copy":  {`{}`, strings.Replace(notified, "BUCKET", "reports", 1)},
	}
	for _, fault := range fakeaws.Faults() {
		for _, where := range []string{"STS", "the service"} {
			t.Run(fault.Name+" of "+where, func(t *testing.T) {
				t.Parallel()
				sts, service := fakeaws.Assumed(time.Hour), fault.Answer
				if where == "STS" {
					sts, service = fault.Answer, func(fakeaws.Call) fakeaws.Reply { return fakeaws.Reply{Status: 200, Body: "<ListBucketResult/>"} }
				}
				server := fakeaws.Start(t, sts, service)
				config := fakeaws.Config(server.URL)
				config.HTTPClient = awsclient.NewHTTP(2, nil)
				for name, serve := range functions(t, config, 50*time.Millisecond) {
					for _, event := range events[name] {
						var out bytes.Buffer
						handler := invocation.Handler(name, slog.New(slog.NewJSONHandler(&out, nil)), serve)
						ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
						ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "R"})
						answer, err := handler.Invoke(ctx, []byte(event))
						cancel()
						if told := (messages.InvokeResponse_Error{}); errors.As(err, &told) {
							answer = []byte(told.Message)
						}
						if leaks := fakeaws.Leaks(out.String() + string(answer)); len(leaks) > 0 {
							t.Errorf("%s %s: found %q in\n%s\n%s", name, event, leaks, answer, out.String())
						}
						var line struct{ ErrorCode, Error string }
						if err := json.Unmarshal(out.Bytes(), &line); err != nil || strings.Count(out.String(), "\n") != 1 {
							t.Errorf("%s %s: found %v in the line %s", name, event, err, out.String())
						}
						foreseen := line.ErrorCode != "InternalError" || strings.Contains(fault.Name, "InternalError")
						if !foreseen {
							t.Errorf("%s %s: nobody foresaw %s", name, event, out.String())
						}
					}
				}
			})
		}
	}
}

// The test above must be able to fail.
func TestLeaksAreFound(t *testing.T) {
	for text, want := range map[string]int{"nothing": 0, "the target-token of ASIATARGET": 2, fakeaws.Content: 1} {
		if got := fakeaws.Leaks(text); len(got) != want {
			t.Errorf("%s: found %q", text, got)
		}
	}
}
