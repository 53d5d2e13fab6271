// Package objectevent reads which created objects an event is about, in each form in which AWS sends it: a notification of S3, an event of
// EventBridge, or either of them in messages of SQS; and it handles batches of such messages. It does not read objects, and does not know the
// functions' own events.
package objectevent

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

// Object is one object that was created.
type Object struct {
	// Bucket is the bucket's name.
	Bucket string
	// Key is the object's key, without any encoding.
	Key string
}

// Message is one message of SQS.
type Message struct {
	// ID is its ID in a partial batch response.
	ID string
	// Objects are those that the message is about; none for the test message of S3 for a new notification.
	Objects []Object
	// Err says that the message's body is malformed or about something else.
	Err error
}

// Event is an event that AWS sent.
type Event struct {
	// Objects are those of a notification that was the event itself.
	Objects []Object
	// Messages are those of a batch from SQS; nil for any other event.
	Messages []Message
}

// Parse reads an event; ok is false if it is one of the function's own. The error for an event that is malformed, or about something other than
// created objects, is an [event.Invalid].
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func Parse(payload []byte) (e Event, ok bool, err error) {
	fields, err := event.Parse(payload)
	if err != nil {
		return Event{}, false, err
	}
	if !isNotification(fields) {
		return Event{}, false, nil
	}
	if messages, batch, err := messagesOf(fields); batch || err != nil {
		return Event{Messages: messages}, true, err
	}
	e.Objects, err = objectsOf(fields)
	return e, true, err
}

// isNotification reports whether an event is one of AWS, by names that no function's own event has.
func isNotification(fields event.Object) bool {
	for _, name := range []string{"Records", "detail-type", "Event"} {
		if _, ok := fields[name]; ok {
			return true
		}
	}
	return false
}

// messagesOf returns the messages of a batch from SQS, each with what its body is about.
func messagesOf(fields event.Object) (messages []Message, batch bool, err error) {
	raw, ok := fields["Records"]
	if !ok {
		return nil, false, nil
	}
	var records []struct {
		MessageID   string `json:"messageId"`
		EventSource string `json:"eventSource"`
		Body        string `json:"body"`
	}
	if err := json.Unmarshal(raw, &records); err != nil || len(records) == 0 {
		return nil, false, &event.Invalid{Field: "field Records", Found: event.Describe(raw), Expected: "records as S3 or SQS sends them"}
	}
	if records[0].EventSource != "aws:sqs" {
		return nil, false, nil
	}
	for i, r := range records {
		if r.MessageID == "" || r.EventSource != "aws:sqs" {
			return nil, true, &event.Invalid{Field: fmt.Sprintf("field Records[%d]", i), Found: "no messageId or another eventSource", Expected: "a message of SQS"}
		}
		m := Message{ID: r.MessageID}
		m.Objects, m.Err = inBody(r.Body)
		messages = append(messages, m)
	}
	return messages, true, nil
}

func inBody(body string) ([]Object, error) {
	fields, err := event.Parse([]byte(body))
	if err != nil {
		return nil, err
	}
	return objectsOf(fields)
}

// objectsOf reads one notification.
func objectsOf(fields event.Object) ([]Object, error) {
	if _, ok := fields["detail-type"]; ok {
		return fromEventBridge(fields)
	}
	if name, _, _ := fields.Text("Event", 64); name == "s3:TestEvent" {
		return nil, nil
	}
	raw, ok := fields["Records"]
	if !ok {
		return nil, &event.Invalid{Field: "event", Found: "neither Records nor detail-type", Expected: "a notification of S3 or EventBridge"}
	}
	return fromS3(raw)
}

func fromEventBridge(fields event.Object) ([]Object, error) {
	var detail struct {
		Bucket struct{ Name string }
		Object struct{ Key string }
	}
	source, _, _ := fields.Text("source", 256)
	kind, _, _ := fields.Text("detail-type", 256)
	if source != "aws.s3" || kind != "Object Created" {
		return nil, &event.Invalid{Field: "field detail-type", Found: event.Quote(kind) + " of " + event.Quote(source), Expected: `"Object Created" of "aws.s3"`}
	}
	if err := json.Unmarshal(fields["detail"], &detail); err != nil || detail.Bucket.Name == "" || detail.Object.Key == "" {
		return nil, &event.Invalid{Field: "field detail", Found: event.Describe(fields["detail"]), Expected: "bucket.name and object.key"}
	}
	return []Object{{detail.Bucket.Name, detail.Object.Key}}, nil
}

// fromS3 decodes the keys, which are encoded only in a notification of S3.
func fromS3(raw json.RawMessage) (objects []Object, err error) {
	var records []struct {
		EventSource, EventName string
		S3                     struct {
			Bucket struct{ Name string }
			Object struct{ Key string }
		}
	}
	if err := json.Unmarshal(raw, &records); err != nil || len(records) == 0 {
		return nil, &event.Invalid{Field: "field Records", Found: event.Describe(raw), Expected: "records as S3 sends them"}
	}
	for i, r := range records {
		field := fmt.Sprintf("field Records[%d]", i)
		if r.EventSource != "aws:s3" || !strings.HasPrefix(r.EventName, "ObjectCreated:") {
			return nil, &event.Invalid{Field: field, Found: event.Quote(r.EventName) + " of " + event.Quote(r.EventSource), Expected: `ObjectCreated:… of "aws:s3"`}
		}
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil || key == "" || r.S3.Bucket.Name == "" {
			return nil, &event.Invalid{Field: field, Found: "key " + event.Quote(r.S3.Object.Key), Expected: "s3.bucket.name and s3.object.key, URL-encoded"}
		}
		objects = append(objects, Object{r.S3.Bucket.Name, key})
	}
	return objects, nil
}
