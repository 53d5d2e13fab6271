// Package objectevent reads which objects an event is about, in each form in which AWS sends it: a notification of S3 or an event of
// EventBridge, each of them alone, published by SNS, or in messages of SQS; and it handles batches of such messages. It does not read objects,
// and does not know the functions' own events.
package objectevent

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

// Kind is what happened to an object.
type Kind int

const (
	// Created is a new object or a new version.
	Created Kind = iota
	// Restored is an archived object that can be read now, until its copy expires.
	Restored
	// Removed is an object that was deleted, expired, or hidden by a delete marker: there is nothing to read.
	Removed
)

// Object is one record of an event.
type Object struct {
	// Bucket is the bucket's name.
	Bucket string
	// Key is the object's key, without any encoding.
	Key string
	// Kind is what happened to it.
	Kind Kind
	// ETag is the object's, without quotes; empty if the event has none.
	ETag string
	// Size is the object's in bytes; -1 if the event has none.
	Size int64
	// VersionID is the version's; empty in a bucket without versions.
	VersionID string
	// Sequencer orders the events of one key, see [Later]; empty if the event has none.
	Sequencer string
	// Account is the bucket owner's; empty in a notification of S3, which does not have it.
	Account string
	// Err says why this record is refused: it is malformed, or of another kind; then Bucket and Key may be empty. It is an [event.Invalid].
	Err error
}

// Where names the bucket for a message, with its account if the event has it.
func (o Object) Where() string {
	if o.Account == "" {
		return "bucket " + event.Quote(o.Bucket)
	}
	return "bucket " + event.Quote(o.Bucket) + " of account " + event.Quote(o.Account)
}

// Later reports whether the first of two sequencers of the same key is the one of the later event. Those of different keys have no order.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html: sequencers are hexadecimal values of different
// lengths; the shorter one is padded with zeros on the right, and then they are compared as text.
func Later(sequencer, other string) bool {
	n := max(len(sequencer), len(other))
	pad := func(s string) string { return strings.ToLower(s) + strings.Repeat("0", n-len(s)) }
	return pad(sequencer) > pad(other)
}

// Message is one message of SQS.
type Message struct {
	// ID is its ID in a partial batch response.
	ID string
	// Objects are those that the message is about; none for a test message.
	Objects []Object
	// Tests is the number of test messages in it.
	Tests int
	// Err says that the message's body is malformed or about something else as a whole.
	Err error

	// group is the message group of a FIFO queue; empty for any other queue.
	group string
}

// Event is an event that AWS sent.
type Event struct {
	// Objects are the records of a notification that was the event itself or came directly from SNS.
	Objects []Object
	// Messages are those of a batch from SQS; nil for any other event.
	Messages []Message
	// Scheduled says that a schedule of EventBridge invoked the function without an input of its own: the function has to do what it does for
	// the event {}.
	Scheduled bool

	tests int
}

// Counts are for the log: the records of each kind beside created ones, and the test messages, each if there are any.
func (e Event) Counts() (counts []slog.Attr) {
	restored, removed, tests := 0, 0, e.tests
	add := func(objects []Object) {
		for _, o := range objects {
			switch {
			case o.Err != nil:
			case o.Kind == Restored:
				restored++
			case o.Kind == Removed:
				removed++
			}
		}
	}
	add(e.Objects)
	for _, m := range e.Messages {
		tests += m.Tests
		add(m.Objects)
	}
	for _, c := range []struct {
		name  string
		count int
	}{{"restored", restored}, {"removed", removed}, {"tests", tests}} {
		if c.count > 0 {
			counts = append(counts, slog.Int(c.name, c.count))
		}
	}
	return counts
}

// Parse reads an event; ok is false if it is one of the function's own. The error, an [event.Invalid], is that of an event that is malformed, is
// of a service that does not send objects, or has no record that is not refused. A refused record among others has its own error.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func Parse(payload []byte) (e Event, ok bool, err error) {
	fields, err := event.Parse(payload)
	if err != nil {
		return Event{}, false, err
	}
	if !isNotification(fields) {
		return Event{}, false, foreign(fields)
	}
	if messages, batch, err := messagesOf(fields); batch || err != nil {
		return Event{Messages: messages}, true, err
	}
	n, err := notificationOf(fields)
	if err != nil {
		return Event{}, true, err
	}
	return Event{Objects: n.objects, Scheduled: n.scheduled, tests: n.tests}, true, nil
}

// isNotification reports whether an event is one of AWS, by names that no function's own event has.
func isNotification(fields event.Object) bool {
	for _, name := range []string{"Records", "detail-type", "Event"} {
		if _, ok := fields[name]; ok {
			return true
		}
	}
	return isEnvelope(fields)
}

// notification is what one notification is about.
type notification struct {
	objects   []Object
	tests     int
	scheduled bool
}

// expectedForms names what is read.
const expectedForms = "a notification of S3 or EventBridge"

// notificationOf reads one notification. Its error is that of the first record if all of them are refused.
func notificationOf(fields event.Object) (n notification, err error) {
	name, _, _ := fields.Text("Event", 64)
	switch {
	case fields["detail-type"] != nil:
		n, err = fromEventBridge(fields)
	case name == "s3:TestEvent":
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html: S3 sends it for a new notification.
		n.tests = 1
	case fields["Records"] != nil:
		n, err = fromRecords(fields["Records"])
	case isEnvelope(fields):
		n, err = fromEnvelope(fields)
	default:
		err = &event.Invalid{Field: "event", Found: "neither Records nor detail-type", Expected: expectedForms}
	}
	if err == nil {
		err = n.refused()
	}
	return n, err
}

// refused returns the error of a notification in which nothing can be handled.
func (n notification) refused() error {
	var first error
	for _, o := range n.objects {
		if o.Err == nil {
			return nil
		}
		if first == nil {
			first = o.Err
		}
	}
	if first == nil || n.tests > 0 {
		return nil
	}
	if more := len(n.objects) - 1; more > 0 {
		return fmt.Errorf("%w; nor is any of the %d other records", first, more)
	}
	return first
}
