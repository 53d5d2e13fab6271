package model

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

// Each value of a condition is one request; those of several keys are combined.
func TestExamples(t *testing.T) {
	type conditions = map[string]map[string][]string
	for name, c := range map[string]struct {
		conditions conditions
		want       []map[string][]string
	}{
		"none":      {nil, []map[string][]string{{}}},
		"one value": {conditions{"StringEquals": {"kms:ViaService": {"s3.eu-west-1.amazonaws.com"}}}, []map[string][]string{{"kms:ViaService": {"s3.eu-west-1.amazonaws.com"}}}},
		"wildcards": {conditions{"StringLike": {"s3:prefix": {"in/*", "o?t/*"}}}, []map[string][]string{{"s3:prefix": {"in/crossgrant-probe"}}, {"s3:prefix": {"oxt/crossgrant-probe"}}}},
		"two keys": {conditions{"Bool": {"aws:SecureTransport": {"true"}}, "ForAllValues:StringEquals": {"dynamodb:Attributes": {"a", "b"}}}, []map[string][]string{
			{"aws:SecureTransport": {"true"}, "dynamodb:Attributes": {"a"}}, {"aws:SecureTransport": {"true"}, "dynamodb:Attributes": {"b"}}}},
		"a block of addresses":        {conditions{"IpAddress": {"aws:SourceIp": {"192.0.2.0/24"}}}, []map[string][]string{{"aws:SourceIp": {"192.0.2.0"}}}},
		"a wildcard that is compared": {conditions{"StringEquals": {"s3:prefix": {"in/*"}}}, []map[string][]string{{"s3:prefix": {"in/*"}}}},
		"an optional key":             {conditions{"ArnLikeIfExists": {"aws:SourceArn": {"arn:aws:s3:::*"}}}, []map[string][]string{{"aws:SourceArn": {"arn:aws:s3:::crossgrant-probe"}}}},
	} {
		got, err := Examples(c.conditions)
		if d := cmp.Diff(c.want, got); err != nil || d != "" {
			t.Errorf("%s: found error %v (-expected +found)\n%s", name, err, d)
		}
	}
	no := contract.Statement{Conditions: conditions{"StringNotEquals": {"s3:prefix": {"in/"}}}}
	if _, err := Examples(no.Conditions); err == nil || !strings.Contains(err.Error(), "condition StringNotEquals of s3:prefix: found an operator of which no example can be made") {
		t.Errorf("found %v, expected an error that names the operator", err)
	}
	if got := ExampleContext(no); len(got) != 0 {
		t.Errorf("found %v, expected nothing", got)
	}
	if _, err := Samples(no, []string{"arn:aws:s3:::lake"}); err == nil {
		t.Error("found samples of a condition of which no example can be made")
	}
}

func TestActionMatches(t *testing.T) {
	for pattern, want := range map[string]bool{"sts:AssumeRole": true, "STS:assumerole": true, "sts:*": true, "*": true, "sts:Assume*": true, "sts:TagSession": false, "s3:*": false} {
		if got := ActionMatches(pattern, "sts:AssumeRole"); got != want {
			t.Errorf("%s: found %v, expected %v", pattern, got, want)
		}
	}
}

func TestKindsOfCallers(t *testing.T) {
	for caller, want := range map[string]string{"arn:aws:iam::111111111111:role/path/reader": "role", "arn:aws:iam::111111111111:root": "root", "arn:aws:iam::111111111111:user/u": "",
		"lambda.amazonaws.com": "service", "anonymous": "", "Stack/Function.v2": "", "arn:aws:sts::111111111111:assumed-role/r/s": ""} {
		got := ""
		switch {
		case IsRole(caller):
			got = "role"
		case IsRoot(caller):
			got = "root"
		case IsService(caller):
			got = "service"
		}
		if got != want {
			t.Errorf("%s: found %q, expected %q", caller, got, want)
		}
	}
	if got, want := Session("arn:aws-cn:iam::111111111111:role/path/reader"), "arn:aws-cn:sts::111111111111:assumed-role/reader/crossgrant"; got != want {
		t.Errorf("found %s, expected %s", got, want)
	}
	if got, want := DeploymentRole("aws", "111111111111", "eu-west-1"), "arn:aws:iam::111111111111:role/cdk-hnb659fds-cfn-exec-role-111111111111-eu-west-1"; got != want {
		t.Errorf("found %s, expected %s", got, want)
	}
}
