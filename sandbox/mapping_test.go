package sandbox

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/sandbox/runtimeapi"
)

// Which messages of a batch of three come again, by Lambda's conditions of success and failure.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func TestMessagesThatComeAgain(t *testing.T) {
	none, all := []string(nil), []string{"a", "b", "c"}
	for name, c := range map[string]struct {
		failed  bool // the function ended with an error
		whole   bool // the mapping does not ask which messages failed
		payload string
		again   []string
	}{
		"all after an error of the function":          {failed: true, payload: `{"errorType":"Runtime.ExitError"}`, again: all},
		"all after an error, whatever its text names": {failed: true, payload: `{"batchItemFailures":[{"itemIdentifier":"a"}]}`, again: all},
		"all after an error of an unasked function":   {failed: true, whole: true, payload: `{}`, again: all},
		"none, since nobody asks":                     {whole: true, payload: `{"batchItemFailures":[{"itemIdentifier":"a"}]}`, again: none},
		"none, since nobody reads it":                 {whole: true, payload: `not JSON`, again: none},
		"one":                                         {payload: `{"batchItemFailures":[{"itemIdentifier":"b"}]}`, again: []string{"b"}},
		"two":                                         {payload: `{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}`, again: []string{"c", "a"}},
		"each by name":                                {payload: `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"},{"itemIdentifier":"c"}]}`, again: all},
		"none of an empty list":                       {payload: `{"batchItemFailures":[]}`, again: none},
		"none of a null list":                         {payload: `{"batchItemFailures":null}`, again: none},
		"none of an empty answer":                     {payload: `{}`, again: none},
		"none of a null answer":                       {payload: `null`, again: none},
		"all for an id of another batch":              {payload: `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"d"}]}`, again: all},
		"all for an empty id":                         {payload: `{"batchItemFailures":[{"itemIdentifier":""}]}`, again: all},
		"all for a null id":                           {payload: `{"batchItemFailures":[{"itemIdentifier":null}]}`, again: all},
		"all for an id under another key":             {payload: `{"batchItemFailures":[{"messageId":"a"}]}`, again: all},
		"all for an answer that is no JSON":           {payload: `{"batchItemFailures":[`, again: all},
		"all for an answer of another form":           {payload: `{"batchItemFailures":"a"}`, again: all},
	} {
		t.Run(name, func(t *testing.T) {
			m := &Mapping{}
			if !c.whole {
				m.mapping.FunctionResponseTypes = []lambdatypes.FunctionResponseType{lambdatypes.FunctionResponseTypeReportBatchItemFailures}
			}
			batch := []sqstypes.Message{{MessageId: aws.String("a")}, {MessageId: aws.String("b")}, {MessageId: aws.String("c")}}
			found := m.failures(runtimeapi.Result{Failed: c.failed, Payload: []byte(c.payload)}, batch)
			if !slices.Equal(found, c.again) {
				t.Errorf("found %q, expected %q", found, c.again)
			}
		})
	}
}

// The example of AWS's documentation, in the region of the sandbox.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func TestARecordIsAsLambdaHandsItOver(t *testing.T) {
	m := &Mapping{mapping: lambdatypes.EventSourceMappingConfiguration{EventSourceArn: aws.String("arn:aws:sqs:ap-northeast-1:123456789012:my-queue")}}
	records, err := json.Marshal(m.records([]sqstypes.Message{{
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
