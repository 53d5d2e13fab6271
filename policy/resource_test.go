package policy

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

func TestResource(t *testing.T) {
	// The first ones are of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
	test := "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*"
	for _, c := range []struct {
		pattern, resource string
		want              truth.Value
	}{
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1/test/object.jpg", truth.Yes},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1/2/test/object.jpg", truth.Yes},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1/2/test/3/object.jpg ", truth.Yes},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1/2/3/test/4/object.jpg", truth.Yes},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1///test///object.jpg", truth.Yes},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1/test/.jpg", truth.Yes},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket//test/object.jpg", truth.Yes},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1/test/", truth.Yes},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1-test/object.jpg", truth.No},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/test/object.jpg", truth.No},
		{test, "arn:aws:s3:::amzn-s3-demo-bucket/1/2/test.jpg", truth.No},
		{"arn:aws:iam::111122223333:user/Bob", "arn:aws:iam::111122223333:user/Bob", truth.Yes},
		{"arn:aws:iam::111122223333:user/Bob", "arn:aws:iam::111122223333:user/bob", truth.No},
		{"arn:aws:iam::111122223333:user/accounting/*", "arn:aws:iam::111122223333:user/accounting/a/b", truth.Yes},
		{"arn:aws:s3:::b", "arn:aws:s3:::b/k", truth.No},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b", truth.No},
		{"*", "arn:aws:s3:::b", truth.Yes},
		{"*", "", truth.Yes},
		{"arn:aws:s3:::b*", "", truth.No},
		{"arn:aws:s3:::b", "*", truth.No},
		{"arn:aws-cn:s3:::*", "*", truth.No},
		{"arn:aws:sqs:*:*:*", "*", truth.No},
		{"arn:aws:s3:::*", "arn:aws:s3:::b:c/d", truth.Yes},
		{"arn:aws:s3:::b?cket", "arn:aws:s3:::bucket", truth.Yes},
		{"arn:aws:s3:::b?cket", "arn:aws:s3:::bcket", truth.No},
		{"arn:aws:s3:::?", "arn:aws:s3:::é", truth.Yes},
		{"arn:aws:dynamodb:*:*:table/T", "arn:aws:dynamodb:eu-west-1:111122223333:table/T", truth.Yes},
		{"arn:aws:dynamodb:*:*:table/T", "arn:aws:dynamodb:eu-west-1:111122223333:table/T/index/I", truth.No},
		// A star at the end of a segment may go beyond its colon, others perhaps.
		{"arn:aws:logs:*:log-group", "arn:aws:logs:eu-west-1:111122223333:log-group", truth.Yes},
		{"arn:aws:logs:eu-*-1:log-group:*", "arn:aws:logs:eu-west:9-1:log-group:x", truth.Unknown},
		{"arn:aws:sqs:eu-*-1:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q", truth.Yes},
		{"arn:aws:sqs:eu-*-1:111122223333:q", "arn:aws:sqs:eu-x:y-1:111122223333:q", truth.Unknown},
		{"arn:aws:sqs:*:a*b:q", "arn:aws:sqs:eu:x:ab:q", truth.Yes},
		{"arn:aws:sqs:*:a*b:q", "arn:aws:sqs:eu:x:a:b:q", truth.Unknown},
		{"arn:aws:sqs:eu?west:1:q", "arn:aws:sqs:eu-west:1:q", truth.Yes},
		{"arn:aws:sqs:eu?west:1:q", "arn:aws:sqs:eu:west:1:q", truth.Unknown},
		{"arn:*", "arn:aws:s3:::b", truth.Yes},
		{"arn:aws:sns:*", "arn:aws:sns:eu-west-1:111122223333:t", truth.Yes},
		{"arn:aws:sns:*", "arn:aws:sqs:eu-west-1:111122223333:t", truth.No},
		// What has too few parts, or is no ARN, AWS refuses or reads in its own way.
		{"arn:aws:s3", "arn:aws:s3:::b", truth.Unknown},
		{"arn:aws:s3", "arn:aws:sns:::b", truth.No},
		{"bucket", "arn:aws:s3:::bucket", truth.Unknown},
		{"execute-api:/*", "arn:aws:execute-api:eu-west-1:111122223333:api/stage/GET/", truth.Unknown},
		{"", "arn:aws:s3:::b", truth.Unknown},
		{"*:b", "arn:aws:s3:::b", truth.Yes},
		{"a*b", "arn:aws:s3:::b", truth.Unknown},
	} {
		r := Request{Principal: bob, Action: "s3:GetObject", Resource: c.resource}
		elements := `"Effect":"Allow","Action":"*","Resource":["` + c.pattern + `"]`
		if v, _ := ask(t, Identity, elements, r); v != c.want {
			t.Errorf("%s of %q: %v, want %v", c.pattern, c.resource, v, c.want)
		}
		v, failed := ask(t, Identity, strings.Replace(elements, "Resource", "NotResource", 1), r)
		if v != c.want.Not() || v != truth.Yes && failed != "NotResource" {
			t.Errorf("not %s of %q: %v failed %q, want %v", c.pattern, c.resource, v, failed, c.want.Not())
		}
	}
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, the example of an identity policy
func TestAllBucketsForActionsWithoutResource(t *testing.T) {
	for _, c := range []struct {
		principal, action, resource, pattern string
		want, not                            truth.Value
	}{
		{bob, "s3:ListAllMyBuckets", "*", "arn:aws:s3:::*", truth.Yes, truth.Unknown},
		{bob, "s3:ListAllMyBuckets", "", "arn:aws:s3:::*", truth.Yes, truth.Unknown},
		{bob, "sqs:ListQueues", "*", "arn:aws:s3:::*", truth.No, truth.Yes},
		{bob, "s3:ListAllMyBuckets", "*", "arn:aws-cn:s3:::*", truth.No, truth.Yes},
		{"arn:aws-cn:iam::111122223333:user/Bob", "s3:ListAllMyBuckets", "*", "arn:aws-cn:s3:::*", truth.Yes, truth.Unknown},
		{"arn:aws-us-gov:iam::111122223333:user/Bob", "s3:ListAllMyBuckets", "*", "arn:aws-us-gov:s3:::*", truth.Yes, truth.Unknown},
	} {
		for element, want := range map[string]truth.Value{"Resource": c.want, "NotResource": c.not} {
			v, _ := ask(t, Identity, `"Effect":"Deny","Action":"*","`+element+`":"`+c.pattern+`"`, Request{Principal: c.principal, Action: c.action, Resource: c.resource})
			if v != want {
				t.Errorf("%s %s of %s by %s: %v, want %v", element, c.pattern, c.action, c.principal, v, want)
			}
		}
	}
}

func TestNoResource(t *testing.T) {
	r := Request{Principal: bob, Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/R"}
	for kind, want := range map[Kind]truth.Value{Trust: truth.Yes, Resource: truth.Yes, Identity: truth.Unknown, Endpoint: truth.Unknown} {
		if v, _ := ask(t, kind, `"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"`, r); v != want {
			t.Errorf("%s: %v, want %v", kind, v, want)
		}
	}
}

func TestAction(t *testing.T) {
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
	for _, c := range []struct {
		pattern, action string
		want            truth.Value
	}{
		{"s3:GetObject", "s3:GetObject", truth.Yes}, {"S3:getobject", "s3:GetObject", truth.Yes}, {"s3:GetObject", "S3:GETOBJECT", truth.Yes}, {"s3:GetObject", "s3:GetObjectAcl", truth.No},
		{"s3:*", "s3:GetObject", truth.Yes}, {"s3:*", "s3-object-lambda:GetObject", truth.No}, {"s3:Get*", "s3:PutObject", truth.No}, {"iam:*AccessKey*", "iam:CreateAccessKey", truth.Yes}, {"iam:*AccessKey*", "iam:CreateUser", truth.No},
		{"s3:Get?bject", "s3:GetObject", truth.Yes}, {"s3:Get?bject", "s3:Getbject", truth.No}, {"*", "s3:GetObject", truth.Yes}, {"**", "s3:GetObject", truth.Yes}, {"*:*", "s3:GetObject", truth.Yes}, {"sqs:SendMessage", "SQS:SendMessage", truth.Yes},
		{"*:GetObject", "s3:GetObject", truth.Unknown}, {"*:GetObject", "s3:PutObject", truth.No}, {"s?:*", "s3:GetObject", truth.Unknown}, {"s3*", "s3:GetObject", truth.Unknown}, {"GetObject", "s3:GetObject", truth.No}, {"", "s3:GetObject", truth.No},
	} {
		r := Request{Principal: bob, Action: c.action, Resource: "arn:aws:s3:::b/k"}
		v, failed := ask(t, Identity, `"Effect":"Allow","Action":"`+c.pattern+`","Resource":"*"`, r)
		if v != c.want || v != truth.Yes && failed != "Action" {
			t.Errorf("%s of %s: %v failed %q, want %v", c.pattern, c.action, v, failed, c.want)
		}
		v, failed = ask(t, Identity, `"Effect":"Allow","NotAction":["`+c.pattern+`","ec2:*"],"Resource":"*"`, r)
		if v != c.want.Not() || v != truth.Yes && failed != "NotAction" {
			t.Errorf("not %s of %s: %v failed %q, want %v", c.pattern, c.action, v, failed, c.want.Not())
		}
	}
}

func TestFirstElementThatFails(t *testing.T) {
	r := Request{Principal: bob, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	good := map[string]string{"Principal": `"*"`, "Action": `"s3:*"`, "Resource": `"*"`, "Condition": `{"StringEquals":{"aws:username":"Bob"}}`}
	bad := map[string]string{"Principal": `{"AWS":"444455556666"}`, "Action": `"ec2:*"`, "Resource": `"arn:aws:s3:::c"`, "Condition": `{"StringEquals":{"aws:username":"Jim"}}`}
	open := map[string]string{"Principal": `{"AWS":"AIDAEXAMPLE"}`, "Action": `"*:GetObject"`, "Resource": `"b"`, "Condition": `{"StringIs":{"k:e":"a"}}`}
	order := []string{"Action", "Principal", "Resource", "Condition"}
	statement := func(from func(i int) string) string {
		s := `"Effect":"Deny"`
		for i, e := range order {
			s += `,"` + e + `":` + from(i)
		}
		return s
	}
	for i, e := range order {
		// Everything behind is bad too, everything before is right or open.
		v, failed := ask(t, Resource, statement(func(j int) string {
			return map[bool]string{true: bad[order[j]], false: good[order[j]]}[j >= i]
		}), r)
		if v != truth.No || string(failed) != e {
			t.Errorf("%s: %v, failed %q", e, v, failed)
		}
		v, failed = ask(t, Resource, statement(func(j int) string {
			return map[bool]string{true: open[order[j]], false: good[order[j]]}[j >= i]
		}), r)
		if v != truth.Unknown || string(failed) != e {
			t.Errorf("open %s: %v, failed %q", e, v, failed)
		}
		v, failed = ask(t, Resource, statement(func(j int) string {
			return map[bool]string{true: bad[order[j]], false: open[order[j]]}[j >= i]
		}), r)
		if v != truth.No || string(failed) != e {
			t.Errorf("bad %s after open ones: %v, failed %q", e, v, failed)
		}
	}
	if v, failed := ask(t, Resource, statement(func(j int) string { return good[order[j]] }), r); v != truth.Yes || failed != "" {
		t.Errorf("all right: %v, failed %q", v, failed)
	}
}
