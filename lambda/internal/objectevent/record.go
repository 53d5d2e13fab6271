package objectevent

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

// record is one of Records: of S3, or of SNS, whose field names begin with a capital letter. Decoding takes either case.
type record struct {
	EventSource, EventName string
	S3                     struct {
		Bucket struct{ Name string }
		Object struct {
			Key, ETag, VersionID, Sequencer string
			Size                            *int64
		}
	}
	SNS *struct{ Message string }
}

// fromRecords reads the records of S3 or SNS.
func fromRecords(raw json.RawMessage) (n notification, err error) {
	var records []json.RawMessage
	if err := json.Unmarshal(raw, &records); err != nil || len(records) == 0 {
		return n, &event.Invalid{Field: "field Records", Found: event.Describe(raw), Expected: "records as S3, SNS or SQS sends them"}
	}
	for i, raw := range records {
		field := fmt.Sprintf("field Records[%d]", i)
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			n.objects = append(n.objects, Object{Err: &event.Invalid{Field: field, Found: describeRecord(raw), Expected: "a record as S3 or SNS sends it"}})
			continue
		}
		if r.EventSource == "aws:sns" && r.SNS != nil {
			n.add(fromMessage(r.SNS.Message))
			continue
		}
		n.objects = append(n.objects, fromS3(r, field))
	}
	return n, nil
}

func describeRecord(raw json.RawMessage) string {
	if found := event.Describe(raw); found != "an object" {
		return found
	}
	return "an object whose fields have other types"
}

// add adds what another notification is about; its error becomes a refused object.
func (n *notification) add(more notification, err error) {
	if err == nil && more.scheduled {
		err = scheduleElsewhere()
	}
	if err != nil {
		n.objects = append(n.objects, Object{Err: err})
		return
	}
	n.objects = append(n.objects, more.objects...)
	n.tests += more.tests
}

// kindOfS3 returns the kind of a record by its name. A lifecycle rule that expires an object removes it.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html.
func kindOfS3(name string) (Kind, bool) {
	switch {
	case strings.HasPrefix(name, "ObjectCreated:"):
		return Created, true
	case name == "ObjectRestore:Completed":
		return Restored, true
	case strings.HasPrefix(name, "ObjectRemoved:"), strings.HasPrefix(name, "LifecycleExpiration:"):
		return Removed, true
	}
	return 0, false
}

// fromS3 decodes the key, which is encoded only in a notification of S3.
func fromS3(r record, field string) Object {
	o := Object{Bucket: r.S3.Bucket.Name, ETag: r.S3.Object.ETag, VersionID: r.S3.Object.VersionID, Sequencer: r.S3.Object.Sequencer, Size: -1}
	if r.S3.Object.Size != nil {
		o.Size = *r.S3.Object.Size
	}
	name := strings.TrimPrefix(r.EventName, "s3:")
	if r.EventSource != "aws:s3" {
		found := "a record without eventSource"
		if r.EventSource != "" {
			found = "a record of " + event.Quote(r.EventSource)
		}
		return Object{Err: &event.Invalid{Field: field, Found: found, Expected: `records of "aws:s3", directly or through SNS or SQS; ` +
			"remove this function from that event source"}}
	}
	var err error
	o.Key, err = url.QueryUnescape(r.S3.Object.Key)
	var known bool
	if o.Kind, known = kindOfS3(name); !known {
		o.Err = &event.Invalid{Field: field, Found: event.Quote(r.EventName) + " of S3 for key " + event.Quote(o.Key),
			Expected: "ObjectCreated:*, ObjectRestore:Completed, ObjectRemoved:* or LifecycleExpiration:*; limit the bucket's notification to these events"}
		return o
	}
	if err != nil || o.Key == "" || !utf8.ValidString(o.Key) || o.Bucket == "" {
		o.Key = ""
		o.Err = &event.Invalid{Field: field, Found: "key " + event.Quote(r.S3.Object.Key), Expected: "s3.bucket.name and s3.object.key, URL-encoded UTF-8"}
	}
	return o
}
