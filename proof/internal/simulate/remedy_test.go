package simulate

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Each statement to add goes to the policy of one resource, and lets nobody in without TLS unless the resource's own policy sees to that.
func TestAdditions(t *testing.T) {
	const bucket = "  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"
	bucketPolicy := func(statement string) string {
		return "  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Version: '2012-10-17', Statement: [" + statement + "]}}}\n"
	}
	const (
		tls   = `{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::lake/*", Condition: {Bool: {"aws:SecureTransport": "false"}}}`
		other = `{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::lake/*", Condition: {NumericLessThan: {"s3:TlsVersion": "1.2"}}}`
		table = "  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: orders}}\n"
		read  = `Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"`
	)
	for name, c := range map[string]struct {
		target, action, resource string
		kinds                    map[policy.Kind]string // of the statements, with the resource whose policy it is
		tls                      bool
	}{
		"neither policy":                   {bucket, "s3:GetObject", "arn:aws:s3:::lake/1", map[policy.Kind]string{policy.Identity: "One", policy.Resource: "Bucket"}, true},
		"a policy that denies plain HTTP":  {bucket + bucketPolicy(tls), "s3:GetObject", "arn:aws:s3:::lake/1", map[policy.Kind]string{policy.Identity: "One", policy.Resource: "Bucket"}, false},
		"a policy that denies old TLS":     {bucket + bucketPolicy(other), "s3:GetObject", "arn:aws:s3:::lake/1", map[policy.Kind]string{policy.Identity: "One", policy.Resource: "Bucket"}, true},
		"a service that has no plain HTTP": {table, "dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:222222222222:table/orders", map[policy.Kind]string{policy.Identity: "One", policy.Resource: "Table"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := load(t, model.Options{}, map[string]string{"A": role("One", byLambda, ""), "B": c.target})
			chain := Walk(m, model.Access{Caller: arnOf("111111111111", "one"), Action: c.action, Resource: c.resource, Owner: "222222222222"})[0]
			found := map[policy.Kind]string{}
			for _, a := range chain.AllowAdditions() {
				found[a.Kind] = a.Of.LogicalID
				if got := slices.Equal(a.Statement.Condition["Bool"]["aws:SecureTransport"], []string{"true"}); got != c.tls {
					t.Errorf("found %v, expected a condition on TLS %v", a.Statement, c.tls)
				}
			}
			if !maps.Equal(found, c.kinds) || len(chain.ToAllow()) != len(c.kinds) {
				t.Errorf("found %v, expected %v: %q", found, c.kinds, chain.ToAllow())
			}
		})
	}
	m := load(t, model.Options{}, map[string]string{"A": role("One", byLambda, read), "B": bucket + bucketPolicy(`{Effect: Allow, Principal: {AWS: "`+arnOf("111111111111", "one")+`"}, `+read+`}`)})
	chain := Walk(m, model.Access{Caller: arnOf("111111111111", "one"), Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/1", Owner: "222222222222",
		Context: map[string][]string{"aws:SecureTransport": {"false"}}})[0]
	if all := chain.DenyAdditions(); len(all) != 1 || all[0].Kind != policy.Resource || all[0].Of.LogicalID != "Bucket" || all[0].Statement.Effect != "Deny" || !strings.Contains(strings.Join(chain.ToDeny(), ""), all[0].Statement.Indented()) {
		t.Errorf("found %v to deny plain HTTP", all)
	}
	if all := chain.AllowAdditions(); len(all) != 0 {
		t.Errorf("found %v to add to what works", all)
	}
}

// A statement to add is about what an example stands for, and names no example.
func TestStatementsNameNoExample(t *testing.T) {
	c := &Chain{Access: model.Access{Action: "s3:GetObject"}}
	r := policy.Request{Principal: "arn:aws:iam::111111111111:role/reader", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/" + model.AnyName}
	for pattern, expected := range map[string]string{"": "arn:aws:s3:::lake/reports/*", "arn:aws:s3:::lake/reports/2026/*": "arn:aws:s3:::lake/reports/2026/*"} {
		c.Pattern = pattern
		if s, ok := statement(c, r, policy.Identity); !ok || !slices.Equal(s.Resource, []string{expected}) {
			t.Errorf("found %v, expected a statement on %s", s, expected)
		}
	}
}
