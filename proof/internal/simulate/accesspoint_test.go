package simulate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Through an access point works what its policy and that of its bucket permit, with the keys by which a bucket leaves access to its access points.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
func TestAccessPoints(t *testing.T) {
	const (
		point, object = "arn:aws:s3:eu-west-1:222222222222:accesspoint/point", "arn:aws:s3:eu-west-1:222222222222:accesspoint/point/object/k"
		list          = `{Effect: Allow, Principal: {AWS: "%s"}, Action: "s3:GetObject", Resource: "%s/*"}`
		delegates     = `{Effect: Allow, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: {StringEquals: {"s3:DataAccessPointAccount": "222222222222"}}}`
		closed        = `{Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: {StringNotEquals: {"s3:DataAccessPointArn": "` + point + `"}}}`
		byPoint       = `Action: "s3:*", Resource: "arn:aws:s3:*:*:accesspoint/*"`
		byBucket      = `Action: "s3:*", Resource: "arn:aws:s3:::lake*"`
		byBoth        = `Action: "s3:*", Resource: ["arn:aws:s3:*:*:accesspoint/*", "arn:aws:s3:::lake*"]`
		stranger, own = "111111111111", "222222222222"
	)
	letsIn := func(account string) string { return fmt.Sprintf(list, account, point+"/object") }
	bucketLetsIn := func(account string) string { return fmt.Sprintf(list, account, "arn:aws:s3:::lake") }
	for name, c := range map[string]struct {
		caller, may, point, bucket, more, resource string
		want                                       policy.Answer
		says                                       string
	}{
		"both let a stranger in":                       {stranger, byBoth, letsIn(stranger), bucketLetsIn(stranger), "", object, policy.Yes, ""},
		"only the point does":                          {stranger, byBoth, letsIn(stranger), "", "", object, policy.No, "s3:GetObject on arn:aws:s3:::lake/k, through accesspoint point: denied"},
		"only the bucket does":                         {stranger, byBoth, "", bucketLetsIn(stranger), "", object, policy.No, "s3:GetObject on " + object + ": denied"},
		"the bucket leaves it to the points":           {stranger, byBoth, letsIn(stranger), delegates, "", object, policy.Yes, ""},
		"the bucket leaves it, the point does not":     {stranger, byBoth, "", delegates, "", object, policy.No, "s3:GetObject on " + object + ": denied"},
		"the stranger may use points alone":            {stranger, byPoint, letsIn(stranger), bucketLetsIn(stranger), "", object, policy.No, "through accesspoint point: denied"},
		"the bucket is for this point":                 {stranger, byBoth, letsIn(stranger), bucketLetsIn(stranger) + ", " + closed, "", object, policy.Yes, ""},
		"the bucket is for another point":              {stranger, byBoth, letsIn(stranger), bucketLetsIn(stranger) + ", " + strings.Replace(closed, "/point", "/other", 1), "", object, policy.No, "denied"},
		"one of the account, by both":                  {own, byBoth, "", "", "", object, policy.Yes, ""},
		"one of the account, by the point alone":       {own, byPoint, "", "", "", object, policy.Indeterminate, "AWS's pages do not say whether that is enough in one account"},
		"one of the account, by the bucket alone":      {own, byBucket, "", "", "", object, policy.Indeterminate, "AWS's pages do not say whether that is enough in one account"},
		"one of the account, and the bucket leaves it": {own, byPoint, "", delegates, "", object, policy.Yes, ""},
		"one of the account that may do nothing":       {own, `Action: "s3:ListAllMyBuckets", Resource: "*"`, "", "", "", object, policy.No, "denied"},
		"one of the account, denied at the bucket":     {own, byBoth, "", strings.Replace(closed, "/point", "/other", 1), "", object, policy.No, "through accesspoint point: denied"},
		"the list of the bucket":                       {own, byBoth, "", "", "", "arn:aws:s3:eu-west-1:222222222222:accesspoint/point", policy.Yes, ""},
		"a point for a VPC":                            {own, byBoth, "", "", "VpcConfiguration: {VpcId: vpc-1}, ", object, policy.No, "takes requests from VPC vpc-1 only"},
		"a public point":                               {stranger, byBoth, letsIn("*"), bucketLetsIn(stranger), "", object, policy.Indeterminate, "RestrictPublicBuckets, which is on by default"},
		"a public point that may be":                   {stranger, byBoth, letsIn("*"), bucketLetsIn(stranger), "PublicAccessBlockConfiguration: {RestrictPublicBuckets: false}, ", object, policy.Yes, ""},
		"a bucket that no template has":                {stranger, byBoth, letsIn(stranger), "none", "", object, policy.Indeterminate, "arn:aws:s3:::lake/k"},
	} {
		b := "  Point: {Type: AWS::S3::AccessPoint, Properties: {" + c.more + "Name: point, Bucket: lake"
		if c.point != "" {
			b += ", Policy: {Statement: [" + c.point + "]}"
		}
		if b += "}}\n"; c.bucket != "none" {
			b += "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, PublicAccessBlockConfiguration: {RestrictPublicBuckets: false}}}\n"
		}
		if c.bucket != "" && c.bucket != "none" {
			b += "  LakePolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Lake, PolicyDocument: {Statement: [" + c.bucket + "]}}}\n"
		}
		stacks := map[string]string{"A": role("Other", byLambda, ""), "B": b}
		if caller := role("Reader", byLambda, c.may); c.caller == own {
			stacks["B"] += caller
		} else {
			stacks["A"] += caller
		}
		action := "s3:GetObject"
		if c.resource == point {
			action = "s3:ListBucket"
		}
		m := load(t, model.Options{}, stacks)
		if found, says := passes(m, model.Access{Caller: arnOf(c.caller, "reader"), Action: action, Resource: c.resource}); found != c.want || !strings.Contains(says, c.says) {
			t.Errorf("%s: found %s, %s, expected %s %q", name, found, says, c.want, c.says)
		}
	}
	m := load(t, model.Options{}, map[string]string{"B": role("Reader", byLambda, byPoint) + "  Point: {Type: AWS::S3::AccessPoint, Properties: {Name: point, Bucket: lake}}\n"})
	if found, says := passes(m, model.Access{Caller: arnOf(own, "reader"), Action: "s3:PutAccessPointPolicy", Resource: point}); found != policy.Yes {
		t.Errorf("the policy of the access point: found %s, %s, expected that its bucket does not matter", found, says)
	}
	for vpc, want := range map[string]policy.Answer{"vpc-1": policy.Yes, "vpc-2": policy.No} {
		m := load(t, model.Options{}, map[string]string{"B": role("Reader", byLambda, byBoth) + `  Point: {Type: AWS::S3::AccessPoint, Properties: {Name: point, Bucket: lake, VpcConfiguration: {VpcId: vpc-1}}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
`})
		a := model.Access{Caller: arnOf(own, "reader"), Action: "s3:GetObject", Resource: object, Context: map[string][]string{"aws:SourceVpc": {vpc}}}
		if found, says := passes(m, a); found != want {
			t.Errorf("from %s: found %s, %s, expected %s", vpc, found, says, want)
		}
	}
}

// What lets a request through an access point are statements of both policies, each of which is named.
func TestRemediesOfAccessPoints(t *testing.T) {
	m := load(t, model.Options{}, map[string]string{"A": role("Reader", byLambda, `Action: "s3:*", Resource: "*"`),
		"B": "  Point: {Type: AWS::S3::AccessPoint, Properties: {Name: point, Bucket: lake}}\n  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"})
	c := Walk(m, model.Access{Caller: arnOf("111111111111", "reader"), Action: "s3:GetObject", Resource: "arn:aws:s3:eu-west-1:222222222222:accesspoint/point/object/k"})[0]
	says := strings.Join(c.ToAllow(), "\n")
	for _, want := range []string{"add to the policy of accesspoint point:", "add to the policy of bucket lake:", `"arn:aws:s3:eu-west-1:222222222222:accesspoint/point/object/k"`, `"arn:aws:s3:::lake/k"`} {
		if !strings.Contains(says, want) {
			t.Errorf("found no %s in\n%s", want, says)
		}
	}
	if f := c.FixToAllow(m); len(f.Changes) < 2 || len(f.Why) > 0 {
		t.Errorf("found changes %v, %q, expected those of both", f.Changes, f.Why)
	}
}
