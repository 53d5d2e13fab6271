package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestElements(t *testing.T) {
	d := mustParse(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","NotPrincipal":{"AWS":["1","2"],"Service":"x.amazonaws.com"},"NotAction":["S3:Get*"],"NotResource":"arn:aws:s3:::${aws:username}",
			"Condition":{"Bool":{"aws:SecureTransport":false},"StringEquals":{"a:b":["c","d"],"E:f":"g"}}},
		{"Effect":"Allow","Principal":"*","Action":"*","Resource":["a","b"]}]}`)
	for i, want := range []Elements{
		{Principals: map[string][]string{"AWS": {"1", "2"}, "Service": {"x.amazonaws.com"}}, Actions: []string{"S3:Get*"}, Resources: []string{"arn:aws:s3:::${aws:username}"},
			NotPrincipal: true, NotAction: true, NotResource: true,
			Conditions: map[string]map[string][]string{"Bool": {"aws:SecureTransport": {"false"}}, "StringEquals": {"a:b": {"c", "d"}, "E:f": {"g"}}}},
		{Principals: map[string][]string{"": {"*"}}, Actions: []string{"*"}, Resources: []string{"a", "b"}, Conditions: map[string]map[string][]string{}},
	} {
		if got := d.Statements[i].Elements(); !reflect.DeepEqual(got, want) {
			t.Errorf("found %+v, expected %+v", got, want)
		}
	}
}

func TestConditionKeys(t *testing.T) {
	d := mustParse(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"*","Resource":["*","arn:aws:s3:::b/${aws:username}/*"],"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}},
		{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"AWS:sourcevpce":"vpce-1","s3:prefix":"${aws:PrincipalTag/team, 'x'}"}}}]}`)
	if got, want := d.ConditionKeys(), []string{"aws:principaltag/team", "aws:sourcevpce", "aws:username", "s3:prefix"}; !slices.Equal(got, want) {
		t.Errorf("found %q, expected %q", got, want)
	}
}

func TestConditionValues(t *testing.T) {
	d := mustParse(t, `{"Statement": [
		{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"AWS:SourceVpce": ["vpce-1", "vpce-2"], "aws:SourceVpc": "vpc-1"}}},
		{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:sourcevpce": "vpce-3"}}}]}`)
	if found := d.ConditionValues("aws:SourceVpce"); !slices.Equal(found, []string{"vpce-1", "vpce-2", "vpce-3"}) {
		t.Errorf("found %q", found)
	}
	if found := d.ConditionValues("aws:SourceIp"); len(found) > 0 {
		t.Errorf("found %q, expected none", found)
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		statement, action, resource string
		want                        Answer
	}{
		{`"Action":"s3:Get*","Resource":"arn:aws:s3:::lake/*"`, "s3:GetObject", "arn:aws:s3:::lake/k", Yes},
		{`"Action":"s3:Get*","Resource":"arn:aws:s3:::lake/*"`, "s3:PutObject", "arn:aws:s3:::lake/k", No},
		{`"Action":"s3:Get*","Resource":"arn:aws:s3:::lake/*"`, "s3:GetObject", "arn:aws:s3:::pond/k", No},
		{`"Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}`, "s3:GetObject", "arn:aws:s3:::lake/k", Yes},
		{`"NotAction":"iam:*","Resource":"*"`, "s3:GetObject", "arn:aws:s3:::lake/k", Yes},
		{`"NotAction":"iam:*","Resource":"*"`, "iam:PassRole", "arn:aws:iam::111111111111:role/x", No},
		{`"Action":"s3:*","NotResource":"arn:aws:s3:::lake/*"`, "s3:GetObject", "arn:aws:s3:::lake/k", No},
		{`"Action":"s3:*","NotResource":"arn:aws:s3:::lake/*"`, "s3:GetObject", "arn:aws:s3:::pond/k", Yes},
		{`"Action":"s3:*","Resource":"arn:aws:s3:::lake/${aws:username}/*"`, "s3:GetObject", "arn:aws:s3:::lake/ann/k", Indeterminate},
		{`"Principal":"*","Action":"sts:AssumeRole"`, "sts:AssumeRole", "arn:aws:iam::111111111111:role/x", Yes},
		{`"Action":"s3:*","Resource":"*"`, "s3", "arn:aws:s3:::lake/k", Indeterminate},
		{`"Action":"` + Unresolved("a parameter") + `","Resource":"*"`, "s3:GetObject", "arn:aws:s3:::lake/k", Indeterminate},
	} {
		d := parsed(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+strings.ReplaceAll(c.statement, "\x00", `\u0000`)+`}}`)
		if got := d.Statements[0].Covers(c.action, c.resource); got != c.want {
			t.Errorf("%s, %s on %s: found %s, expected %s", c.statement, c.action, c.resource, got, c.want)
		}
	}
}
