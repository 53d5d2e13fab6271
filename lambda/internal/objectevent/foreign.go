package objectevent

import (
	"encoding/json"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

// senders are services whose events have no object, by the fields that only they write.
// See https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html.
var senders = []struct {
	fields []string
	name   string
}{
	{[]string{"methodArn"}, "a request to an authorizer of API Gateway"},
	{[]string{"Execution", "StateMachine"}, "the context object of Step Functions"},
	{[]string{"Execution", "State"}, "the context object of Step Functions"},
	{[]string{"invocationSchemaVersion", "tasks"}, "a task of S3 Batch Operations"},
	{[]string{"getObjectContext"}, "a request of S3 Object Lambda"},
	{[]string{"awslogs"}, "records of a CloudWatch Logs subscription"},
	{[]string{"deliveryStreamArn"}, "records of Amazon Data Firehose"},
	{[]string{"eventSource", "records"}, "records of Kafka"},
	{[]string{"eventSource", "messages"}, "messages of Amazon MQ"},
	{[]string{"invokingEvent"}, "an event of AWS Config"},
	{[]string{"triggerSource", "userPoolId"}, "a trigger of Cognito"},
	{[]string{"CodePipeline.job"}, "a job of CodePipeline"},
	{[]string{"RequestType", "ResponseURL"}, "a request for a custom resource of CloudFormation"},
}

// sender names the service whose event this is; empty if it is none of them.
func sender(fields event.Object) string {
	for _, s := range senders {
		all := true
		for _, name := range s.fields {
			all = all && fields[name] != nil
		}
		if all {
			return s.name
		}
	}
	return ""
}

// caller names the service that passes on an HTTP request, of which this is one; empty if it is none.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-alb.html: a load balancer writes requestContext.elb.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func caller(fields event.Object) string {
	var request struct {
		ELB  json.RawMessage
		HTTP struct{ Method string }
	}
	if len(fields["requestContext"]) == 0 || json.Unmarshal(fields["requestContext"], &request) != nil {
		return ""
	}
	switch {
	case request.ELB != nil:
		return "a request of an Application Load Balancer"
	case request.HTTP.Method != "":
		return "a request of API Gateway or a function URL"
	case fields["httpMethod"] != nil:
		return "a request of API Gateway"
	}
	return ""
}

// foreign returns the error of an event that another service sent; nil if the event is none of them.
func foreign(fields event.Object) error {
	found := sender(fields)
	if found == "" {
		found = caller(fields)
	}
	if found == "" {
		return nil
	}
	return &event.Invalid{Field: "event", Found: found,
		Expected: "an event of this function's own, such as {}, or " + expectedForms + "; let the sender pass one of these as its input"}
}

// Own returns the event of a function that takes no notifications and knows requests of API Gateway itself: {} for the event of a schedule. An
// event of AWS is an [event.Invalid]. unread says that nobody reads the answer, so that a failure has to be a function error: a queue would take
// any other answer for a success, and delete its messages.
func Own(fields event.Object) (own event.Object, unread bool, err error) {
	source, _, _ := fields.Text("source", 256)
	kind, _, _ := fields.Text("detail-type", 256)
	if isSchedule(source, kind) {
		return event.Object{}, true, nil
	}
	found := sender(fields)
	var records []record
	switch {
	case kind != "":
		found = event.Quote(kind) + " of " + event.Quote(source)
	case json.Unmarshal(fields["Records"], &records) == nil && len(records) > 0:
		found = "records of " + event.Quote(records[0].EventSource)
	case isNotification(fields):
		found = "a notification"
	}
	if found == "" {
		return fields, false, nil
	}
	return nil, isNotification(fields), &event.Invalid{Field: "event", Found: found,
		Expected: "an event of this function's own, such as {}; remove this function from its sender"}
}
