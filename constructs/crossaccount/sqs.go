package crossaccount

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// SendToQueue permits sending messages to a queue, one by one or in batches. If the queue has a customer key, generating a data key and
// decrypting with it are permitted too: SQS verifies a data key by decrypting it. The grantee's code reads CROSSGRANT_QUEUE_URL.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#send-to-encrypted-queue
func SendToQueue(queue awssqs.IQueue) Permission {
	if queue == nil {
		return nilResource("queue", "queue")
	}
	p := onQueue(queue)
	p.add(queuePolicy(queue), contract.Statement{Sid: "SendToQueueMessages", Actions: []string{"sqs:SendMessage"}, Resources: []string{p.arn}})
	p.addKey("SendToQueue", place.Once(queue, "key", queue.EncryptionMasterKey), "sqs", "kms:Decrypt", "kms:GenerateDataKey")
	return p
}

// ReceiveFromQueue permits receiving the messages of a queue, changing their visibility timeout and deleting them, one by one or in batches.
// If the queue has a customer key, decrypting with it is permitted too. The grantee's code reads CROSSGRANT_QUEUE_URL. This is for code that
// polls; for an event source mapping, see [PollByEventSource]. Receiving from a dead-letter queue also takes
// decrypting with the keys of the queues that it serves: permit that with UseKey.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#receive-from-encrypted-queue
func ReceiveFromQueue(queue awssqs.IQueue) Permission {
	if queue == nil {
		return nilResource("queue", "queue")
	}
	p := onQueue(queue)
	p.add(queuePolicy(queue), contract.Statement{
		Sid:       "ReceiveFromQueueMessages",
		Actions:   []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"},
		Resources: []string{p.arn},
	})
	p.addKey("ReceiveFromQueue", place.Once(queue, "key", queue.EncryptionMasterKey), "sqs", "kms:Decrypt")
	return p
}

// PollByEventSource permits what an event source mapping does with a queue to invoke a function, which is the grantee: receive and delete messages, and
// read the queue's attributes. If the queue has a customer key, decrypting with it is permitted too. Lambda polls as the function's own role, so that
// this takes Direct access; and outside of the function's VPC, so that no endpoint policy and no perimeter is about it. The mapping itself is yours; marked, the proof tries it:
//
//	mapping := awslambda.NewEventSourceMapping(source, jsii.String("Jobs"), &awslambda.EventSourceMappingProps{
//		Target: function, EventSourceArn: jsii.String("arn:aws:sqs:ap-northeast-1:222222222222:jobs"),
//	})
//	mapping.Node().DefaultChild().(awslambda.CfnEventSourceMapping).AddMetadata(jsii.String(contract.MustWorkKey), true)
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-cross-account-example.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func PollByEventSource(queue awssqs.IQueue) Permission {
	if queue == nil {
		return nilResource("queue", "queue")
	}
	p := onQueue(queue)
	p.onlyDirect = "an event source mapping polls as the function's own role, and assumes none"
	p.environment = nil
	p.add(queuePolicy(queue), contract.Statement{
		Sid:           "PollByEventSourceMessages",
		Actions:       []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
		Resources:     []string{p.arn},
		ViaAWSService: true,
	})
	p.addKey("PollByEventSource", place.Once(queue, "key", queue.EncryptionMasterKey), "sqs", "kms:Decrypt")
	return p
}

// onQueue puts the queue's URL together: the one that the construct returns is known only in its own account.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html#sqs-general-identifiers
func onQueue(queue awssqs.IQueue) permission {
	p := permission{kind: "queue", arn: *place.Once(queue, "arn", queue.QueueArn)}
	p.setEnv("queue", queue)
	if len(p.problems) > 0 {
		return p
	}
	p.environment = map[string]string{
		contract.VariableQueueURL: fmt.Sprintf("https://sqs.%s.%s/%s/%s", *queue.Env().Region, place.URLSuffix(*queue.Env().Region), *queue.Env().Account, *queue.QueueName()),
	}
	return p
}
