package objectevent

import (
	"encoding/json"
	"fmt"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

// messagesOf returns the messages of a batch from SQS, each with what its body is about.
func messagesOf(fields event.Object) (messages []Message, batch bool, err error) {
	var records []struct {
		MessageID   string `json:"messageId"`
		EventSource string `json:"eventSource"`
		Body        string `json:"body"`
		Attributes  struct {
			MessageGroupID string `json:"MessageGroupId"`
		} `json:"attributes"`
	}
	malformed := json.Unmarshal(fields["Records"], &records) // it decodes what it can
	switch {
	case len(records) == 0 || records[0].EventSource != "aws:sqs":
		return nil, false, nil
	case malformed != nil:
		return nil, true, &event.Invalid{Field: "field Records", Found: "fields of other types", Expected: "messages as SQS sends them"}
	}
	for i, r := range records {
		if r.MessageID == "" || r.EventSource != "aws:sqs" {
			return nil, true, &event.Invalid{Field: fmt.Sprintf("field Records[%d]", i), Found: "no messageId or another eventSource", Expected: "a message of SQS"}
		}
		m := Message{ID: r.MessageID, group: r.Attributes.MessageGroupID}
		n, err := fromMessage(r.Body)
		if err == nil && n.scheduled {
			err = scheduleElsewhere()
		}
		if m.Objects, m.Tests, m.Err = n.objects, n.tests, err; err != nil {
			m.Objects = nil
		}
		messages = append(messages, m)
	}
	return messages, true, nil
}

// fromMessage reads the text of a message of SQS or SNS.
func fromMessage(text string) (notification, error) {
	fields, err := event.Parse([]byte(text))
	if err != nil {
		return notification{}, err
	}
	if err := foreign(fields); err != nil {
		return notification{}, err
	}
	return notificationOf(fields)
}

// isEnvelope reports whether SNS wrote the JSON object: a message to a queue without raw message delivery, or one of a subscription.
// See https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html.
func isEnvelope(fields event.Object) bool {
	return fields["Type"] != nil && fields["TopicArn"] != nil && fields["Message"] != nil
}

// fromEnvelope reads the message in what SNS wrote around it. SNS wraps a message once.
func fromEnvelope(fields event.Object) (notification, error) {
	kind, _, _ := fields.Text("Type", 64)
	text, ok, err := fields.Text("Message", len(fields["Message"]))
	if kind != "Notification" || !ok || err != nil {
		return notification{}, &event.Invalid{Field: "field Type", Found: event.Quote(kind) + " of SNS",
			Expected: `"Notification" with a Message; a subscription is confirmed by its owner`}
	}
	inner, err := event.Parse([]byte(text))
	if err != nil {
		return notification{}, err
	}
	if isEnvelope(inner) {
		return notification{}, &event.Invalid{Field: "field Message", Found: "a message of SNS in a message of SNS", Expected: expectedForms}
	}
	return notificationOf(inner)
}
