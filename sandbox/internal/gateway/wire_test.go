package gateway

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
)

// How clients ask for actions, by AWS's API references: the other direction of package request, so that both have to agree.

// emptyPolicy is a policy that says nothing.
const emptyPolicy = `{"Version":"2012-10-17","Statement":[]}`

func escaped(text string) string { return url.QueryEscape(text) }

// s3Requests are the requests to S3 by action: method, query, and a header.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
var s3Requests = map[string]string{
	"GetObject": "GET", "PutObject": "PUT", "DeleteObject": "DELETE", "GetObjectVersion": "GET versionId=v1", "DeleteObjectVersion": "DELETE versionId=v1",
	"GetObjectAcl": "GET acl", "PutObjectAcl": "PUT acl", "GetObjectVersionAcl": "GET acl&versionId=v1", "PutObjectVersionAcl": "PUT acl&versionId=v1",
	"GetObjectTagging": "GET tagging", "PutObjectTagging": "PUT tagging", "DeleteObjectTagging": "DELETE tagging",
	"GetObjectVersionTagging": "GET tagging&versionId=v1", "PutObjectVersionTagging": "PUT tagging&versionId=v1", "DeleteObjectVersionTagging": "DELETE tagging&versionId=v1",
	"GetObjectRetention": "GET retention", "PutObjectRetention": "PUT retention", "GetObjectLegalHold": "GET legal-hold", "PutObjectLegalHold": "PUT legal-hold",
	"GetObjectTorrent": "GET torrent", "RestoreObject": "POST restore", "AbortMultipartUpload": "DELETE uploadId=u1", "ListMultipartUploadParts": "GET uploadId=u1",
	"ListBucket": "GET list-type=2", "ListBucketVersions": "GET versions", "ListBucketMultipartUploads": "GET uploads", "GetBucketAcl": "GET acl",
	"GetBucketPolicy": "GET policy", "PutBucketPolicy": "PUT policy", "DeleteBucketPolicy": "DELETE policy", "PutBucketPublicAccessBlock": "PUT publicAccessBlock",
	"PutEncryptionConfiguration": "PUT encryption", "PutLifecycleConfiguration": "PUT lifecycle", "DeleteBucket": "DELETE", "GetBucketLocation": "GET location",
	"GetEncryptionConfiguration": "GET encryption", "GetBucketVersioning": "GET versioning", "UpdateObjectEncryption": "PUT encryption",
}

// jsonTargets are the front parts of X-Amz-Target by service, and jsonVersions the version of JSON where it is not 1.1.
var (
	jsonTargets  = map[string]string{"dynamodb": "DynamoDB_20120810.", "kms": "TrentService.", "sqs": "AmazonSQS.", "events": "AWSEvents.", "states": "AWSStepFunctions.", "ssm": "AmazonSSM.", "secretsmanager": "secretsmanager."}
	jsonVersions = map[string]string{"dynamodb": "1.0", "sqs": "1.0", "states": "1.0"}
)

// requestOf is a request for the action of an access, or why there is none.
func requestOf(access proof.Access, tables *deployed.Now) (q wire, why string) {
	service, action, _ := strings.Cut(access.Action, ":")
	q = wire{service: service, method: "POST", path: "/", header: map[string]string{}}
	a, _ := arn.Parse(access.Resource)
	context := map[string]string{}
	for key, values := range access.Context {
		if len(values) != 1 {
			return q, "several values of the condition key " + key
		}
		context[key] = values[0]
	}
	take := func(key string) string {
		value := context[key]
		delete(context, key)
		return value
	}
	switch service {
	case "":
	case "s3":
		written, ok := s3Requests[action]
		if !ok {
			return q, "no request is for this action alone: " + access.Action
		}
		bucket, key, _ := strings.Cut(a.Resource, "/")
		q.path = "/" + bucket
		for step := range strings.SplitSeq(key, "/") {
			if key != "" {
				q.path += "/" + url.PathEscape(step)
			}
		}
		q.method, q.query, _ = strings.Cut(written, " ")
		q.body = map[string]string{"PutBucketPolicy": emptyPolicy, "PutBucketPublicAccessBlock": "<PublicAccessBlockConfiguration/>"}[action]
		if prefix, ok := context["s3:prefix"]; ok {
			q.query += "&prefix=" + escaped(prefix)
			delete(context, "s3:prefix")
		}
		if access.AnyKey && action == "PutObject" { // so that it is not under the bucket's
			q.header["x-amz-server-side-encryption"] = "AES256"
		}
		if acl := take("s3:x-amz-acl"); acl != "" {
			q.header["x-amz-acl"] = acl
		}
	case "sns":
		q.form = map[string]string{"Action": action, "Version": "2010-03-31", "TopicArn": access.Resource, "Message": "m"}
		if action == "SetTopicAttributes" {
			q.form["AttributeName"], q.form["AttributeValue"] = "DisplayName", "d"
		}
	case "sts":
		q.form = map[string]string{"Action": action, "Version": "2011-06-15", "RoleArn": access.Resource, "RoleSessionName": "crossgrant"}
		if id := take("sts:ExternalId"); id != "" {
			q.form["ExternalId"] = id
		}
	case "lambda":
		if action != "InvokeFunction" {
			return q, "no request is known here for " + access.Action
		}
		q.path, q.body = "/2015-03-31/functions/"+url.PathEscape(access.Resource)+"/invocations", "{}"
	default:
		target, ok := jsonTargets[service]
		if !ok {
			return q, "no request is known here for " + access.Action
		}
		body := parametersOf(service, action, access.Resource, a, take, tables)
		if body == nil {
			return q, "no request has it, or none is known here: " + access.Action + " on " + a.Service + map[bool]string{true: " index"}[strings.Contains(a.Resource, "/index/")]
		}
		if operation, ok := body["operation"].(string); ok {
			action = operation
			delete(body, "operation")
		}
		text, _ := json.Marshal(body) // never fails: texts only
		version := jsonVersions[service]
		if version == "" {
			version = "1.1"
		}
		q.body, q.header["X-Amz-Target"], q.header["Content-Type"] = string(text), target+action, "application/x-amz-json-"+version
	}
	for key := range context {
		return q, "no request of a client has the condition key " + key
	}
	return q, ""
}

// parametersOf are those of a request to a service with JSON. Nil for none that is known here.
func parametersOf(service, action, resource string, a arn.ARN, take func(string) string, tables *deployed.Now) map[string]any {
	type object = map[string]any
	switch service {
	case "kms":
		more := map[string]object{
			"Decrypt": {"CiphertextBlob": "eA=="}, "Encrypt": {"Plaintext": "eA=="}, "GenerateDataKey": {"KeySpec": "AES_256"}, "DescribeKey": {},
			"PutKeyPolicy": {"Policy": emptyPolicy}, "CreateGrant": {"GranteePrincipal": "arn:aws:iam::111111111111:role/r", "Operations": []string{"Decrypt"}},
			"DisableKey": {}, "ScheduleKeyDeletion": {"PendingWindowInDays": 7},
		}[action]
		if more != nil {
			more["KeyId"] = resource
		}
		return more
	case "dynamodb":
		front, index, hasIndex := strings.Cut(resource, "/index/")
		name := tables.PartitionKey(front, "")
		if name == "" { // of a table that nobody has
			name = "id"
		}
		if hasIndex && action != "Query" && action != "Scan" {
			return nil // only these name an index
		}
		key := object{name: object{"S": "x"}}
		one := map[string]object{
			"GetItem": {"Key": key}, "PutItem": {"Item": key}, "DeleteItem": {"Key": key}, "UpdateItem": {"Key": key}, "Scan": {},
			"Query":         {"KeyConditionExpression": "#k = :v", "ExpressionAttributeNames": object{"#k": name}, "ExpressionAttributeValues": object{":v": object{"S": "x"}}},
			"DescribeTable": {}, "UpdateTable": {}, "DeleteTable": {},
		}[action]
		if one != nil {
			one["TableName"] = front
			if hasIndex {
				one["IndexName"] = index
			}
			return one
		}
		return map[string]object{
			"BatchGetItem":             {"RequestItems": object{front: object{"Keys": []object{key}}}},
			"BatchWriteItem":           {"RequestItems": object{front: []object{{"PutRequest": object{"Item": key}}}}},
			"PartiQLUpdate":            {"operation": "ExecuteStatement", "Statement": `UPDATE "` + front + `" SET a = 1 WHERE "` + name + `" = 'x'`},
			"PutResourcePolicy":        {"ResourceArn": front, "Policy": emptyPolicy},
			"DeleteResourcePolicy":     {"ResourceArn": front},
			"ExportTableToPointInTime": {"TableArn": front, "S3Bucket": "b"},
		}[action]
	case "sqs":
		url := "http://localhost/" + a.Account + "/" + a.Resource
		return map[string]object{
			"SendMessage": {"QueueUrl": url, "MessageBody": "m"}, "ReceiveMessage": {"QueueUrl": url}, "DeleteMessage": {"QueueUrl": url, "ReceiptHandle": "r"},
			"DeleteQueue": {"QueueUrl": url}, "GetQueueAttributes": {"QueueUrl": url}, "SetQueueAttributes": {"QueueUrl": url, "Attributes": object{"DelaySeconds": "1"}},
			"PurgeQueue": {"QueueUrl": url}, "AddPermission": {"QueueUrl": url, "Label": "l", "AWSAccountIds": []string{"111111111111"}, "Actions": []string{"SendMessage"}},
			"GetQueueUrl": {"QueueName": a.Resource, "QueueOwnerAWSAccountId": a.Account},
		}[action]
	case "events":
		if action == "PutEvents" {
			return object{"Entries": []object{{"EventBusName": resource, "Source": take("events:source"), "DetailType": take("events:detail-type"), "Detail": "{}"}}}
		}
	case "states":
		return map[string]object{
			"StartExecution": {"stateMachineArn": resource}, "ListExecutions": {"stateMachineArn": resource}, "DescribeExecution": {"executionArn": resource},
			"StopExecution": {"executionArn": resource}, "RedriveExecution": {"executionArn": resource}, "DescribeMapRun": {"mapRunArn": resource},
		}[action]
	}
	return nil
}
