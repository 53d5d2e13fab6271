package denial

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// event is what an event of CloudTrail has of a request.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type event struct {
	UserIdentity struct {
		Type, ARN string
		InvokedBy string
	}
	EventSource, EventName, AWSRegion string
	ErrorCode, ErrorMessage           string
	VPCEndpointID                     string
	RecipientAccountID                string
	RequestParameters                 map[string]any
	Resources                         []struct{ Type, ARN, AccountID string }
}

// ParseEvent reads an event of CloudTrail: itself, as EventBridge delivers it, or as the only denied one of a log file or of an answer of LookupEvents.
func ParseEvent(text []byte) (Denial, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	events, err := eventsOf(text)
	if err != nil {
		return Denial{}, err
	}
	var denied []event
	for _, e := range events {
		if e.isDenied() || len(events) == 1 {
			denied = append(denied, e)
		}
	}
	switch {
	case len(denied) != 1:
		return Denial{}, fmt.Errorf("found %d events of denied requests, expected one event of CloudTrail", len(denied))
	case !denied[0].isDenied():
		return Denial{}, fmt.Errorf("found an event without an error of access (error code %q), expected one of a denied request, such as AccessDenied", denied[0].ErrorCode)
	}
	return denied[0].denial()
}

func eventsOf(text []byte) ([]event, error) {
	var file struct {
		Records, Events []json.RawMessage
		Detail          json.RawMessage
		CloudTrailEvent string
		EventName       string
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("found no JSON object, expected an event of CloudTrail: %w", err)
	}
	var all []event
	for _, one := range append(file.Records, file.Events...) {
		more, err := eventsOf(one)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	switch {
	case len(all) > 0:
		return all, nil
	case file.CloudTrailEvent != "": // of LookupEvents
		return eventsOf([]byte(file.CloudTrailEvent))
	case file.EventName != "":
		var e event
		err := json.Unmarshal(text, &e)
		return []event{e}, err
	case file.Detail != nil: // of EventBridge
		return eventsOf(file.Detail)
	}
	return nil, errors.New("found an object without eventName, expected an event of CloudTrail")
}

// isDenied says that the error is one of access.
func (e event) isDenied() bool {
	for _, part := range []string{"AccessDenied", "UnauthorizedOperation", "NotAuthorized", "Unauthorized", "Forbidden"} {
		if strings.Contains(e.ErrorCode, part) {
			return true
		}
	}
	return false
}

func (e event) denial() (Denial, error) {
	d, err := ParseMessage(e.ErrorMessage)
	if err != nil {
		d = Denial{Caller: e.UserIdentity.ARN, Action: e.action(), Resource: e.resource()}
	}
	if d.Resource == "" {
		d.Resource = e.resource()
	}
	d.Endpoint = e.VPCEndpointID
	if d.Caller == "" {
		if d.Caller = e.UserIdentity.InvokedBy; d.Caller == "" {
			return d, fmt.Errorf("found an event whose userIdentity has no ARN (type %q), expected a role session, a user or a service", e.UserIdentity.Type)
		}
	}
	return d, nil
}

// version is that of an API, which some services write behind the name of an operation, such as GetFunction20150331v2.
var version = regexp.MustCompile(`[0-9]{8}(v[0-9]+)?$`)

// actions are those of operations that have another name.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
var actions = map[string]string{
	"s3:ListObjects": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket", "s3:HeadBucket": "s3:ListBucket", "s3:ListObjectVersions": "s3:ListBucketVersions",
	"s3:HeadObject": "s3:GetObject", "s3:SelectObjectContent": "s3:GetObject",
	"s3:CopyObject": "s3:PutObject", "s3:CreateMultipartUpload": "s3:PutObject", "s3:UploadPart": "s3:PutObject", "s3:UploadPartCopy": "s3:PutObject",
	"s3:CompleteMultipartUpload": "s3:PutObject", "s3:PostObject": "s3:PutObject", "s3:DeleteObjects": "s3:DeleteObject",
	"s3:ListParts": "s3:ListMultipartUploadParts", "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
	"lambda:Invoke": "lambda:InvokeFunction", "lambda:InvokeWithResponseStream": "lambda:InvokeFunction", "lambda:GetLayerVersionByArn": "lambda:GetLayerVersion",
	"sqs:SendMessageBatch": "sqs:SendMessage", "sqs:DeleteMessageBatch": "sqs:DeleteMessage", "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
	"sns:PublishBatch": "sns:Publish",
}

// services are the prefixes of actions of services whose host has another name.
var services = map[string]string{"monitoring": "cloudwatch", "email": "ses"}

// action is the operation as policies name it.
func (e event) action() string {
	service, _, _ := strings.Cut(e.EventSource, ".")
	if other, ok := services[service]; ok {
		service = other
	}
	return ActionOf(service + ":" + version.ReplaceAllString(e.EventName, ""))
}

// ActionOf is an operation of a service, such as "sqs:SendMessageBatch", as policies name it.
func ActionOf(operation string) string {
	if other, ok := actions[operation]; ok {
		return other
	}
	return operation
}

// resource is the ARN of what the request was on: of the event's resources the most exact, or else what the parameters name.
func (e event) resource() string {
	found := ""
	for _, r := range e.Resources {
		if r.ARN != "" && !strings.HasSuffix(r.ARN, "/*") && len(r.ARN) > len(found) {
			found = r.ARN
		}
	}
	if found != "" {
		return found
	}
	parameter := func(name string) string {
		text, _ := e.RequestParameters[name].(string)
		return text
	}
	for _, name := range []string{"roleArn", "resourceArn", "topicArn", "secretId", "keyId", "functionName", "streamARN"} {
		if text := parameter(name); strings.HasPrefix(text, "arn:") {
			return text
		}
	}
	for _, name := range []string{"secretId", "functionName"} { // by name
		if text := parameter(name); text != "" {
			return text
		}
	}
	arn := func(service, resource string) string {
		return "arn:" + partitionOf(e.UserIdentity.ARN) + ":" + service + ":" + e.AWSRegion + ":" + e.RecipientAccountID + ":" + resource
	}
	switch bucket, table, queue := parameter("bucketName"), parameter("tableName"), parameter("queueUrl"); {
	case bucket != "":
		name := "arn:" + partitionOf(e.UserIdentity.ARN) + ":s3:::" + bucket
		if key := parameter("key"); key != "" {
			name += "/" + key
		}
		return name
	case strings.HasPrefix(table, "arn:"):
		return table
	case table != "":
		return arn("dynamodb", "table/"+table)
	case queue != "":
		parts := strings.Split(queue, "/")
		if len(parts) < 5 {
			return ""
		}
		return "arn:" + partitionOf(e.UserIdentity.ARN) + ":sqs:" + e.AWSRegion + ":" + parts[3] + ":" + parts[4]
	}
	return ""
}

// partitionOf is the partition of an ARN, "aws" where there is none.
func partitionOf(name string) string {
	if parts := strings.SplitN(name, ":", 3); len(parts) == 3 && parts[0] == "arn" {
		return parts[1]
	}
	return "aws"
}
