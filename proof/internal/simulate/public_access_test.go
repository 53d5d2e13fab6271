package simulate

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Who gets in by a public policy depends on the bucket's settings.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func TestBlockPublicAccess(t *testing.T) {
	const (
		everybody = `Principal: "*"`
		account   = `Principal: {AWS: "111111111111"}`
		trail     = `Principal: {Service: cloudtrail.amazonaws.com}`
	)
	for name, c := range map[string]struct {
		settings, statements string
		caller               string
		want                 policy.Answer
	}{
		"restricted":                        {"RestrictPublicBuckets: true", everybody, "reader", policy.No},
		"restricted, without credentials":   {"RestrictPublicBuckets: 'true'", everybody, "anonymous", policy.No},
		"not restricted":                    {"RestrictPublicBuckets: false", everybody, "anonymous", policy.Yes},
		"others are set":                    {"BlockPublicAcls: true", everybody, "anonymous", policy.Yes},
		"nothing is set":                    {"", everybody, "anonymous", policy.Indeterminate},
		"unresolved":                        {"RestrictPublicBuckets: '{{resolve:ssm:/x}}'", everybody, "anonymous", policy.Indeterminate},
		"not public":                        {"RestrictPublicBuckets: true", account, "reader", policy.Yes},
		"public beside what is not":         {"RestrictPublicBuckets: true", account + `}, {Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", ` + everybody, "reader", policy.No},
		"of the own account":                {"RestrictPublicBuckets: true", everybody, "own", policy.Yes},
		"for a service":                     {"RestrictPublicBuckets: true", everybody + `}, {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", ` + trail, "cloudtrail.amazonaws.com", policy.Yes},
		"for one organization":              {"RestrictPublicBuckets: true", everybody + `, Condition: {StringEquals: {"aws:PrincipalOrgID": o-1}}`, "reader", policy.Yes},
		"for one account":                   {"RestrictPublicBuckets: true", `Principal: {AWS: "*"}, Condition: {StringEquals: {"aws:PrincipalAccount": "111111111111"}}`, "reader", policy.Yes},
		"for one role":                      {"RestrictPublicBuckets: true", everybody + `, Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}`, "reader", policy.Yes},
		"for roles of an account":           {"RestrictPublicBuckets: true", everybody + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}}`, "reader", policy.Indeterminate},
		"for roles of all accounts":         {"RestrictPublicBuckets: true", everybody + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*:role/reader"}}`, "reader", policy.No},
		"for a key that fixes nothing":      {"RestrictPublicBuckets: true", everybody + `, Condition: {Bool: {"aws:SecureTransport": "true"}}`, "reader", policy.No},
		"for all but one account":           {"RestrictPublicBuckets: true", everybody + `, Condition: {StringNotEquals: {"aws:PrincipalAccount": "333333333333"}}`, "reader", policy.No},
		"for whoever has no account":        {"RestrictPublicBuckets: true", everybody + `, Condition: {StringEqualsIfExists: {"aws:PrincipalAccount": "111111111111"}}`, "reader", policy.No},
		"for everybody but one":             {"RestrictPublicBuckets: true", `NotPrincipal: {AWS: "333333333333"}`, "reader", policy.No},
		"for a role with a generated name":  {"RestrictPublicBuckets: true", account + `}, {Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Principal: {AWS: !GetAtt Cleaner.Arn}`, "reader", policy.Yes},
		"for a canonical user":              {"RestrictPublicBuckets: true", account + `}, {Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Principal: {CanonicalUser: "{{resolve:ssm:/who}}"}`, "reader", policy.Yes},
		"for an origin access identity":     {"RestrictPublicBuckets: true", `Principal: {AWS: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"}`, "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL", policy.Yes},
		"for a principal that is not known": {"RestrictPublicBuckets: true", account + `}, {Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Principal: {AWS: "{{resolve:ssm:/who}}"}`, "reader", policy.Indeterminate},
	} {
		t.Run(name, func(t *testing.T) {
			settings := ""
			if c.settings != "" {
				settings = ", PublicAccessBlockConfiguration: {" + c.settings + "}"
			}
			b := "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake" + settings + "}}\n" + role("Own", byLambda, `Action: "s3:*", Resource: "*"`) +
				"  Cleaner: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}\n" +
				`  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", ` + c.statements + "}]}}}\n"
			m := load(t, model.Options{Organizations: map[string]string{"111111111111": "o-1"}}, map[string]string{"A": role("Reader", byLambda, `Action: "s3:*", Resource: "*"`), "B": b})
			caller := c.caller
			switch caller {
			case "reader":
				caller = arnOf("111111111111", "reader")
			case "own":
				caller = arnOf("222222222222", "own")
			}
			if got, says := passes(m, model.Access{Caller: caller, Action: "s3:GetObject", Resource: object}); got != c.want {
				t.Errorf("found %s (%s), expected %s", got, says, c.want)
			}
		})
	}
}

// Ranges of most of the internet are public; those of a company are not.
func TestPublicAddresses(t *testing.T) {
	for block, want := range map[string]policy.Answer{"203.0.113.0/24": policy.No, "10.0.0.0/8": policy.No, "0.0.0.0/0": policy.Yes, "128.0.0.0/1": policy.Yes,
		"203.0.113.7": policy.No, "2001:db8::/32": policy.No, "::/0": policy.Yes, "2000::/3": policy.Yes} {
		d, err := policy.Parse([]byte(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"` + block + `"}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := IsPublic(d); got != want {
			t.Errorf("%s: found %s, expected %s", block, got, want)
		}
	}
}

// An access point's name may have a wildcard, its account not.
func TestDelegationToAccessPoints(t *testing.T) {
	for value, want := range map[string]policy.Answer{"arn:aws:s3:eu-west-1:222222222222:accesspoint/*": policy.No, "arn:aws:s3:*:*:accesspoint/x": policy.Yes} {
		d, err := policy.Parse([]byte(strings.Replace(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"s3:DataAccessPointArn":"VALUE"}}}}`, "VALUE", value, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if got := IsPublic(d); got != want {
			t.Errorf("%s: found %s, expected %s", value, got, want)
		}
	}
}
