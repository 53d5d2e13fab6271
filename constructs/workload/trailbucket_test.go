package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// CloudTrail's delivery policy from AWS's documentation, for one trail of one account.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func TestOneTrailMayDeliver(t *testing.T) {
	f := newFixture(t)
	trail := NewTrailBucket(f.target, "Trail", TrailBucketProps{BucketName: "app-trail", TrailName: "app-trail", CreateTrail: true, ExpirationDays: 90})
	if trail.Prefix() != "AWSLogs/222222222222/CloudTrail/" {
		t.Errorf("found prefix %q", trail.Prefix())
	}
	template := f.template(t, f.target)
	source := map[string]any{"aws:SourceArn": "arn:aws:cloudtrail:ap-northeast-1:222222222222:trail/app-trail"}
	write := map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"}
	for key, value := range source {
		write[key] = value
	}
	expected := map[string]any{
		"CloudTrailAclCheck": []any{"s3:GetBucketAcl", map[string]any{"StringEquals": source}},
		"CloudTrailWrite":    []any{"s3:PutObject", map[string]any{"StringEquals": write}},
	}
	found := map[string]any{}
	for _, item := range only(t, template, "AWS::S3::BucketPolicy").Properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
		s := item.(map[string]any)
		if s["Effect"] == "Allow" {
			found[s["Sid"].(string)] = []any{s["Action"], s["Condition"]}
			if asJSON(s["Principal"]) != `{"Service":"cloudtrail.amazonaws.com"}` {
				t.Errorf("found principal %s", asJSON(s["Principal"]))
			}
		}
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("bucket policy (-expected +found):\n%s", diff)
	}
	p := only(t, template, "AWS::CloudTrail::Trail").Properties
	if p["TrailName"] != "app-trail" || p["IsLogging"] != true || p["IsMultiRegionTrail"] != true || p["EnableLogFileValidation"] != true {
		t.Errorf("found trail %s", asJSON(p))
	}
	checkIntents(t, template, "delivery", map[string]string{
		"Trail/Logs": `{"from":"arn:aws:cloudtrail:ap-northeast-1:222222222222:trail/app-trail","to":{"Fn::GetAtt":["TrailBucket","Arn"]}}`,
	})
	if bucket := only(t, template, "AWS::S3::Bucket").Properties; asJSON(bucket["LifecycleConfiguration"]) != `{"Rules":[{"ExpirationInDays":90,"NoncurrentVersionExpiration":{"NoncurrentDays":90},"Status":"Enabled"}]}` {
		t.Errorf("found lifecycle %s", asJSON(bucket["LifecycleConfiguration"]))
	}
}

func TestTrailBucketWithoutTrail(t *testing.T) {
	f := newFixture(t)
	NewTrailBucket(f.target, "Trail", TrailBucketProps{BucketName: "app-trail", TrailName: "app-trail"})
	template := f.template(t, f.target)
	for id, r := range template.Resources {
		if r.Type == "AWS::CloudTrail::Trail" {
			t.Errorf("found trail %s, expected none without CreateTrail", id)
		}
	}
	checkIntents(t, template, "delivery", map[string]string{
		"Trail/Logs": `{"external":true,"from":"arn:aws:cloudtrail:ap-northeast-1:222222222222:trail/app-trail","to":{"Fn::GetAtt":["TrailBucket","Arn"]}}`,
	})
}
