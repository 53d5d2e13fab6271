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
	p.statements = []contract.Statement{{
		Sid: "SendToQueueMessages", Actions: []string{"sqs:SendMessage"}, Resources: []string{*queue.QueueArn()},
	}}
	p.addKey("SendToQueue", queue.EncryptionMasterKey(), "sqs", "kms:Decrypt", "kms:GenerateDataKey")
	return p
}

// ReceiveFromQueue permits receiving the messages of a queue, changing their visibility timeout and deleting them, one by one or in batches.
// If the queue has a customer key, decrypting with it is permitted too. The grantee's code reads CROSSGRANT_QUEUE_URL. A Lambda event source
// polls as the function itself, not as the trusted role, so this is for code that polls. Receiving from a dead-letter queue also takes
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
	p.statements = []contract.Statement{{
		Sid:       "ReceiveFromQueueMessages",
		Actions:   []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"},
		Resources: []string{*queue.QueueArn()},
	}}
	p.addKey("ReceiveFromQueue", queue.EncryptionMasterKey(), "sqs", "kms:Decrypt")
	return p
}

// onQueue puts the queue's URL together: the one that the construct returns is known only in its own account.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html#sqs-general-identifiers
func onQueue(queue awssqs.IQueue) permission {
	p := permission{}
	p.setEnv("queue", queue)
	if len(p.problems) > 0 {
		return p
	}
	p.environment = map[string]string{
		contract.VariableQueueURL: fmt.Sprintf("https://sqs.%s.%s/%s/%s", *queue.Env().Region, place.URLSuffix(*queue.Env().Region), *queue.Env().Account, *queue.QueueName()),
	}
	return p
}
