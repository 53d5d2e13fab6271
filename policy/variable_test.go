package policy

import "testing"

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func TestVariablesInResource(t *testing.T) {
	tag := func(v ...string) values { return values{"aws:PrincipalTag/team": v} }
	bucket := "arn:aws:s3:::DOC-EXAMPLE-BUCKET-${aws:PrincipalTag/team, 'company-wide'}"
	for _, c := range []struct {
		name, who, resource, asked string
		context                    values
		want                       verdict
	}{
		{"the user's own folder", bob, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/Bob/x", nil, yes},
		{"another's folder", bob, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/Jim/x", nil, no},
		{"a name that begins alike", bob, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/Bobby/x", nil, no},
		{"a name in other letters of the key", bob, `"arn:aws:s3:::b/${AWS:userName}"`, "arn:aws:s3:::b/Bob", nil, yes},
		{"a session has no user name", session, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/Bob/x", nil, no},
		{"a session, and the literal text", session, `"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/${aws:username}/x", nil, no},
		{"another resource beside one without a value", session, `["arn:aws:s3:::b/${aws:username}/*","arn:aws:s3:::b/public/*"]`, "arn:aws:s3:::b/public/x", nil, yes},
		{"an empty tag is none", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team}*"`, "arn:aws:s3:::b/x", tag(""), no},
		{"an empty tag, and a default", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team, 'x'}"`, "arn:aws:s3:::b/x", tag(""), yes},
		{"a key that may have several values", bob, `"arn:aws:s3:::b/${aws:TagKeys}"`, "arn:aws:s3:::b/x", one("aws:TagKeys", "x"), no},
		{"a wildcard in a default that is not used", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team, '*'}"`, "arn:aws:s3:::b/x", tag("x"), yes},
		{"a default without a space before it", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team,'x'}"`, "arn:aws:s3:::b/x", nil, unknown},
		{"the same for a user", bob, `["arn:aws:s3:::b/${aws:username}/*","arn:aws:s3:::b/public/*"]`, "arn:aws:s3:::b/public/x", nil, yes},
		{"the team's bucket", bob, `"` + bucket + `"`, "arn:aws:s3:::DOC-EXAMPLE-BUCKET-yellow", tag("yellow"), yes},
		{"another team's bucket", bob, `"` + bucket + `"`, "arn:aws:s3:::DOC-EXAMPLE-BUCKET-blue", tag("yellow"), no},
		{"everyone's bucket, for one of a team", bob, `"` + bucket + `"`, "arn:aws:s3:::DOC-EXAMPLE-BUCKET-company-wide", tag("yellow"), no},
		{"everyone's bucket", bob, `"` + bucket + `"`, "arn:aws:s3:::DOC-EXAMPLE-BUCKET-company-wide", nil, yes},
		{"a wildcard in the value is text", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/yellow", tag("*"), no},
		{"a wildcard in the value is text that matches", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/*", tag("*"), yes},
		{"a wildcard in the default", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team, '*'}"`, "arn:aws:s3:::b/x", nil, unknown},
		{"two values", bob, `"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/x", tag("x", "y"), unknown},
		{"an id that cannot be known", session, `"arn:aws:s3:::b/${aws:userid}"`, "arn:aws:s3:::b/x", nil, unknown},
		{"a star", bob, `"arn:aws:s3:::b/${*}"`, "arn:aws:s3:::b/*", nil, yes},
		{"a star is not all", bob, `"arn:aws:s3:::b/${*}"`, "arn:aws:s3:::b/x", nil, no},
		{"a question mark and a dollar", bob, `"arn:aws:s3:::b/${?}${$}{x}"`, "arn:aws:s3:::b/?${x}", nil, yes},
		{"several variables and wildcards", bob, `"arn:aws:s3:::*/${aws:username}/*/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/Bob/x/Bob/y/red", tag("red"), yes},
		{"several, the last wrong", bob, `"arn:aws:s3:::*/${aws:username}/*/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/Bob/x/Bob/y/blue", tag("red"), no},
		{"before the fifth colon", bob, `"arn:aws:s3::${aws:PrincipalAccount}:b"`, "arn:aws:s3::111122223333:b", nil, unknown},
		{"without end", bob, `"arn:aws:s3:::b/${aws:username"`, "arn:aws:s3:::b/${aws:username", nil, unknown},
		{"without name", bob, `"arn:aws:s3:::b/${}"`, "arn:aws:s3:::b/${}", nil, unknown},
		{"a default without quotation marks", bob, `"arn:aws:s3:::b/${k:e, x}"`, "arn:aws:s3:::b/x", nil, unknown},
		{"a brace in the default", bob, `"arn:aws:s3:::b/${k:e, 'a}b'}"`, "arn:aws:s3:::b/a}b", nil, yes},
		{"five variables", bob, `"arn:aws:s3:::${aws:username}${aws:username}${aws:username}${aws:username}${aws:username}"`, "arn:aws:s3:::BobBobBobBobBob", nil, yes},
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
		{"the user's own prefix", `"StringLike":{"s3:prefix":["","home/","home/${aws:username}/*"]}`, one("s3:prefix", "home/Bob/x"), yes},
		{"another's prefix", `"StringLike":{"s3:prefix":["","home/","home/${aws:username}/*"]}`, one("s3:prefix", "home/Jim/x"), no},
		{"equal tags", `"StringEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, values{"aws:ResourceTag/t": {"x"}, "aws:PrincipalTag/t": {"x"}}, yes},
		{"unequal tags", `"StringEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, values{"aws:ResourceTag/t": {"x"}, "aws:PrincipalTag/t": {"y"}}, no},
		{"no tag to compare with", `"StringEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, one("aws:ResourceTag/t", "x"), no},
		{"not equal, no tag to compare with", `"StringNotEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, one("aws:ResourceTag/t", "x"), yes},
		{"a wildcard in a default is text where no wildcards are", `"StringEquals":{"k:e":"${k:f, '*'}"}`, one("k:e", "*"), yes},
		{"a wildcard in a default that no wildcards are in", `"StringEquals":{"k:e":"${k:f, '*'}"}`, one("k:e", "x"), no},
		{"a wildcard in a default among wildcards", `"StringLike":{"k:e":"${k:f, '*'}"}`, one("k:e", "x"), unknown},
		{"not equal, neither tag", `"StringNotEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, nil, yes},
		{"not equal, no tag of the resource", `"StringNotEquals":{"aws:ResourceTag/t":"${aws:PrincipalTag/t}"}`, one("aws:PrincipalTag/t", "x"), yes},
		{"another value matches", `"StringEquals":{"aws:ResourceTag/t":["${aws:PrincipalTag/t}","x"]}`, one("aws:ResourceTag/t", "x"), yes},
		{"two values of a variable", `"StringEquals":{"k:e":"${k:f}"}`, values{"k:e": {"x"}, "k:f": {"x", "y"}}, unknown},
		{"without regard to case", `"StringEqualsIgnoreCase":{"k:e":"${aws:username}-X"}`, one("k:e", "BOB-x"), yes},
		{"without regard to case, another", `"StringEqualsIgnoreCase":{"k:e":"${aws:username}-X"}`, one("k:e", "JIM-x"), no},
		{"an ARN's part", `"ArnLike":{"k:e":"arn:aws:sns:*:${aws:PrincipalAccount}:${aws:username}-*"}`, one("k:e", "arn:aws:sns:eu:111122223333:Bob-1"), yes},
		{"an ARN's part, another", `"ArnLike":{"k:e":"arn:aws:sns:*:${aws:PrincipalAccount}:${aws:username}-*"}`, one("k:e", "arn:aws:sns:eu:111122223333:Jim-1"), no},
		{"a whole ARN", `"ArnEquals":{"k:e":"${aws:PrincipalArn}"}`, one("k:e", bob), yes},
		{"a whole ARN, another", `"ArnEquals":{"k:e":"${aws:PrincipalArn}"}`, one("k:e", root), no},
		{"not in numbers", `"NumericEquals":{"k:e":"${k:f}"}`, values{"k:e": {"1"}, "k:f": {"1"}}, unknown},
		{"without end", `"StringEquals":{"k:e":"${k:f"}`, one("k:e", "${k:f"), unknown},
	})
}

func TestVariablesOfTheOldVersionAreText(t *testing.T) {
	for version, want := range map[string]verdict{`"Version":"2008-10-17",`: no, ``: no, `"Version":"2012-10-17",`: yes} {
		d := mustParse(t, `{`+version+`"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}","Condition":{"StringEquals":{"aws:username":"${aws:username}"}}}}`)
		if v, _ := d.Statements[0].match(mustCall(t, Request{Principal: bob, Action: "s3:A", Resource: "arn:aws:s3:::Bob"}), Identity); v != want {
			t.Errorf("%s: %v, want %v", version, v, want)
		}
	}
	d := mustParse(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}`)
	if v, _ := d.Statements[0].match(mustCall(t, Request{Principal: bob, Action: "s3:A", Resource: "arn:aws:s3:::${aws:username}"}), Identity); v != yes {
		t.Errorf("the text itself: %v", v)
	}
}
