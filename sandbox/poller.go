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
)

// Poller plays the part of Lambda's poller for a deployed event source mapping of a queue. The local AWS has no poller of its own that could
// run the function here.
type Poller struct {
	function *Function
	client   *sqs.Client
	queue    string // URL
	mapping  lambdatypes.EventSourceMappingConfiguration
}

// Poller returns the poller of the one event source mapping of a function, and disables the mapping in the local AWS.
func (s *Sandbox) Poller(ctx context.Context, function *Function) (*Poller, error) {
	client := lambda.NewFromConfig(s.Config(s.Source))
	found, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: aws.String(function.Name)})
	if err != nil {
		return nil, fmt.Errorf("list event source mappings of %s: %w", function.Name, err)
	}
	if len(found.EventSourceMappings) != 1 {
		return nil, fmt.Errorf("function %s: found %d event source mappings, expected 1", function.Name, len(found.EventSourceMappings))
	}
	p := &Poller{function: function, client: sqs.NewFromConfig(s.Config(s.Source)), mapping: found.EventSourceMappings[0]}
	// If it is enabled, the local AWS tries to run the function in a container.
	if _, err := client.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: p.mapping.UUID, Enabled: aws.Bool(false)}); err != nil {
		return nil, fmt.Errorf("disable the event source mapping of %s: %w", function.Name, err)
	}
	arn := aws.ToString(p.mapping.EventSourceArn)
	queue, err := p.client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(arn[strings.LastIndexByte(arn, ':')+1:])})
	if err != nil {
		return nil, fmt.Errorf("get the URL of queue %s: %w", arn, err)
	}
	p.queue = aws.ToString(queue.QueueUrl)
	return p, nil
}

// Poll receives one batch of messages and, if it is not empty, invokes the function with it. It deletes the messages that were processed and
// makes the others visible again at once. It returns the number of messages, how many of them failed, and the event.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func (p *Poller) Poll(ctx context.Context) (received, failed int, event []byte, err error) {
	batch, err := p.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(p.queue), MaxNumberOfMessages: aws.ToInt32(p.mapping.BatchSize),
		MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
	})
	if err != nil || len(batch.Messages) == 0 {
		return 0, 0, nil, err
	}
	event, err = json.Marshal(map[string]any{"Records": p.records(batch.Messages)})
	if err != nil {
		return 0, 0, nil, err
	}
	payload, functionError, err := p.function.Invoke(ctx, event)
	if err != nil {
		return 0, 0, nil, err
	}
	failures := p.failures(payload, functionError, batch.Messages)
	for _, message := range batch.Messages {
		if slices.Contains(failures, aws.ToString(message.MessageId)) {
			failed++
			_, err = p.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(p.queue), ReceiptHandle: message.ReceiptHandle})
		} else {
			_, err = p.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(p.queue), ReceiptHandle: message.ReceiptHandle})
		}
		if err != nil {
			return 0, 0, nil, fmt.Errorf("delete message %s or make it visible: %w", aws.ToString(message.MessageId), err)
		}
	}
	return len(batch.Messages), failed, event, nil
}

// records returns messages as Lambda passes them to a function.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func (p *Poller) records(messages []sqstypes.Message) (records []map[string]any) {
	for _, message := range messages {
		records = append(records, map[string]any{
			"messageId": message.MessageId, "receiptHandle": message.ReceiptHandle, "body": message.Body, "md5OfBody": message.MD5OfBody,
			"attributes": message.Attributes, "messageAttributes": map[string]any{}, "eventSource": "aws:sqs",
			"eventSourceARN": p.mapping.EventSourceArn, "awsRegion": Region,
		})
	}
	return records
}

// failures returns the IDs of the messages that failed: all after a function error, or if the response names one that is not in the batch.
func (p *Poller) failures(payload []byte, functionError bool, messages []sqstypes.Message) (failed []string) {
	var all []string
	for _, message := range messages {
		all = append(all, aws.ToString(message.MessageId))
	}
	if functionError {
		return all
	}
	if !slices.Contains(p.mapping.FunctionResponseTypes, lambdatypes.FunctionResponseTypeReportBatchItemFailures) {
		return nil
	}
	var response struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if json.Unmarshal(payload, &response) != nil {
		return all
	}
	for _, item := range response.BatchItemFailures {
		if !slices.Contains(all, item.ItemIdentifier) {
			return all
		}
		failed = append(failed, item.ItemIdentifier)
	}
	return failed
}
