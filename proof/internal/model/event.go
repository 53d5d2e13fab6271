package model

import (
	"encoding/json"
	"maps"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/eventpattern"
)

// Events as EventBridge delivers them.

// matches says whether a pattern matches every event that is like an example.
func (m *Model) matches(pattern any, example map[string]any) policy.Answer {
	return m.matchesEach(pattern, example, func(event any) any { return event })
}

// matchesMessage says whether the filter of an event source mapping matches every message with such an event.
func (m *Model) matchesMessage(pattern any, example map[string]any) policy.Answer {
	return m.matchesEach(pattern, example, func(event any) any { return eventpattern.Open{"body": event} })
}

func (m *Model) matchesEach(pattern any, example map[string]any, as func(any) any) policy.Answer {
	result := policy.Yes
	for _, event := range m.asDelivered(example) {
		switch eventpattern.Matches(pattern, as(event)) {
		case policy.No:
			return policy.No
		case policy.Indeterminate:
			result = policy.Indeterminate
		}
	}
	return result
}

// asDelivered are the events that are like an example. Each has the fields of every event, with values that nobody knows, and may have others; but of what
// S3 sends about a created object, all fields are documented.
// https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
func (m *Model) asDelivered(example map[string]any) []any {
	event := map[string]any{"version": "0"}
	for _, field := range []string{"id", "time", "account", "region", "source", "detail-type"} {
		event[field] = policy.Unresolved(field)
	}
	maps.Copy(event, example)
	detail := object(event["detail"])
	if event["source"] != "aws.s3" || event["detail-type"] != "Object Created" || detail == nil {
		event["detail"] = opened(event["detail"])
		return []any{eventpattern.Open(event)}
	}
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
	var all []any
	for _, reason := range []string{"PutObject", "POST Object", "CopyObject", "CompleteMultipartUpload"} {
		for _, size := range []json.Number{"0", largestObject} {
			created := map[string]any{"size": size}
			for _, field := range []string{"etag", "sequencer"} {
				created[field] = policy.Unresolved(field)
			}
			maps.Copy(created, object(detail["object"]))
			one := map[string]any{"version": "0", "reason": reason}
			for _, field := range []string{"request-id", "requester", "source-ip-address"} {
				one[field] = policy.Unresolved(field)
			}
			maps.Copy(one, detail)
			one["object"] = m.withVersion(created, text(object(detail["bucket"])["name"]))
			whole := maps.Clone(event)
			whole["detail"] = one
			all = append(all, whole)
		}
	}
	return all
}

// largestObject is the size of the largest object that S3 keeps, 50 TiB.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html
const largestObject = "54975581388800"

// withVersion is an object as its bucket tells of it: with a version if it has versions, or perhaps.
func (m *Model) withVersion(created map[string]any, bucket string) any {
	const field = "version-id"
	for _, r := range m.Assembly.OfType("AWS::S3::Bucket") {
		if r.Name != bucket {
			continue
		}
		switch versioning := r.Properties["VersioningConfiguration"]; {
		case text(object(versioning)["Status"]) == "Enabled":
			created[field] = policy.Unresolved(field)
			return created
		case versioning == nil:
			return created
		}
	}
	return eventpattern.Open(created)
}

// opened is a value of which every object may have other fields.
func opened(value any) any {
	switch v := value.(type) {
	case nil:
		return eventpattern.Open{}
	case map[string]any:
		all := eventpattern.Open{}
		for key, inner := range v {
			all[key] = inner
			if object(inner) != nil {
				all[key] = opened(inner)
			}
		}
		return all
	}
	return value
}
