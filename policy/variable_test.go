package policy

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

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
