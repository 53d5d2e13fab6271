package model

import (
	"slices"
	"strings"
)

// needsKey are the requests to KMS that a service makes for a request, as whoever makes it.
var needsKey = map[string][]string{
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
	"s3:GetObject":        {"kms:Decrypt"},
	"s3:GetObjectVersion": {"kms:Decrypt"},
	"s3:PutObject":        {"kms:GenerateDataKey"},
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
	"sqs:ReceiveMessage": {"kms:Decrypt"},
	"sqs:SendMessage":    {"kms:GenerateDataKey", "kms:Decrypt"},
	// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
	"sns:Publish": {"kms:GenerateDataKey", "kms:Decrypt"},
	// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
	"secretsmanager:GetSecretValue": {"kms:Decrypt"},
	"secretsmanager:PutSecretValue": {"kms:GenerateDataKey", "kms:Decrypt"},
	// https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
	"kinesis:GetRecords":       {"kms:Decrypt"},
	"kinesis:SubscribeToShard": {"kms:Decrypt"},
	"kinesis:PutRecord":        {"kms:GenerateDataKey"},
	"kinesis:PutRecords":       {"kms:GenerateDataKey"},
}

// readsTable are the actions that work on the items of a table, for which DynamoDB has to decrypt the table's own key.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
var readsTable = []string{"BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "GetRecords", "PartiQLDelete", "PartiQLInsert",
	"PartiQLSelect", "PartiQLUpdate", "PutItem", "Query", "Scan", "UpdateItem"}

// KeyActions are the requests to KMS that an action needs where its resource is encrypted.
func KeyActions(action string) []string {
	service, name, _ := strings.Cut(action, ":")
	if service == "dynamodb" && slices.Contains(readsTable, name) {
		return []string{"kms:Decrypt"}
	}
	return needsKey[action]
}
