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

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

func TestStringOperators(t *testing.T) {
	operatorCases(t, "StringEquals", [][3]string{
		{"john", "john", "yes"}, {"john", "John", "no"}, {"jo*", "john", "no"}, {"jo*", "jo*", "yes"}, {"", "", "yes"}, {"", "x", "no"},
		{"a${*}b", "a*b", "yes"}, {"a${*}b", "axb", "no"}, {"${$}{x}", "${x}", "yes"}, {"${?}", "?", "yes"}, {"${?}", "x", "no"}})
	operatorCases(t, "StringNotEquals", [][3]string{{"john", "john", "no"}, {"john", "John", "yes"}})
	operatorCases(t, "StringEqualsIgnoreCase", [][3]string{
		{"john", "John", "yes"}, {"john", "Joan", "no"}, {"JÖRG", "jörg", "yes"}, {"john", "john ", "no"}, {"john", "joh", "no"}, {"", "", "yes"},
		{"", "x", "no"}, {"${*}a", "*A", "yes"}, {"${*}a", "b", "no"}})
	operatorCases(t, "StringNotEqualsIgnoreCase", [][3]string{{"john", "JOHN", "no"}, {"john", "jane", "yes"}})
	operatorCases(t, "StringLike", [][3]string{
		{"jo*", "john", "yes"}, {"jo*", "Jo", "no"}, {"jo*", "jo", "yes"}, {"j?hn", "john", "yes"}, {"j?hn", "jhn", "no"}, {"?", "é", "yes"},
		{"${*}", "*", "yes"}, {"${*}", "x", "no"}, {"t1.*", "t1.micro", "yes"}, {"t1.*", "t2.micro", "no"}, {"*:*", "a:b:c", "yes"},
		{"a*?", "a", "no"}, {"a*?", "ab", "yes"}, {"a?*", "a", "no"}, {"a**", "a", "yes"}})
	operatorCases(t, "StringNotLike", [][3]string{{"jo*", "john", "no"}, {"jo*", "jane", "yes"}})
	operatorCases(t, "stringlike", [][3]string{{"jo*", "john", "yes"}, {"jo*", "jane", "no"}})
}

func TestNumericOperators(t *testing.T) {
	operatorCases(t, "NumericEquals", [][3]string{
		{"10", "10", "yes"}, {"10", "10.0", "yes"}, {"10", "010", "yes"}, {"10", "11", "no"}, {"-0", "0", "yes"}, {"-1", "1", "no"}, {"0.5", "0.50", "yes"},
		{"9007199254740993", "9007199254740992", "no"}, {"10", "ten", "unknown"}, {"ten", "10", "unknown"}, {"10", "", "unknown"}, {"10", "1.", "unknown"},
		{"10", "1e1", "unknown"}, {"10", "10*", "unknown"}, {"10", "1.x", "unknown"}})
	operatorCases(t, "NumericNotEquals", [][3]string{{"10", "10", "no"}, {"10", "11", "yes"}, {"10", "ten", "unknown"}})
	operatorCases(t, "NumericLessThan", [][3]string{{"10", "9", "yes"}, {"10", "10", "no"}, {"-10", "-11", "yes"}, {"-10", "-9", "no"}, {"1", "-1", "yes"}})
	operatorCases(t, "NumericLessThanEquals", [][3]string{{"10", "10", "yes"}, {"10", "10.1", "no"}, {"-1", "1", "no"}})
	operatorCases(t, "NumericGreaterThan", [][3]string{{"10", "100", "yes"}, {"10", "10", "no"}, {"0.15", "0.2", "yes"}})
	operatorCases(t, "NumericGreaterThanEquals", [][3]string{{"10", "10", "yes"}, {"10", "9.9", "no"}})
	testConditions(t, []conditionCase{
		{"a number without quotation marks", `"NumericLessThanEquals":{"s3:max-keys":10}`, one("s3:max-keys", "10"), truth.Yes},
		{"more than that number", `"NumericLessThanEquals":{"s3:max-keys":10}`, one("s3:max-keys", "11"), truth.No},
	})
}

func TestDateOperators(t *testing.T) {
	operatorCases(t, "DateEquals", [][3]string{
		{"2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", "yes"}, {"2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", "no"},
		{"2020-01-01T00:00:00Z", "1577836800", "yes"}, {"1577836800", "2020-01-01T00:00:00Z", "yes"}, {"1577836800", "1577836801", "no"},
		{"2020", "2020-01-01", "yes"}, {"2020-01", "2020-01-01T00:00Z", "yes"}, {"2020-01-01T00:00:00.500Z", "2020-01-01T00:00:00.5Z", "yes"},
		{"2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00.51Z", "no"}, {"1577836800.5", "2020-01-01T00:00:00.5Z", "yes"},
		{"2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00Z", "yes"}, {"2019-12-31T22:00:00-0200", "2020-01-01T00:00:00", "yes"},
		{"2020-01-01T02:00:00+02:00", "2020-01-01T02:00:00Z", "no"}, {"2020-02-29", "2020-03-01", "no"},
		{"2020-01-01", "yesterday", "unknown"}, {"yesterday", "2020-01-01", "unknown"}, {"2020-01-01", "2020-13-01", "unknown"},
		{"2020-01-01", "2021-02-29", "unknown"}, {"2020-01-01", "2020-01-00", "unknown"}, {"2020-01-01", "2020-00-01", "unknown"}, {"2020-01-01", "2020-01-01T24:00Z", "unknown"},
		{"2020-01-01", "2020-01-01T00", "unknown"}, {"2020-01-01", "2020-01-01T00:00:00.Z", "unknown"}, {"2020-01-01", "2020-01-01T00:00X", "unknown"},
		{"2020-01-01", "2020-01-01T00:00+25:00", "unknown"}, {"2020-01-01", "-1", "unknown"}, {"2020-01-01", "1234567890123456", "unknown"},
		{"2020-01-01", "", "unknown"}, {"2020-01-01", "2020-01-01*", "unknown"}, {"2020-01-01T23:59:60Z", "2020-01-02", "yes"},
		{"2020-01-01", "2020-01-01T23:59:61Z", "unknown"}})
	operatorCases(t, "DateNotEquals", [][3]string{{"2020-01-01", "2020-01-01", "no"}, {"2020-01-01", "2020-01-02", "yes"}})
	operatorCases(t, "DateLessThan", [][3]string{{"2020-01-01", "2019-12-31", "yes"}, {"2020-01-01", "2020-01-01", "no"}})
	operatorCases(t, "DateLessThanEquals", [][3]string{{"2020-01-01", "2020-01-01", "yes"}, {"2020-01-01", "2020-01-02", "no"}})
	operatorCases(t, "DateGreaterThan", [][3]string{{"2020-01-01T00:00:01Z", "2020-06-01", "yes"}, {"2020-01-01T00:00:01Z", "2020-01-01", "no"}})
	operatorCases(t, "DateGreaterThanEquals", [][3]string{{"2020-01-01", "2020-01-01", "yes"}, {"2020-01-01", "2019-12-31T23:59:59.9Z", "no"}})
}

func TestOtherOperators(t *testing.T) {
	operatorCases(t, "Bool", [][3]string{{"true", "true", "yes"}, {"true", "false", "no"}, {"True", "TRUE", "yes"}, {"false", "false", "yes"}, {"true", "1", "unknown"}, {"yes", "true", "unknown"}, {"${aws:username}", "true", "unknown"}})
	operatorCases(t, "BinaryEquals", [][3]string{
		{"QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "yes"}, {"QmluYXJ5VmFsdWVJbkJhc2U2NA==", "BinaryValueInBase64", "yes"},
		{"QmluYXJ5VmFsdWVJbkJhc2U2NA==", "binaryValueInBase64", "no"}, {"no base 64!", "x", "unknown"},
		{"AA==", "AB==", "unknown"}, {"AB==", "AB==", "unknown"}, {"AA==", "BA==", "no"}})
	operatorCases(t, "IpAddress", [][3]string{
		{"203.0.113.0/24", "203.0.113.255", "yes"}, {"203.0.113.0/24", "203.0.114.0", "no"}, {"203.0.113.7", "203.0.113.7", "yes"}, {"203.0.113.7", "203.0.113.8", "no"},
		{"2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", "yes"}, {"2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", "no"},
		{"2001:db8::1", "2001:DB8:0:0::1", "yes"}, {"2001:db8::1", "2001:db8::2", "no"}, {"203.0.113.7/24", "203.0.113.1", "yes"}, {"0.0.0.0/0", "2001:db8::1", "no"},
		{"203.0.113.0/24", "::ffff:203.0.113.1", "unknown"}, {"::ffff:203.0.113.7", "203.0.113.7", "unknown"}, {"::ffff:203.0.113.0/120", "203.0.113.7", "unknown"},
		{"203.0.113.0/33", "203.0.113.1", "unknown"}, {"203.0.113", "203.0.113.1", "unknown"}, {"fe80::1%eth0", "fe80::1", "unknown"}, {"fe80::/10", "fe80::1%eth0", "unknown"}, {"203.0.113.0/24", "AWS Internal", "unknown"}})
	operatorCases(t, "NotIpAddress", [][3]string{{"203.0.113.0/24", "203.0.113.9", "no"}, {"203.0.113.0/24", "198.51.100.9", "yes"}})
	operatorCases(t, "StringEqualsish", [][3]string{{"a", "a", "unknown"}})
	operatorCases(t, "ForSomeValues:StringEquals", [][3]string{{"a", "a", "unknown"}})
	operatorCases(t, "StringLikeIgnoreCase", [][3]string{{"a", "a", "unknown"}})
}

func TestARNOperators(t *testing.T) {
	for _, operator := range []string{"ArnLike", "ArnEquals"} {
		operatorCases(t, operator, [][3]string{
			{"arn:aws:someservice:*:111122223333:finance/*", "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt", "no"},
			{"arn:aws:someservice:*:111122223333:finance/*", "arn:aws:someservice:us-east-2:111122223333:finance/document.txt", "yes"},
			{"arn:aws:sns:us-east-1:111122223333:t", "arn:aws:sns:us-east-1:111122223333:t", "yes"}, {"arn:aws:sns:us-east-1:111122223333:t", "arn:aws:sns:us-east-1:111122223333:T", "no"},
			{"arn:aws:sns:us-east-1:111122223333:*", "arn:aws:sns:us-east-1:111122223333:a:b", "yes"}, {"arn:aws:sns:us-east-?:*:t?", "arn:aws:sns:us-east-1:111122223333:t1", "yes"},
			{"arn:aws:sns:us-east-?:*:t?", "arn:aws:sns:us-east-10:111122223333:t1", "no"}, {"*:*:*:*:*:*", "arn:aws:s3:::b", "yes"}, {"arn:aws:s3:::", "arn:aws:s3:::", "yes"}, {"arn:aws:s3:::", "arn:aws:s3:::b", "no"},
			{"*", "arn:aws:s3:::b", "unknown"}, {"arn:aws:s3:::b", "b", "unknown"}, {"arn:*", "arn:aws:s3:::b", "unknown"},
			{"arn:aws:sns:*:123456789012", "arn:aws:sns:us-east-1:999999999999:123456789012", "no"}, {"arn:aws:sns:*:123456789012", "arn:aws:sns:us-east-1:123456789012:t", "unknown"}})
	}
	for _, operator := range []string{"ArnNotLike", "ArnNotEquals"} {
		operatorCases(t, operator, [][3]string{{"arn:aws:s3:::b*", "arn:aws:s3:::bucket", "no"}, {"arn:aws:s3:::b*", "arn:aws:s3:::other", "yes"}})
	}
}
