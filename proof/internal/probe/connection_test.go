package probe

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// A trail with a key of its own writes with that, and not with the bucket's.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html
func TestKeyOfATrail(t *testing.T) {
	const (
		account = `{Effect: Allow, Principal: {AWS: "222222222222"}, Action: "kms:*", Resource: "*"}`
		trail   = `, {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "kms:GenerateDataKey*", Resource: "*"}`
		bucket  = `
  Logs: {Type: AWS::S3::Bucket, Properties: {BucketName: logs, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms", KMSMasterKeyID: !Ref Key}}]}}}
  LogsPolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: logs, PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: ["s3:GetBucketAcl", "s3:PutObject"], Resource: ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]}]}}}
  Own: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [` + account + trail + `]}}}
`
	)
	for name, c := range map[string]struct {
		key, trail string
		want       policy.Answer
	}{
		"the bucket's key, which lets it":         {account + trail, "", policy.Yes},
		"the bucket's key, which does not":        {account, "", policy.No},
		"its own, though the bucket's does not":   {account, ", KMSKeyId: !Ref Own", policy.Yes},
		"its own, and the bucket's lets it, too":  {account + trail, ", KMSKeyId: !Ref Own", policy.Yes},
		"the same key twice, which does not know": {account, ", KMSKeyId: !Ref Key", policy.No},
	} {
		m := grants(t, readLake, "", bucket+"  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: ["+c.key+"]}}}\n"+
			`  Trail: {Type: AWS::CloudTrail::Trail, Metadata: {"CrossGrant::MustWork": true}, Properties: {TrailName: audit, S3BucketName: logs, IsLogging: true`+c.trail+"}}\n", "")
		worst := policy.Yes
		for _, action := range []string{"s3:PutObject", "kms:GenerateDataKey"} {
			if found, ok := passing(m, connection(m), action)["cloudtrail.amazonaws.com"]; ok && found != policy.Yes {
				worst = found
			}
		}
		if worst != c.want {
			t.Errorf("%s: found %s, expected %s", name, worst, c.want)
		}
	}
}
