package arn_test

import (
	"testing"

	"github.com/crossgrant/crossgrant/internal/arn"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want arn.ARN
		ok   bool
	}{
		{"arn:aws:iam::111111111111:role/team/reader", arn.ARN{Partition: "aws", Service: "iam", Account: "111111111111", Resource: "role/team/reader"}, true},
		{"arn:aws-cn:s3:::lake/a:b", arn.ARN{Partition: "aws-cn", Service: "s3", Resource: "lake/a:b"}, true},
		{"arn:aws:lambda:eu-west-1:111111111111:function:list:2", arn.ARN{Partition: "aws", Service: "lambda", Region: "eu-west-1", Account: "111111111111", Resource: "function:list:2"}, true},
		{"arn:aws:s3::", arn.ARN{}, false},
		{"urn:aws:s3:::lake", arn.ARN{}, false},
		{"*", arn.ARN{}, false},
		{"", arn.ARN{}, false},
	} {
		got, ok := arn.Parse(c.text)
		if got != c.want || ok != c.ok {
			t.Errorf("Parse(%q): found %+v, %v, expected %+v, %v", c.text, got, ok, c.want, c.ok)
		}
		if ok && got.String() != c.text {
			t.Errorf("String: found %q, expected %q", got.String(), c.text)
		}
		if account := arn.Account(c.text); account != c.want.Account {
			t.Errorf("Account(%q): found %q, expected %q", c.text, account, c.want.Account)
		}
	}
}
