package policy

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

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
