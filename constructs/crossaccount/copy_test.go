package crossaccount_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// copyContract is the contract of a copy out of a bucket of account 111111111111, as its owner's app writes it.
func copyContract(t *testing.T, access crossaccount.AccessMode, originKey, destinationKey bool) contract.Grant {
	return readContract(t, owned(t, func(a accounts, p *crossaccount.GrantProps) {
		var key awskms.IKey
		if originKey {
			key = awskms.Key_FromKeyArn(a.target, jsii.String("OriginKey"), jsii.String("arn:aws:kms:ap-northeast-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"))
		}
		origin := awss3.Bucket_FromBucketAttributes(a.target, jsii.String("Origin"), &awss3.BucketAttributes{
			BucketName: jsii.String("origin-of-111"), Account: jsii.String("111111111111"), Region: jsii.String("ap-northeast-1"), EncryptionKey: key,
		})
		destination := &awss3.BucketProps{BucketName: jsii.String("copies-of-222")}
		if destinationKey {
			destination.EncryptionKey = awskms.NewKey(a.target, jsii.String("CopiesKey"), nil)
		}
		p.Access, p.Permissions = access, permissions{crossaccount.CopyIntoBucket(origin, awss3.NewBucket(a.target, jsii.String("Copies"), destination))}
	}))
}

// A source bucket is found by its whole name, and its key is not the destination's.
func TestSourceBucketsOfACopy(t *testing.T) {
	a := twoAccounts(t)
	plain := func(id, name string) awss3.IBucket {
		return awss3.NewBucket(a.source, jsii.String(id), &awss3.BucketProps{BucketName: jsii.String(name)})
	}
	shorter, other, origin := plain("Shorter", "origin-of"), plain("Other", "other-of-111"), originBucket(a)
	for name, c := range map[string]struct {
		contract contract.Grant
		origins  []awss3.IBucket
		expected string // empty: none
	}{
		"a bucket whose name the origin's begins with": {copyContract(t, crossaccount.AssumeRole, false, false), []awss3.IBucket{shorter},
			"found the policy of arn:aws:s3:::origin-of-111 (not of SourceBuckets)"},
		"an origin after one without a key": {copyContract(t, crossaccount.AssumeRole, true, false), []awss3.IBucket{other, origin}, ""},
		"a key that the contract has no right on, though it has one on the destination's": {copyContract(t, crossaccount.AssumeRole, false, true), []awss3.IBucket{origin},
			"with a customer key, on which the contract permits nothing"},
		"a key of the origin's that is not there, directly": {copyContract(t, crossaccount.Direct, true, false), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			found := refusal(func() {
				crossaccount.NewSourceGrant(a.source, name, crossaccount.SourceGrantProps{Contract: c.contract, Grantees: to(role(a.source, name+" reader", "reader")), SourceBuckets: c.origins})
			})
			if (c.expected == "") != (found == "") || !strings.Contains(found, c.expected) {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
		})
	}
	source, _ := a.templates(t)
	if expected := "arn:aws:kms:ap-northeast-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"; !strings.Contains(source.View(), expected) {
		t.Errorf("found no right on %s in\n%s", expected, source.View())
	}
}

// With Direct access, the encryption of the source bucket concerns only the grantee's own account.
func TestDirectCopyFromABucketWithAKeyThatAWSManages(t *testing.T) {
	a := twoAccounts(t)
	if found := grantOf(a, func(p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.CopyIntoBucket(awss3.NewBucket(a.source, jsii.String("Origin"), &awss3.BucketProps{
			BucketName: jsii.String("origin-of-111"), Encryption: awss3.BucketEncryption_KMS_MANAGED,
		}), bucket(a.target, nil))}
	}); found != "" {
		t.Errorf("found %q, expected none", found)
	}
}

// Using a contract does not change it.
func TestContractIsNotChanged(t *testing.T) {
	g := copyContract(t, crossaccount.Direct, true, false)
	a := twoAccounts(t)
	crossaccount.NewSourceGrant(a.source, "Copying", crossaccount.SourceGrantProps{Contract: g, Grantees: to(role(a.source, "Reader", "reader")), SourceBuckets: []awss3.IBucket{originBucket(a)}})
	if sealed, err := g.WithDigest(); err != nil || sealed.Digest != g.Digest {
		t.Errorf("found another digest after use (%v), expected the contract as it was", err)
	}
}

// The owner of the data has no say in the consumer's own resources, except for what is copied.
func TestContractThatAsksForTheConsumersOwn(t *testing.T) {
	for action, legal := range map[string]bool{"s3:GetObject": true, "s3:DeleteObject": false, "s3:PutBucketPolicy": false} {
		for _, access := range crossaccount.AccessModes() {
			g := copyContract(t, access, true, false)
			for i, s := range g.Permissions {
				if s.Sid == "CopyOriginObjects" {
					g.Permissions[i].Actions = []string{action}
				}
			}
			g, err := g.WithDigest()
			if err != nil {
				t.Fatal(err)
			}
			a := twoAccounts(t)
			found := refusal(func() {
				crossaccount.NewSourceGrant(a.source, "Copying", crossaccount.SourceGrantProps{Contract: g, Grantees: to(role(a.source, "Reader", "reader")), SourceBuckets: []awss3.IBucket{originBucket(a)}})
			})
			expected := "Contract: found " + action + " on arn:aws:s3:::origin-of-111/*, of this account itself; expected at most what a copy reads"
			if legal != (found == "") || !legal && !strings.Contains(found, expected) {
				t.Errorf("%s, %s: found %q, expected it to be legal: %v", action, access, found, legal)
			}
		}
	}
}
