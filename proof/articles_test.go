package proof

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/managedpolicy"
)

// The templates in testdata/articles give what articles on this set-up tell their readers to give, by hand. The proof finds what is wrong.
func TestArticles(t *testing.T) {
	for name, c := range map[string]struct {
		want []string
		says []string
	}{
		"a0": {[]string{"Intent undecided", "KeepAlive broken", "OtherAction undecided", "OtherResource broken", "OtherRole broken", "OverGrant broken", "PlainHTTP undecided"}, []string{
			"an administrator, s3:PutBucketPolicy on bucket examplebucket",
			"CloudFormation, s3:DeleteBucket on bucket examplebucket",
			"exempt the administrators of account 222222222222 from statement OnlyTheEndpoint of the policy of bucket examplebucket, by the ARNs of their roles in aws:PrincipalArn",
			"statement 0 of the managed policy AmazonS3FullAccess (AWS's v2, as of " + managedpolicy.Date() + ")\ns3:* on * is permitted, and no permission of the grant needs it",
			"narrow statement 0 of the trust policy of role accountb-s3bucket-access-role",
			// Whether the endpoint of the source's template is the one that the bucket's policy names, only the deployment tells.
			"Condition StringNotEquals aws:sourceVpce (vpce-1a2b3c4d): the request has ‹Source.S3›",
		}},
		"a1": {[]string{"Intent broken", "OverGrant broken", "PlainHTTP broken"}, []string{
			"s3:GetObject on arn:aws:s3:::origin/crossgrant-probe",
			"add to a policy of arn:aws:iam::222222222222:role/copier:\n{\n  \"Effect\": \"Allow\",\n  \"Action\": [\n    \"s3:GetObject\"\n  ],\n  \"Resource\": [\n    \"arn:aws:s3:::origin/*\"\n  ],\n" +
				"  \"Condition\": {\n    \"Bool\": {\n      \"aws:SecureTransport\": [\n        \"true\"\n      ]\n    }\n  }\n}", // which the bucket's own policy does not ask for
			"s3:GetObject on arn:aws:s3:::destination/* is permitted, and no permission of the grant needs it",
		}},
		"a2": {[]string{"Intent broken", "OtherAction broken", "OtherResource broken", "OverGrant broken", "PlainHTTP broken"}, []string{
			"statement Any of the inline policy sts of role lambda\nsts:AssumeRole on * is permitted",
			"no statement of the inline policy read of role log-reader allows s3:ListBucket on arn:aws:s3:::trail-logs; nearest: statement GetAndList, fails on Resource (arn:aws:s3:::trail-logs/*)",
			"s3:Get* on arn:aws:s3:::trail-logs/* is permitted",
		}},
		"a3": {[]string{"OpenEndpoint broken", "OtherAction broken", "OtherResource broken", "OtherRole broken", "OverGrant broken", "PlainHTTP broken"}, []string{
			"another role of account 111111111111, from the grantee's subnet",
			"statement 0 of the managed policy AmazonS3FullAccess (AWS's v2, as of " + managedpolicy.Date() + ")\ns3:* on * is permitted",
			// Its network has no other way out.
			"the endpoint of s3, S3, has no policy, so AWS's default lets everyone's requests pass", "the endpoint of sts, STS, has no policy",
		}},
		"a4": {nil, nil}, // which grants exactly what it needs
	} {
		t.Run(name, func(t *testing.T) {
			given := map[string]string{"SrcAwsAccountId": "111111111111", "DstAwsAccountId": "222222222222", "DstRoleName": "dynamodb-access-role"}
			if name != "a4" {
				given = nil
			}
			a, err := assembly.LoadTemplates(
				assembly.TemplateFile{Path: "testdata/articles/" + name + "-source.yaml", Account: "111111111111", Region: "ap-northeast-1", StackName: "Source", Parameters: given},
				assembly.TemplateFile{Path: "testdata/articles/" + name + "-target.yaml", Account: "222222222222", Region: "ap-northeast-1", StackName: "Target", Parameters: given})
			if err != nil {
				t.Fatal(err)
			}
			r := proved(t, a, Options{})
			if got := unproved(r); !slices.Equal(got, c.want) {
				t.Errorf("found %q, expected %q\n%s", got, c.want, says(r))
			}
			for _, sentence := range c.says {
				if !strings.Contains(says(r), sentence) {
					t.Errorf("found no %q in\n%s", sentence, says(r))
				}
			}
		})
	}
}
