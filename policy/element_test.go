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

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func TestVariablesInResource(t *testing.T) {
	tag := func(v ...string) values { return values{"aws:PrincipalTag/team": v} }
	bucket := "arn:aws:s3:::DOC-EXAMPLE-BUCKET-${aws:PrincipalTag/team, 'company-wide'}"
	for _, c := range []struct {
		name, who, resource, asked string
		context                    values
		want                       truth.Value
	}{
		{"the user's own folder", bob, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/Bob/x", nil, truth.Yes},
		{"another's folder", bob, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/Jim/x", nil, truth.No},
		{"a name that begins alike", bob, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/Bobby/x", nil, truth.No},
		{"a name in other letters of the key", bob, `"arn:aws:s3:::b/${AWS:userName}"`, "arn:aws:s3:::b/Bob", nil, truth.Yes},
		{"a session has no user name", session, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/Bob/x", nil, truth.No},
		{"a session, and the literal text", session, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/${aws:username}/x", nil, truth.No},
		{"another resource beside one without a value", session, `["arn:aws:s3:::b/${aws:username}/*","arn:aws:s3:::b/public/*"]`, "arn:aws:s3:::b/public/x", nil, truth.Yes},
		{"an empty tag is none", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team}*"`, "arn:aws:s3:::b/x", tag(""), truth.No},
		{"an empty tag, and a default", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team, 'x'}"`, "arn:aws:s3:::b/x", tag(""), truth.Yes},
		{"a key that may have several values", bob, `"arn:aws:s3:::b/${aws:TagKeys}"`, "arn:aws:s3:::b/x", one("aws:TagKeys", "x"), truth.No},
		{"a wildcard in a default that is not used", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team, '*'}"`, "arn:aws:s3:::b/x", tag("x"), truth.Yes},
		{"a default without a space before it", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team,'x'}"`, "arn:aws:s3:::b/x", nil, truth.Unknown},
		{"the same for a user", bob, `["arn:aws:s3:::b/${aws:username}/*","arn:aws:s3:::b/public/*"]`, "arn:aws:s3:::b/public/x", nil, truth.Yes},
		{"the team's bucket", bob, `"` + bucket + `"`, "arn:aws:s3:::DOC-EXAMPLE-BUCKET-yellow", tag("yellow"), truth.Yes},
		{"another team's bucket", bob, `"` + bucket + `"`, "arn:aws:s3:::DOC-EXAMPLE-BUCKET-blue", tag("yellow"), truth.No},
		{"everyone's bucket, for one of a team", bob, `"` + bucket + `"`, "arn:aws:s3:::DOC-EXAMPLE-BUCKET-company-wide", tag("yellow"), truth.No},
		{"everyone's bucket", bob, `"` + bucket + `"`, "arn:aws:s3:::DOC-EXAMPLE-BUCKET-company-wide", nil, truth.Yes},
		{"a wildcard in the value is text", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/yellow", tag("*"), truth.No},
		{"a wildcard in the value is text that matches", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/*", tag("*"), truth.Yes},
		{"a wildcard in the default", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team, '*'}"`, "arn:aws:s3:::b/x", nil, truth.Unknown},
		{"two values", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/x", tag("x", "y"), truth.Unknown},
		{"an id that cannot be known", session, `"arn:aws:s3:::b/${aws:userid}"`, "arn:aws:s3:::b/x", nil, truth.Unknown},
		{"a star", bob, `"arn:aws:s3:::b/${*}"`, "arn:aws:s3:::b/*", nil, truth.Yes},
		{"a star is not all", bob, `"arn:aws:s3:::b/${*}"`, "arn:aws:s3:::b/x", nil, truth.No},
		{"a question mark and a dollar", bob, `"arn:aws:s3:::b/${?}${$}{x}"`, "arn:aws:s3:::b/?${x}", nil, truth.Yes},
		{"several variables and wildcards", bob, `"arn:aws:s3:::*/${aws:username}/*/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/Bob/x/Bob/y/red", tag("red"), truth.Yes},
		{"several, the last wrong", bob, `"arn:aws:s3:::*/${aws:username}/*/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/Bob/x/Bob/y/blue", tag("red"), truth.No},
		{"before the fifth colon", bob, `"arn:aws:s3::${aws:PrincipalAccount}:b"`, "arn:aws:s3::111122223333:b", nil, truth.Unknown},
		{"without end", bob, `"arn:aws:s3:::b/${aws:username"`, "arn:aws:s3:::b/${aws:username", nil, truth.Unknown},
		{"without name", bob, `"arn:aws:s3:::b/${}"`, "arn:aws:s3:::b/${}", nil, truth.Unknown},
		{"a default without quotation marks", bob, `"arn:aws:s3:::b/${k:e, x}"`, "arn:aws:s3:::b/x", nil, truth.Unknown},
		{"a brace in the default", bob, `"arn:aws:s3:::b/${k:e, 'a}b'}"`, "arn:aws:s3:::b/a}b", nil, truth.Yes},
		{"five variables", bob, `"arn:aws:s3:::${aws:username}${aws:username}${aws:username}${aws:username}${aws:username}"`, "arn:aws:s3:::BobBobBobBobBob", nil, truth.Yes},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Request{Principal: c.who, Action: "s3:GetObject", Resource: c.asked, Context: c.context}
			if v, _ := ask(t, Identity, `"Effect":"Allow","Action":"*","Resource":`+c.resource, r); v != c.want {
				t.Errorf("%v, want %v", v, c.want)
			}
		})
	}
}

func TestVariablesInCondition(t *testing.T) {
	testConditions(t, []conditionCase{
		{"the user's own prefix", `"StringLike":{"s3:prefix":["","home/","home/${aws:username}/*"]}`, one("s3:prefix", "home/Bob/x"), truth.Yes},
		{"another's prefix", `"StringLike":{"s3:prefix":["","home/","home/${aws:username}/*"]}`, one("s3:prefix", "home/Jim/x"), truth.No},
		{"equal tags", `"StringEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, values{"aws:ResourceTag/t": {"x"}, "aws:PrincipalTag/t": {"x"}}, truth.Yes},
		{"unequal tags", `"StringEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, values{"aws:ResourceTag/t": {"x"}, "aws:PrincipalTag/t": {"y"}}, truth.No},
		{"no tag to compare with", `"StringEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, one("aws:ResourceTag/t", "x"), truth.No},
		{"not equal, no tag to compare with", `"StringNotEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, one("aws:ResourceTag/t", "x"), truth.Yes},
		{"a wildcard in a default is text where no wildcards are", `"StringEquals":{"k:e":"${k:f, '*'}"}`, one("k:e", "*"), truth.Yes},
		{"a wildcard in a default that no wildcards are in", `"StringEquals":{"k:e":"${k:f, '*'}"}`, one("k:e", "x"), truth.No},
		{"a wildcard in a default among wildcards", `"StringLike":{"k:e":"${k:f, '*'}"}`, one("k:e", "x"), truth.Unknown},
		{"not equal, neither tag", `"StringNotEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, nil, truth.Yes},
		{"not equal, no tag of the resource", `"StringNotEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, one("aws:PrincipalTag/t", "x"), truth.Yes},
		{"another value matches", `"StringEquals":{"aws:ResourceTag/t":["${aws:PrincipalTag/t}","x"]}`, one("aws:ResourceTag/t", "x"), truth.Yes},
		{"two values of a variable", `"StringEquals":{"k:e":"${k:f}"}`, values{"k:e": {"x"}, "k:f": {"x", "y"}}, truth.Unknown},
		{"without regard to case", `"StringEqualsIgnoreCase":{"k:e":"${aws:username}-X"}`, one("k:e", "BOB-x"), truth.Yes},
		{"without regard to case, another", `"StringEqualsIgnoreCase":{"k:e":"${aws:username}-X"}`, one("k:e", "JIM-x"), truth.No},
		{"an ARN's part", `"ArnLike":{"k:e":"arn:aws:sns:*:${aws:PrincipalAccount}:${aws:username}-*"}`, one("k:e", "arn:aws:sns:eu:111122223333:Bob-1"), truth.Yes},
		{"an ARN's part, another", `"ArnLike":{"k:e":"arn:aws:sns:*:${aws:PrincipalAccount}:${aws:username}-*"}`, one("k:e", "arn:aws:sns:eu:111122223333:Jim-1"), truth.No},
		{"a whole ARN", `"ArnEquals":{"k:e":"${aws:PrincipalArn}"}`, one("k:e", bob), truth.Yes},
		{"a whole ARN, another", `"ArnEquals":{"k:e":"${aws:PrincipalArn}"}`, one("k:e", root), truth.No},
		{"not in numbers", `"NumericEquals":{"k:e":"${k:f}"}`, values{"k:e": {"1"}, "k:f": {"1"}}, truth.Unknown},
		{"without end", `"StringEquals":{"k:e":"${k:f"}`, one("k:e", "${k:f"), truth.Unknown},
	})
}

func TestVariablesOfTheOldVersionAreText(t *testing.T) {
	for version, want := range map[string]truth.Value{`"Version":"2008-10-17",`: truth.No, ``: truth.No, `"Version":"2012-10-17",`: truth.Yes} {
		d := mustParse(t, `{`+version+`"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}","Condition":{"StringEquals":{"aws:username":"${aws:username}"}}}}`)
		if v, _ := d.Statements[0].match(mustCall(t, Request{Principal: bob, Action: "s3:A", Resource: "arn:aws:s3:::Bob"}), Identity); v != want {
			t.Errorf("%s: %v, want %v", version, v, want)
		}
	}
	d := mustParse(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}`)
	if v, _ := d.Statements[0].match(mustCall(t, Request{Principal: bob, Action: "s3:A", Resource: "arn:aws:s3:::${aws:username}"}), Identity); v != truth.Yes {
		t.Errorf("the text itself: %v", v)
	}
}
