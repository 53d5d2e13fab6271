package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

func TestMalformedRequest(t *testing.T) {
	good := Request{Principal: bob, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "111122223333"}
	mustCall(t, good)
	for want, change := range map[string]func(*Request){
		"principal: found \"bob\"":                    func(r *Request) { r.Principal = "bob" },
		"principal: found \"\"":                       func(r *Request) { r.Principal = "" },
		"action: found \"GetObject\"":                 func(r *Request) { r.Action = "GetObject" },
		"action: found \"s3:\"":                       func(r *Request) { r.Action = "s3:" },
		"action: found \":A\"":                        func(r *Request) { r.Action = ":A" },
		"action: found \"s3:Get*\"":                   func(r *Request) { r.Action = "s3:Get*" },
		"resource: found \"b/k\", expected an ARN or": func(r *Request) { r.Resource = "b/k" },
		"resourceAccount: found \"1\", expected 12":   func(r *Request) { r.ResourceAccount = "1" },
		"context: found \"":                           func(r *Request) { r.Context = values{"aws:A": {"x"}, "AWS:a": {"y"}} },
		"expected a role's name of at most 64 characters": func(r *Request) {
			r.Principal = "arn:aws:sts::111122223333:assumed-role/" + strings.Repeat("a", 65) + "/s"
		},
	} {
		r := good
		change(&r)
		if err := new(call).prepare(&r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found %v, expected %s", err, want)
		}
	}
	good.Context = values{"aws:A": {"x"}, "aws:B": {"y"}} // of one length
	mustCall(t, good)
	mustCall(t, Request{Principal: "arn:aws:sts::111122223333:assumed-role/" + strings.Repeat("a", 64) + "/s", Action: "s3:A"})
}

func TestKeysThatFollow(t *testing.T) {
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html, "Principal key values", and
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html. "?" is a value that cannot be known.
	const role = "arn:aws:iam::111122223333:role/app"
	keys := []string{"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid", "aws:username", "aws:principalisawsservice",
		"aws:principalservicename", "aws:principalservicenameslist"}
	for caller, want := range map[string][]string{
		root:                                   {root, "111122223333", "Account", "111122223333", "", "false", "", ""},
		bob:                                    {bob, "111122223333", "User", "?", "Bob", "false", "", ""},
		"arn:aws:iam::111122223333:user/x/Bob": {"arn:aws:iam::111122223333:user/x/Bob", "111122223333", "User", "?", "Bob", "false", "", ""},
		session:                                {role, "111122223333", "AssumedRole", "?", "", "false", "", ""},
		"arn:aws-cn:sts::111122223333:assumed-role/app/s": {"arn:aws-cn:iam::111122223333:role/app", "111122223333", "AssumedRole", "?", "", "false", "", ""},
		"arn:aws:iam::111122223333:role/x/app":            {"arn:aws:iam::111122223333:role/x/app", "111122223333", "AssumedRole", "?", "", "false", "", ""},
		jane:                                              {jane, "111122223333", "FederatedUser", "111122223333:jane", "", "false", "", ""},
		"anonymous":                                       {"", "anonymous", "Anonymous", "anonymous", "", "", "", ""},
		lambda:                                            {"", "?", "?", "?", "", "true", lambda, "?"},
		"ec2.amazonaws.com.cn":                            {"", "?", "?", "?", "", "true", "ec2.amazonaws.com.cn", "?"},
		"accounts.google.com":                             {"", "?", "?", "?", "", "", "", ""},
	} {
		c := mustCall(t, Request{Principal: caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"})
		for i, key := range keys {
			list, known := c.values(key)
			got := strings.Join(list, " ")
			if !known {
				got = "?"
			}
			if got != want[i] {
				t.Errorf("%s of %s: %q, want %q", key, caller, got, want[i])
			}
		}
	}
	c := mustCall(t, Request{Principal: session, Action: "s3:GetObject", Context: values{"AWS:PRINCIPALARN": {"x", "y"}, "aws:userid": nil}})
	if list, known := c.values("aws:principalarn"); !known || !slices.Equal(list, []string{"x", "y"}) {
		t.Errorf("the context comes first: %v", list)
	}
	if list, known := c.values("aws:userid"); !known || len(list) != 0 {
		t.Errorf("a key without values is absent: %v", list)
	}
}

func TestResourceAccountKey(t *testing.T) {
	for _, c := range []struct{ caller, resource, account, want string }{
		{bob, "arn:aws:s3:::b", "444455556666", "444455556666"}, {bob, "arn:aws:s3:::b", "", "111122223333"}, {bob, "*", "", "111122223333"},
		{bob, "arn:aws:sqs:eu:777788889999:q", "", "777788889999"}, {"anonymous", "arn:aws:s3:::b", "", "?"}, {bob, "arn:aws:iam::aws:policy/P", "", "?"},
	} {
		call := mustCall(t, Request{Principal: c.caller, Action: "s3:A", Resource: c.resource, ResourceAccount: c.account})
		list, known := call.values("aws:resourceaccount")
		if got := strings.Join(list, " "); known && got != c.want || !known && c.want != "?" {
			t.Errorf("%v: %q", c, got)
		}
	}
}

func TestPrincipalArnOfASession(t *testing.T) {
	// "For IAM roles, the request context returns the ARN of the role, not the ARN of the user that assumed the role."
	for _, c := range []struct {
		operator, value string
		want            truth.Value
	}{
		{"ArnEquals", "arn:aws:iam::111122223333:role/app", truth.Yes}, {"ArnEquals", "arn:aws:iam::111122223333:role/other", truth.No}, {"ArnEquals", session, truth.No},
		{"ArnLike", "arn:aws:iam::*:role/a*", truth.Yes}, {"ArnLike", "arn:aws:iam::*:role/b*", truth.No}, {"StringLike", "arn:aws:iam::111122223333:role/*", truth.Yes}, {"StringEquals", "arn:aws:iam::111122223333:role/app", truth.Yes},
		{"ArnNotEquals", "arn:aws:iam::111122223333:role/app", truth.No}, {"ArnNotEquals", "arn:aws:iam::111122223333:role/other", truth.Yes},
		// The role may have a path.
		{"ArnEquals", "arn:aws:iam::111122223333:role/team/app", truth.Unknown}, {"ArnNotEquals", "arn:aws:iam::111122223333:role/team/app", truth.Unknown}, {"ArnEquals", "arn:aws:iam::111122223333:role/team/other", truth.No},
		{"ArnLike", "arn:aws:iam::*:role/aws-reserved/*/a?p", truth.Unknown}, {"ArnLike", "arn:aws:iam::444455556666:role/team/app", truth.No}, {"StringEquals", "arn:aws:iam::111122223333:role/team/app", truth.Unknown},
		{"StringEquals", "arn:aws:iam::111122223333:role/team/*", truth.No}, {"StringLike", "arn:aws:iam::111122223333:role/team/*", truth.Unknown}, {"StringEqualsIgnoreCase", "ARN:aws:iam::111122223333:role/team/APP", truth.No},
		{"StringEqualsIgnoreCase", "arn:aws:iam::111122223333:role/team/APP", truth.Unknown}, {"NumericEquals", "1", truth.Unknown}, {"IpAddress", "10.0.0.0/8", truth.Unknown},
	} {
		if v := askCondition(t, `"`+c.operator+`":{"aws:PrincipalArn":"`+c.value+`"}`, session, nil); v != c.want {
			t.Errorf("%s %s: %v, want %v", c.operator, c.value, v, c.want)
		}
	}
	if v := askCondition(t, `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/team/app"}`, session, one("aws:PrincipalArn", "arn:aws:iam::111122223333:role/team/app")); v != truth.Yes {
		t.Errorf("the path is known: %v", v)
	}
	if v := askCondition(t, `"StringEquals":{"k:e":"${aws:PrincipalArn}"}`, session, one("k:e", "arn:aws:iam::111122223333:role/app")); v != truth.Yes {
		t.Errorf("as a variable: %v", v)
	}
}
