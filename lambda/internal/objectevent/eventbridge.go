package objectevent

import (
	"encoding/json"
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// Kinds of events of EventBridge, by their detail types.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html.
var kindOfEventBridge = map[string]Kind{
	"Object Created":           Created,
	"Object Restore Completed": Restored,
	"Object Deleted":           Removed,
}

// fromEventBridge reads an event of S3, of a schedule, or one that tests a rule.
func fromEventBridge(fields event.Object) (notification, error) {
	source, _, _ := fields.Text("source", 256)
	kind, _, _ := fields.Text("detail-type", 256)
	known, ok := kindOfEventBridge[kind]
	switch {
	case isSchedule(source, kind):
		return notification{scheduled: true}, nil
	case isTest(kind):
		return notification{tests: 1}, nil
	case source != "aws.s3" || !ok:
		return notification{}, &event.Invalid{Field: "field detail-type", Found: event.Quote(kind) + " of " + event.Quote(source),
			Expected: `"Object Created", "Object Restore Completed" or "Object Deleted" of "aws.s3"; limit the rule's event pattern to these`}
	}
	var detail struct {
		Bucket struct{ Name string }
		Object event.Object
	}
	invalid := &event.Invalid{Field: "field detail", Found: event.Describe(fields["detail"]), Expected: "bucket.name and object.key"}
	if json.Unmarshal(fields["detail"], &detail) != nil {
		return notification{}, invalid
	}
	key, _, err := detail.Object.Text("key", s3keys.Max)
	if err != nil {
		return notification{}, err
	}
	if key == "" || detail.Bucket.Name == "" {
		return notification{}, invalid
	}
	o := Object{Bucket: detail.Bucket.Name, Key: key, Kind: known, Size: -1}
	_ = json.Unmarshal(detail.Object["size"], &o.Size) // absent for a removed object
	o.ETag, _, _ = detail.Object.Text("etag", 256)
	o.VersionID, _, _ = detail.Object.Text("version-id", 1024)
	o.Sequencer, _, _ = detail.Object.Text("sequencer", 256)
	o.Account, _, _ = fields.Text("account", 64)
	return notification{objects: []Object{o}}, nil
}

// isSchedule reports whether an event is that of a rule with a schedule, or the one that EventBridge Scheduler sends to a target without input.
// Its detail, {} or "{}", says nothing.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
func isSchedule(source, kind string) bool {
	return kind == "Scheduled Event" && (source == "aws.events" || source == "aws.scheduler")
}

// isTest reports whether someone tests a rule by an event whose detail type says so, such as "Test Event".
func isTest(kind string) bool {
	word := strings.ToLower(strings.ReplaceAll(kind, " ", ""))
	return word == "test" || strings.HasSuffix(word, "testevent")
}

// scheduleElsewhere refuses a schedule's event that did not come directly.
func scheduleElsewhere() error {
	return &event.Invalid{Field: "field detail-type", Found: `"Scheduled Event" in a message`,
		Expected: expectedForms + "; make this function itself the schedule's target"}
}
