package policy

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

func TestKeysAndValues(t *testing.T) {
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
	tags := values{"aws:PrincipalTag/department": {"hr"}, "aws:principaltag/ROLE": {"audit"}}
	block := `"StringEquals":{"aws:PrincipalTag/department":["finance","hr","legal"],"aws:PrincipalTag/role":["audit","security"]}`
	testConditions(t, []conditionCase{
		{"one of several values, and another key", block, tags, truth.Yes},
		{"one key is right, the other wrong", block, values{"aws:PrincipalTag/department": {"hr"}, "aws:PrincipalTag/role": {"sales"}}, truth.No},
		{"one key is missing", block, one("aws:PrincipalTag/department", "hr"), truth.No},
		{"two operators, one false", block + `,"Bool":{"aws:SecureTransport":"true"}`, tags, truth.No},
		{"neither of several values", `"StringNotEquals":{"k:e":["a","b"]}`, one("k:e", "c"), truth.Yes},
		{"one of several values that it must not be", `"StringNotEquals":{"k:e":["a","b"]}`, one("k:e", "b"), truth.No},
		{"a key in other letters", `"StringEquals":{"AWS:sourceVPCE":"vpce-1"}`, one("aws:SourceVpce", "vpce-1"), truth.Yes},
		{"a key in other letters, with another value", `"StringEquals":{"AWS:sourceVPCE":"vpce-1"}`, one("aws:SourceVpce", "vpce-2"), truth.No},
		{"several values without a set operator", `"StringEquals":{"aws:TagKeys":"a"}`, values{"aws:TagKeys": {"a", "a"}}, truth.Unknown},
		{"a key of the same length is not the key", `"StringEquals":{"k:f":"a"}`, one("k:e", "a"), truth.No},
		{"a boolean without quotation marks", `"Bool":{"aws:SecureTransport":false}`, one("aws:SecureTransport", "false"), truth.Yes},
		{"a condition that asks for nothing", ``, nil, truth.Yes},
	})
}

func TestMissingKeys(t *testing.T) {
	// "If the key is not present in the request context, the values do not match … StringNotLike … the condition is true."
	for _, operator := range []string{"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "ArnEquals"} {
		testConditions(t, []conditionCase{{operator + " without the key", `"` + operator + `":{"k:e":"arn:aws:s3:::b"}`, nil, truth.No},
			{operator + "IfExists without the key", `"` + operator + `IfExists":{"k:e":"arn:aws:s3:::b"}`, nil, truth.Yes},
			{operator + "IfExists with another value", `"` + operator + `IfExists":{"k:e":"arn:aws:s3:::b"}`, one("k:e", "arn:aws:s3:::c"), truth.No},
			{operator + "IfExists with the value", `"` + operator + `IfExists":{"k:e":"arn:aws:s3:::b"}`, one("k:e", "arn:aws:s3:::b"), truth.Yes}})
	}
	for _, operator := range []string{"StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotLike", "ArnNotEquals"} {
		testConditions(t, []conditionCase{{operator + " without the key", `"` + operator + `":{"k:e":"arn:aws:s3:::b"}`, nil, truth.Yes},
			{operator + "IfExists without the key", `"` + operator + `IfExists":{"k:e":"arn:aws:s3:::b"}`, nil, truth.Yes}})
	}
	testConditions(t, []conditionCase{
		{"a number without the key", `"NumericEquals":{"k:e":"1"}`, nil, truth.No}, {"not a number without the key", `"NumericNotEquals":{"k:e":"1"}`, nil, truth.Yes},
		{"a date without the key", `"DateLessThan":{"k:e":"2020"}`, nil, truth.No}, {"not a date without the key", `"DateNotEquals":{"k:e":"2020"}`, nil, truth.Yes},
		{"an address without the key", `"IpAddress":{"k:e":"10.0.0.0/8"}`, nil, truth.No}, {"not an address without the key", `"NotIpAddress":{"k:e":"10.0.0.0/8"}`, nil, truth.Yes},
		{"a boolean without the key", `"Bool":{"k:e":"false"}`, nil, truth.No}, {"a boolean, if it is there", `"BoolIfExists":{"k:e":"false"}`, nil, truth.Yes},
		{"bytes without the key", `"BinaryEquals":{"k:e":"AA=="}`, nil, truth.No},
		{"a key without values is none", `"StringEquals":{"k:e":"a"}`, values{"k:e": {}}, truth.No},
		{"a key whose value cannot be known", `"StringEquals":{"aws:userid":"AIDAEXAMPLE"}`, nil, truth.Unknown},
		{"a key whose value is not known, if it is there", `"StringEqualsIfExists":{"aws:userid":"AIDAEXAMPLE"}`, nil, truth.Unknown},
		{"an operator that nobody knows, without the key", `"StringSort":{"k:e":"a"}`, nil, truth.Unknown},
	})
}

func TestNullOperator(t *testing.T) {
	testConditions(t, []conditionCase{
		{"it must be missing, and is", `"Null":{"aws:TokenIssueTime":"true"}`, nil, truth.Yes},
		{"it must be missing, and is there", `"Null":{"aws:TokenIssueTime":"true"}`, one("aws:TokenIssueTime", "2020"), truth.No},
		{"it must be there, and is", `"Null":{"aws:TokenIssueTime":"false"}`, one("aws:TokenIssueTime", "2020"), truth.Yes},
		{"it must be there, and is missing", `"Null":{"aws:TokenIssueTime":false}`, nil, truth.No},
		{"it must be there, and has no value", `"Null":{"aws:TagKeys":"false"}`, values{"aws:TagKeys": {}}, truth.No},
		{"a value of another key is there", `"Null":{"aws:userid":"true"}`, nil, truth.No},
		{"neither true nor false", `"Null":{"k:e":"maybe"}`, nil, truth.Unknown},
		{"either", `"Null":{"k:e":["true","false"]}`, nil, truth.Yes},
		{"Null has no IfExists", `"NullIfExists":{"k:e":"true"}`, nil, truth.Unknown},
		{"Null has no set", `"ForAllValues:Null":{"k:e":"true"}`, nil, truth.Unknown},
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
		{"all are listed", all, key("ID", "Message", "Tags"), truth.Yes}, {"one is not listed", all, key("ID", "UserName"), truth.No},
		{"all of none", all, nil, truth.Yes}, {"all of an empty list", all, key(), truth.Yes}, {"all of an empty string", all, key(""), truth.Unknown},
		{"one is listed", some, key("UserName", "Message", "PostDateTime"), truth.Yes}, {"none is listed", some, key("UserName", "Message"), truth.No},
		{"one of none", some, nil, truth.No}, {"one of an empty list", some, key(), truth.No}, {"one of an empty string", some, key(""), truth.No},
		{"none of those, and it is none", noneOf, key("UserName", "Message"), truth.Yes}, {"none of those, but it is one", noneOf, key("UserName", "ID"), truth.No},
		{"none of those, without the key", noneOf, nil, truth.Yes},
		{"something else than those", other, key("ID", "Message"), truth.Yes}, {"nothing else than those", other, key("ID", "PostDateTime"), truth.No},
		{"something else, without the key", other, nil, truth.No}, {"something else, an empty string", other, key(""), truth.Unknown},
		{"all, if it is there", `"ForAllValues:StringEqualsIfExists":{"k:e":"a"}`, nil, truth.Yes},
		{"one, if it is there", `"ForAnyValue:StringEqualsIfExists":{"k:e":"a"}`, nil, truth.No},
		{"with wildcards", `"forallvalues:StringLike":{"aws:TagKeys":"Created*"}`, values{"aws:TagKeys": {"CreatedBy", "CreatedAt"}}, truth.Yes},
		{"with wildcards, and another", `"ForAllValues:StringLike":{"aws:TagKeys":"Created*"}`, values{"aws:TagKeys": {"CreatedBy", "Owner"}}, truth.No},
	})
}
