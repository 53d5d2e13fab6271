package model

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// The fields are those of https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html.
func TestEventsAsTheyAreDelivered(t *testing.T) {
	m := read(t, `Resources:
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, VersioningConfiguration: {Status: Enabled}}}
  Plain: {Type: AWS::S3::Bucket, Properties: {BucketName: plain}}
`)
	created := func(bucket string) string {
		return `{"source": "aws.s3", "detail-type": "Object Created", "account": "222222222222", "detail": {"bucket": {"name": "` + bucket + `"}, "object": {"key": "in/a"}}}`
	}
	const own = `{"source": "my.app", "detail": {"kind": "order", "of": {"id": 7}}}`
	const yes, no, perhaps = policy.Yes, policy.No, policy.Indeterminate
	for name, c := range map[string]struct {
		event, pattern string
		want           policy.Answer
	}{
		"a field that each has":              {created("lake"), `{"detail": {"reason": [{"exists": true}], "requester": [{"exists": true}]}, "id": [{"exists": true}]}`, yes},
		"a field that each has, excluded":    {created("lake"), `{"detail": {"request-id": [{"exists": false}]}}`, no},
		"the time, excluded":                 {created("lake"), `{"time": [{"exists": false}]}`, no},
		"a field that none has":              {created("lake"), `{"detail": {"deletion-type": [{"exists": false}]}}`, yes},
		"one way to create":                  {created("lake"), `{"detail": {"reason": ["PutObject"]}}`, no},
		"every way to create":                {created("lake"), `{"$or": [{"detail": {"reason": ["PutObject", "POST Object"]}}, {"detail": {"reason": ["CopyObject", "CompleteMultipartUpload"]}}]}`, yes},
		"any size":                           {created("lake"), `{"detail": {"object": {"size": [{"numeric": [">=", 0]}]}}}`, yes},
		"some sizes":                         {created("lake"), `{"detail": {"object": {"size": [{"numeric": ["<", 1000]}]}}}`, no},
		"one ETag":                           {created("lake"), `{"detail": {"object": {"etag": ["a"]}}}`, perhaps},
		"the version, of a versioned bucket": {created("lake"), `{"detail": {"object": {"version-id": [{"exists": false}]}}}`, no},
		"the version, of another bucket":     {created("plain"), `{"detail": {"object": {"version-id": [{"exists": false}]}}}`, yes},
		"the version, of a bucket elsewhere": {created("far"), `{"detail": {"object": {"version-id": [{"exists": false}]}}}`, perhaps},
		"what an own event has":              {own, `{"source": ["my.app"], "detail": {"of": {"id": [7]}}}`, yes},
		"what an own event may have":         {own, `{"detail": {"of": {"name": [{"exists": true}]}}}`, perhaps},
		"what an own event may lack":         {own, `{"detail": {"customer": {"name": [{"exists": false}]}}}`, perhaps},
		"another kind of own event":          {own, `{"detail": {"kind": ["refund"], "customer": ["a"]}}`, no},
		"an account, of an own event":        {own, `{"account": ["111111111111"]}`, perhaps},
	} {
		t.Run(name, func(t *testing.T) {
			decode := func(text string) (value map[string]any) {
				d := json.NewDecoder(strings.NewReader(text))
				d.UseNumber()
				if err := d.Decode(&value); err != nil {
					t.Fatal(err)
				}
				return value
			}
			if found := m.matches(decode(c.pattern), decode(c.event)); found != c.want {
				t.Errorf("found %s, expected %s", found, c.want)
			}
			if found := m.matchesMessage(decode(`{"body": `+c.pattern+`}`), decode(c.event)); found != c.want {
				t.Errorf("in a message: found %s, expected %s", found, c.want)
			}
		})
	}
}
