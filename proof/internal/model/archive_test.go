package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
)

// S3 returns objects of all classes but the archives: those of Instant Retrieval, too.
func TestArchivedObjects(t *testing.T) {
	lifecycle := func(rule string) string { return "LifecycleConfiguration: {Rules: [{" + rule + "}]}" }
	const now = "Status: Enabled, Transitions: [{StorageClass: GLACIER, TransitionInDays: 0}]"
	for name, c := range map[string]struct{ bucket, want string }{
		"no lifecycle":                    {"Tags: []", ""},
		"expiration":                      {lifecycle("Status: Enabled, ExpirationInDays: 1"), ""},
		"other classes":                   {lifecycle("Status: Enabled, Transitions: [{StorageClass: STANDARD_IA, TransitionInDays: 30}, {StorageClass: INTELLIGENT_TIERING, TransitionInDays: 0}, {StorageClass: GLACIER_IR, TransitionInDays: 0}]"), ""},
		"at once":                         {lifecycle(now), "broken a lifecycle rule of bucket lake moves objects in/* to GLACIER after 0 days, and GetObject then ends in InvalidObjectState"},
		"by the old property":             {lifecycle("Status: Enabled, Transition: {StorageClass: DEEP_ARCHIVE, TransitionInDays: '0'}"), "broken a lifecycle rule of bucket lake moves objects in/* to DEEP_ARCHIVE"},
		"later":                           {lifecycle("Status: Enabled, Transitions: [{StorageClass: DEEP_ARCHIVE, TransitionInDays: 90}]"), "unknown a lifecycle rule of bucket lake moves objects in/* to DEEP_ARCHIVE after 90 days"},
		"at a date":                       {lifecycle("Status: Enabled, Transitions: [{StorageClass: GLACIER, TransitionDate: '2030-01-01T00:00:00Z'}]"), "unknown a lifecycle rule of bucket lake moves objects in/* to GLACIER at some time"},
		"disabled":                        {lifecycle(strings.Replace(now, "Enabled", "Disabled", 1)), ""},
		"perhaps":                         {lifecycle(strings.Replace(now, "Enabled", "!Ref P", 1)), "unknown a lifecycle rule"},
		"an unknown class":                {lifecycle(strings.Replace(now, "GLACIER", "!Ref P", 1)), "unknown a lifecycle rule"},
		"of objects with a tag":           {lifecycle(now + ", TagFilters: [{Key: old, Value: yes}]"), "unknown a lifecycle rule"},
		"of large objects":                {lifecycle(now + ", ObjectSizeGreaterThan: 500"), "unknown a lifecycle rule"},
		"of the prefix":                   {lifecycle(now + ", Prefix: in/"), "broken a lifecycle rule"},
		"of a part of the prefix":         {lifecycle(now + ", Prefix: in/old/"), "broken a lifecycle rule"},
		"of more than the prefix":         {lifecycle(now + ", Prefix: i"), "broken a lifecycle rule"},
		"of another prefix":               {lifecycle(now + ", Prefix: out/"), ""},
		"of an unknown prefix":            {lifecycle(now + ", Prefix: !Ref P"), "unknown a lifecycle rule"},
		"an unknown lifecycle":            {"LifecycleConfiguration: !Ref P", "unknown whether the lifecycle of bucket lake archives objects is not known"},
		"archives of Intelligent-Tiering": {"IntelligentTieringConfigurations: [{Id: i, Status: Enabled, Tierings: [{AccessTier: ARCHIVE_ACCESS, Days: 90}]}]", "unknown bucket lake archives objects in/* that nobody has read for a while"},
		"disabled tiering":                {"IntelligentTieringConfigurations: [{Id: i, Status: Disabled, Tierings: [{AccessTier: ARCHIVE_ACCESS, Days: 90}]}]", ""},
		"tiering of another prefix":       {"IntelligentTieringConfigurations: [{Id: i, Status: Enabled, Prefix: out/, Tierings: [{AccessTier: ARCHIVE_ACCESS, Days: 90}]}]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := read(t, "Parameters: {P: {Type: String}}\nResources:\n  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, "+c.bucket+"}}\n  Other: {Type: AWS::SQS::Queue}\n")
			says := ""
			for _, f := range m.Archived(contract.Statement{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::lake/in/*"}}) {
				says += fmt.Sprintf("%s %s\n", map[bool]string{true: "unknown", false: "broken"}[f.Unknown], f.Says)
			}
			if c.want == "" && says != "" || !strings.HasPrefix(says, c.want) {
				t.Errorf("found %q, expected %q", says, c.want)
			}
		})
	}
	m := read(t, "Resources:\n  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, "+lifecycle(now)+"}}\n")
	for _, s := range []contract.Statement{
		{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::lake/*"}},
		{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::sea/*"}},
	} {
		if found := m.Archived(s); len(found) > 0 {
			t.Errorf("of %v on %v found %v", s.Actions, s.Resources, found)
		}
	}
}

// CloudTrail publishes to the topic of a trail.
func TestTopicsOfTrails(t *testing.T) {
	const publishes = "cloudtrail.amazonaws.com sns:Publish arn:aws:sns:eu-west-1:111111111111:alarms for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit\n"
	for topic, want := range map[string]string{"!Ref Topic": "", "!GetAtt Topic.TopicName": "", "alarms": "", "other": "unknown trail audit: no template has topic arn:aws:sns:eu-west-1:111111111111:other of trail audit",
		"'arn:aws:sns:eu-west-1:222222222222:theirs'": "unknown trail audit: no template has topic arn:aws:sns:eu-west-1:222222222222:theirs", "!Ref P": "unknown trail audit: no template has topic ‹S.P›"} {
		m := read(t, deliveries, edit{"IsLogging: true", "IsLogging: true, SnsTopicName: " + topic})
		if found := faults(m); want == "" && found != "" || !strings.Contains(found, want) {
			t.Errorf("%s: found %q, expected %q", topic, found, want)
		}
		if found := strings.Contains(requests(m), publishes); found != (want == "") {
			t.Errorf("%s: found requests\n%s", topic, requests(m))
		}
	}
}
