package policy

import "testing"

func TestKeysAndValues(t *testing.T) {
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
	tags := values{"aws:PrincipalTag/department": {"hr"}, "aws:principaltag/ROLE": {"audit"}}
	block := `"StringEquals":{"aws:PrincipalTag/department":["finance","hr","legal"],"aws:PrincipalTag/role":["audit","security"]}`
	testConditions(t, []conditionCase{
		{"one of several values, and another key", block, tags, yes},
		{"one key is right, the other wrong", block, values{"aws:PrincipalTag/department": {"hr"}, "aws:PrincipalTag/role": {"sales"}}, no},
		{"one key is missing", block, one("aws:PrincipalTag/department", "hr"), no},
		{"two operators, one false", block + `,"Bool":{"aws:SecureTransport":"true"}`, tags, no},
		{"neither of several values", `"StringNotEquals":{"k:e":["a","b"]}`, one("k:e", "c"), yes},
		{"one of several values that it must not be", `"StringNotEquals":{"k:e":["a","b"]}`, one("k:e", "b"), no},
		{"a key in other letters", `"StringEquals":{"AWS:sourceVPCE":"vpce-1"}`, one("aws:SourceVpce", "vpce-1"), yes},
		{"a key in other letters, with another value", `"StringEquals":{"AWS:sourceVPCE":"vpce-1"}`, one("aws:SourceVpce", "vpce-2"), no},
		{"several values without a set operator", `"StringEquals":{"aws:TagKeys":"a"}`, values{"aws:TagKeys": {"a", "a"}}, unknown},
		{"a key of the same length is not the key", `"StringEquals":{"k:f":"a"}`, one("k:e", "a"), no},
		{"a boolean without quotation marks", `"Bool":{"aws:SecureTransport":false}`, one("aws:SecureTransport", "false"), yes},
		{"a condition that asks for nothing", ``, nil, yes},
	})
}

func TestMissingKeys(t *testing.T) {
	// "If the key is not present in the request context, the values do not match … StringNotLike … the condition is true."
	for _, operator := range []string{"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "ArnEquals"} {
		testConditions(t, []conditionCase{{operator + " without the key", `"` + operator + `":{"k:e":"arn:aws:s3:::b"}`, nil, no},
			{operator + "IfExists without the key", `"` + operator + `IfExists":{"k:e":"arn:aws:s3:::b"}`, nil, yes},
			{operator + "IfExists with another value", `"` + operator + `IfExists":{"k:e":"arn:aws:s3:::b"}`, one("k:e", "arn:aws:s3:::c"), no},
			{operator + "IfExists with the value", `"` + operator + `IfExists":{"k:e":"arn:aws:s3:::b"}`, one("k:e", "arn:aws:s3:::b"), yes}})
	}
	for _, operator := range []string{"StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotLike", "ArnNotEquals"} {
		testConditions(t, []conditionCase{{operator + " without the key", `"` + operator + `":{"k:e":"arn:aws:s3:::b"}`, nil, yes},
			{operator + "IfExists without the key", `"` + operator + `IfExists":{"k:e":"arn:aws:s3:::b"}`, nil, yes}})
	}
	testConditions(t, []conditionCase{
		{"a number without the key", `"NumericEquals":{"k:e":"1"}`, nil, no}, {"not a number without the key", `"NumericNotEquals":{"k:e":"1"}`, nil, yes},
		{"a date without the key", `"DateLessThan":{"k:e":"2020"}`, nil, no}, {"not a date without the key", `"DateNotEquals":{"k:e":"2020"}`, nil, yes},
		{"an address without the key", `"IpAddress":{"k:e":"10.0.0.0/8"}`, nil, no}, {"not an address without the key", `"NotIpAddress":{"k:e":"10.0.0.0/8"}`, nil, yes},
		{"a boolean without the key", `"Bool":{"k:e":"false"}`, nil, no}, {"a boolean, if it is there", `"BoolIfExists":{"k:e":"false"}`, nil, yes},
		{"bytes without the key", `"BinaryEquals":{"k:e":"AA=="}`, nil, no},
		{"a key without values is none", `"StringEquals":{"k:e":"a"}`, values{"k:e": {}}, no},
		{"a key whose value cannot be known", `"StringEquals":{"aws:userid":"AIDAEXAMPLE"}`, nil, unknown},
		{"a key whose value is not known, if it is there", `"StringEqualsIfExists":{"aws:userid":"AIDAEXAMPLE"}`, nil, unknown},
		{"an operator that nobody knows, without the key", `"StringSort":{"k:e":"a"}`, nil, unknown},
	})
}

func TestNullOperator(t *testing.T) {
	testConditions(t, []conditionCase{
		{"it must be missing, and is", `"Null":{"aws:TokenIssueTime":"true"}`, nil, yes},
		{"it must be missing, and is there", `"Null":{"aws:TokenIssueTime":"true"}`, one("aws:TokenIssueTime", "2020"), no},
		{"it must be there, and is", `"Null":{"aws:TokenIssueTime":"false"}`, one("aws:TokenIssueTime", "2020"), yes},
		{"it must be there, and is missing", `"Null":{"aws:TokenIssueTime":false}`, nil, no},
		{"it must be there, and has no value", `"Null":{"aws:TagKeys":"false"}`, values{"aws:TagKeys": {}}, no},
		{"a value of another key is there", `"Null":{"aws:userid":"true"}`, nil, no},
		{"neither true nor false", `"Null":{"k:e":"maybe"}`, nil, unknown},
		{"either", `"Null":{"k:e":["true","false"]}`, nil, yes},
		{"Null has no IfExists", `"NullIfExists":{"k:e":"true"}`, nil, unknown},
		{"Null has no set", `"ForAllValues:Null":{"k:e":"true"}`, nil, unknown},
	})
}

func TestSetOperators(t *testing.T) {
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html, and the
	// examples of DynamoDB's attributes there.
	key := func(v ...string) values { return values{"dynamodb:Attributes": v} }
	all := `"ForAllValues:StringEquals":{"dynamodb:Attributes":["ID","PostDateTime","Message","Tags"]}`
	some := `"ForAnyValue:StringEquals":{"dynamodb:Attributes":["ID","PostDateTime"]}`
	noneOf := `"ForAllValues:StringNotEquals":{"dynamodb:Attributes":["ID","PostDateTime"]}`
	other := `"ForAnyValue:StringNotEquals":{"dynamodb:Attributes":["ID","PostDateTime"]}`
	testConditions(t, []conditionCase{
		{"all are listed", all, key("ID", "Message", "Tags"), yes}, {"one is not listed", all, key("ID", "UserName"), no},
		{"all of none", all, nil, yes}, {"all of an empty list", all, key(), yes}, {"all of an empty string", all, key(""), unknown},
		{"one is listed", some, key("UserName", "Message", "PostDateTime"), yes}, {"none is listed", some, key("UserName", "Message"), no},
		{"one of none", some, nil, no}, {"one of an empty list", some, key(), no}, {"one of an empty string", some, key(""), no},
		{"none of those, and it is none", noneOf, key("UserName", "Message"), yes}, {"none of those, but it is one", noneOf, key("UserName", "ID"), no},
		{"none of those, without the key", noneOf, nil, yes},
		{"something else than those", other, key("ID", "Message"), yes}, {"nothing else than those", other, key("ID", "PostDateTime"), no},
		{"something else, without the key", other, nil, no}, {"something else, an empty string", other, key(""), unknown},
		{"all, if it is there", `"ForAllValues:StringEqualsIfExists":{"k:e":"a"}`, nil, yes},
		{"one, if it is there", `"ForAnyValue:StringEqualsIfExists":{"k:e":"a"}`, nil, no},
		{"with wildcards", `"forallvalues:StringLike":{"aws:TagKeys":"Created*"}`, values{"aws:TagKeys": {"CreatedBy", "CreatedAt"}}, yes},
		{"with wildcards, and another", `"ForAllValues:StringLike":{"aws:TagKeys":"Created*"}`, values{"aws:TagKeys": {"CreatedBy", "Owner"}}, no},
	})
}
