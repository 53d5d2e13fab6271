package workload

import (
	"regexp"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
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

// The policies from AWS's documentation, for an organization's trail of another account that encrypts its logs, with the account that the trail is of.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func TestTrailOfAnOrganizationUnderAKey(t *testing.T) {
	f := newFixture(t)
	trail := NewTrailBucket(f.target, "Trail", TrailBucketProps{
		BucketName: "app-trail", TrailName: "company", TrailAccount: "333333333333", OrganizationID: "o-a1b2c3d4e5", EncryptionKey: awskms.NewKey(f.target, jsii.String("Key"), nil),
	})
	if own, other := trail.Prefix(), trail.PrefixOf("111111111111"); own != "AWSLogs/o-a1b2c3d4e5/222222222222/CloudTrail/" || other != "AWSLogs/o-a1b2c3d4e5/111111111111/CloudTrail/" {
		t.Errorf("found prefixes %q and %q", own, other)
	}
	template := f.template(t, f.target)
	const source = `"aws:SourceArn":"arn:aws:cloudtrail:ap-northeast-1:333333333333:trail/company"`
	expected := map[string]string{
		"CloudTrailAclCheck":          `s3:GetBucketAcl {"Fn::GetAtt":["TrailBucket","Arn"]} {"StringEquals":{` + source + `}}`,
		"CloudTrailWrite":             `s3:PutObject {"Fn::Join":["",[{"Fn::GetAtt":["TrailBucket","Arn"]},"/AWSLogs/333333333333/*"]]} {"StringEquals":{` + source + `,"s3:x-amz-acl":"bucket-owner-full-control"}}`,
		"CloudTrailOrganizationWrite": `s3:PutObject {"Fn::Join":["",[{"Fn::GetAtt":["TrailBucket","Arn"]},"/AWSLogs/o-a1b2c3d4e5/*"]]} {"StringEquals":{` + source + `,"s3:x-amz-acl":"bucket-owner-full-control"}}`,
		"CloudTrailEncrypt":           `kms:GenerateDataKey* * {"StringEquals":{` + source + `},"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:333333333333:trail/*"}}`,
		"CloudTrailDescribe":          `kms:DescribeKey * {"StringEquals":{` + source + `}}`,
	}
	found := map[string]string{}
	for kind, property := range map[string]string{"AWS::S3::BucketPolicy": "PolicyDocument", "AWS::KMS::Key": "KeyPolicy"} {
		for _, item := range only(t, template, kind).Properties[property].(map[string]any)["Statement"].([]any) {
			s := item.(map[string]any)
			if asJSON(s["Principal"]) == `{"Service":"cloudtrail.amazonaws.com"}` {
				resource, is := s["Resource"].(string)
				if !is {
					resource = generated.ReplaceAllString(asJSON(s["Resource"]), `"TrailBucket"`)
				}
				found[s["Sid"].(string)] = s["Action"].(string) + " " + resource + " " + asJSON(s["Condition"])
			}
		}
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("statements (-expected +found):\n%s", diff)
	}
}

var generated = regexp.MustCompile(`"TrailBucket[0-9A-F]{8}"`)

// The trail itself is the organization's, and encrypts with the key; an imported key's policy is a warning.
func TestCreatedTrailOfAnOrganization(t *testing.T) {
	f := newFixture(t)
	key := awskms.Key_FromKeyArn(f.target, jsii.String("Key"), jsii.String("arn:aws:kms:ap-northeast-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"))
	NewTrailBucket(f.target, "Trail", TrailBucketProps{BucketName: "app-trail", TrailName: "company", CreateTrail: true, OrganizationID: "o-a1b2c3d4e5", EncryptionKey: key})
	warnings := assertions.Annotations_FromStack(f.target).FindWarning(jsii.String("*"), assertions.Match_StringLikeRegexp(jsii.String("It must have this statement: .*(CloudTrailEncrypt|CloudTrailDescribe)")))
	if len(*warnings) != 2 {
		t.Errorf("found %d warnings, expected one for each statement of the key", len(*warnings))
	}
	p := only(t, f.template(t, f.target), "AWS::CloudTrail::Trail").Properties
	if p["IsOrganizationTrail"] != true || p["KMSKeyId"] != *key.KeyArn() {
		t.Errorf("found trail %s", asJSON(p))
	}
}

func TestTrailBucketProblems(t *testing.T) {
	for expected, props := range map[string]TrailBucketProps{
		`TrailAccount: found "root", expected 12 digits`:                                                        {TrailAccount: "root"},
		`OrganizationID: found "acme", expected an organization's ID, such as o-a1b2c3d4e5`:                     {OrganizationID: "acme"},
		"TrailAccount: found one with CreateTrail, expected none: the trail is created in this stack's account": {TrailAccount: "333333333333", CreateTrail: true},
	} {
		props.BucketName, props.TrailName = "app-trail", "company"
		if err := props.Validate(); err == nil || err.Error() != expected {
			t.Errorf("found %v, expected %s", err, expected)
		}
	}
}
