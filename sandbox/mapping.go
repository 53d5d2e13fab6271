package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crossgrant/crossgrant/sandbox/runtimeapi"
)

// Mapping is a deployed event source mapping of a queue, played in the place of Lambda's poller, which the local AWS does not have.
type Mapping struct {
	function *runtimeapi.Function
	client   *sqs.Client
	queue    string // URL
	mapping  lambdatypes.EventSourceMappingConfiguration
}

// Mapping takes over the one mapping of a deployed function of the source account, which runs as function.
func (s *Sandbox) Mapping(ctx context.Context, name string, function *runtimeapi.Function) (*Mapping, error) {
	client := lambda.NewFromConfig(s.Config(s.Source))
	found, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: aws.String(name)})
	if err != nil {
		return nil, fmt.Errorf("list event source mappings of %s: %w", name, err)
	}
	if len(found.EventSourceMappings) != 1 {
		return nil, fmt.Errorf("function %s: found %d event source mappings, expected 1", name, len(found.EventSourceMappings))
	}
	m := &Mapping{function: function, client: sqs.NewFromConfig(s.Config(s.Source)), mapping: found.EventSourceMappings[0]}
	// Enabled, the local AWS would try to run the function itself, in a container.
	if _, err := client.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: m.mapping.UUID, Enabled: aws.Bool(false)}); err != nil {
		return nil, fmt.Errorf("take over the event source mapping of %s: %w", name, err)
	}
	arn := aws.ToString(m.mapping.EventSourceArn)
	queue, err := m.client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(arn[strings.LastIndexByte(arn, ':')+1:])})
	if err != nil {
		return nil, fmt.Errorf("find queue %s: %w", arn, err)
	}
	m.queue = aws.ToString(queue.QueueUrl)
	return m, nil
}

// Poll takes one batch of messages, if there is any, to the function, and deletes those that it has done; the others come again at once. It
// returns how many there were and how many failed, and the function's event.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func (m *Mapping) Poll(ctx context.Context) (received, failed int, event []byte, err error) {
	batch, err := m.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(m.queue), MaxNumberOfMessages: aws.ToInt32(m.mapping.BatchSize),
		MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
	})
	if err != nil || len(batch.Messages) == 0 {
		return 0, 0, nil, err
	}
	event, err = json.Marshal(map[string]any{"Records": m.records(batch.Messages)})
	if err != nil {
		return 0, 0, nil, err
	}
	result, err := m.function.Invoke(ctx, event)
	if err != nil {
		return 0, 0, nil, err
	}
	again := m.failures(result, batch.Messages)
	for _, message := range batch.Messages {
		if slices.Contains(again, aws.ToString(message.MessageId)) {
			failed++
			_, err = m.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(m.queue), ReceiptHandle: message.ReceiptHandle})
		} else {
			_, err = m.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(m.queue), ReceiptHandle: message.ReceiptHandle})
		}
		if err != nil {
			return 0, 0, nil, fmt.Errorf("finish message %s: %w", aws.ToString(message.MessageId), err)
		}
	}
	return len(batch.Messages), failed, event, nil
}

// records are messages as Lambda hands them over.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func (m *Mapping) records(messages []sqstypes.Message) (records []map[string]any) {
	for _, message := range messages {
		records = append(records, map[string]any{
			"messageId": message.MessageId, "receiptHandle": message.ReceiptHandle, "body": message.Body, "md5OfBody": message.MD5OfBody,
			"attributes": message.Attributes, "messageAttributes": map[string]any{}, "eventSource": "aws:sqs",
			"eventSourceARN": m.mapping.EventSourceArn, "awsRegion": Region,
		})
	}
	return records
}

// failures are the ids of the messages that come again: all after an error, or if the answer names one that was not in the batch.
func (m *Mapping) failures(result runtimeapi.Result, messages []sqstypes.Message) (failed []string) {
	var all []string
	for _, message := range messages {
		all = append(all, aws.ToString(message.MessageId))
	}
	if result.Failed {
		return all
	}
	if !slices.Contains(m.mapping.FunctionResponseTypes, lambdatypes.FunctionResponseTypeReportBatchItemFailures) {
		return nil
	}
	var answer struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if json.Unmarshal(result.Payload, &answer) != nil {
		return all
	}
	for _, item := range answer.BatchItemFailures {
		if !slices.Contains(all, item.ItemIdentifier) {
			return all
		}
		failed = append(failed, item.ItemIdentifier)
	}
	return failed
}
