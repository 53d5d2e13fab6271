package sandbox

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

// Which messages of a batch of three fail, by Lambda's conditions of success and failure.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func TestMessagesThatFailed(t *testing.T) {
	none, all := []string(nil), []string{"a", "b", "c"}
	for name, c := range map[string]struct {
		failed   bool // the function returned an error
		whole    bool // the mapping does not report batch item failures
		payload  string
		failures []string
	}{
		"all after a function error":                  {failed: true, payload: `{"errorType":"Runtime.ExitError"}`, failures: all},
		"all after a function error that names one":   {failed: true, payload: `{"batchItemFailures":[{"itemIdentifier":"a"}]}`, failures: all},
		"all after a function error, without reports": {failed: true, whole: true, payload: `{}`, failures: all},
		"none without reports":                        {whole: true, payload: `{"batchItemFailures":[{"itemIdentifier":"a"}]}`, failures: none},
		"none without reports, by any response":       {whole: true, payload: `not JSON`, failures: none},
		"one":                                         {payload: `{"batchItemFailures":[{"itemIdentifier":"b"}]}`, failures: []string{"b"}},
		"two":                                         {payload: `{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}`, failures: []string{"c", "a"}},
		"each by name":                                {payload: `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"},{"itemIdentifier":"c"}]}`, failures: all},
		"none of an empty list":                       {payload: `{"batchItemFailures":[]}`, failures: none},
		"none of a null list":                         {payload: `{"batchItemFailures":null}`, failures: none},
		"none of an empty response":                   {payload: `{}`, failures: none},
		"none of a null response":                     {payload: `null`, failures: none},
		"all for an id of another batch":              {payload: `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"d"}]}`, failures: all},
		"all for an empty id":                         {payload: `{"batchItemFailures":[{"itemIdentifier":""}]}`, failures: all},
		"all for a null id":                           {payload: `{"batchItemFailures":[{"itemIdentifier":null}]}`, failures: all},
		"all for an id under another key":             {payload: `{"batchItemFailures":[{"messageId":"a"}]}`, failures: all},
		"all for a response that is not JSON":         {payload: `{"batchItemFailures":[`, failures: all},
		"all for a response of another form":          {payload: `{"batchItemFailures":"a"}`, failures: all},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Poller{}
			if !c.whole {
				p.mapping.FunctionResponseTypes = []lambdatypes.FunctionResponseType{lambdatypes.FunctionResponseTypeReportBatchItemFailures}
			}
			batch := []sqstypes.Message{{MessageId: aws.String("a")}, {MessageId: aws.String("b")}, {MessageId: aws.String("c")}}
			found := p.failures([]byte(c.payload), c.failed, batch)
			if !slices.Equal(found, c.failures) {
				t.Errorf("found %q, expected %q", found, c.failures)
			}
		})
	}
}

// The example of AWS's documentation, in the region of the sandbox.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func TestARecordIsAsLambdaPassesIt(t *testing.T) {
	p := &Poller{mapping: lambdatypes.EventSourceMappingConfiguration{EventSourceArn: aws.String("arn:aws:sqs:ap-northeast-1:123456789012:my-queue")}}
	records, err := json.Marshal(p.records([]sqstypes.Message{{
		MessageId: aws.String("059f36b4-87a3-44ab-83d2-661975830a7d"), ReceiptHandle: aws.String("AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a..."),
		Body: aws.String("Test message."), MD5OfBody: aws.String("e4e68fb7bd0e697a0ae8f1bb342846b3"),
		Attributes: map[string]string{
			"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183", "SenderId": "AIDAIENQZJOLO23YVJ4VO", "ApproximateFirstReceiveTimestamp": "1545082649185",
		},
	}}))
	if err != nil {
		t.Fatal(err)
	}
	const expected = `[{
		"messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
		"receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
		"body": "Test message.",
		"attributes": {
			"ApproximateReceiveCount": "1",
			"SentTimestamp": "1545082649183",
			"SenderId": "AIDAIENQZJOLO23YVJ4VO",
			"ApproximateFirstReceiveTimestamp": "1545082649185"
		},
		"messageAttributes": {},
		"md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
		"eventSource": "aws:sqs",
		"eventSourceARN": "arn:aws:sqs:ap-northeast-1:123456789012:my-queue",
		"awsRegion": "ap-northeast-1"
	}]`
	var foundForm, expectedForm any
	if err := json.Unmarshal(records, &foundForm); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(expected), &expectedForm); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expectedForm, foundForm); diff != "" {
		t.Errorf("records (-expected +found):\n%s", diff)
	}
}
