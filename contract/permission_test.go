package contract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatementValidate(t *testing.T) {
	right := Statement{Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::bucket/*"}}
	if err := right.Validate(); err != nil {
		t.Fatalf("found %v for a statement that is right", err)
	}
	for _, resource := range []string{"${Token[TOKEN.12]}/inbox/*", "arn:aws:dynamodb:eu-west-1:222222222222:table/t/index/i", "arn:${Token[AWS.Partition.4]}:sqs:eu-west-1:222222222222:queue"} {
		s := right
		if s.Resources = []string{resource}; s.Validate() != nil {
			t.Errorf("found %v for %s", s.Validate(), resource)
		}
	}
	for name, c := range map[string]struct {
		change   func(*Statement)
		expected string
	}{
		"no sid":                   {func(s *Statement) { s.Sid = "" }, `sid: found "", expected letters and digits`},
		"a sid with a space":       {func(s *Statement) { s.Sid = "a b" }, `sid: found "a b", expected letters and digits`},
		"no action":                {func(s *Statement) { s.Actions = nil }, "actions: found none, expected at least one"},
		"a wildcard action":        {func(s *Statement) { s.Actions = []string{"s3:Get*"} }, `actions: found "s3:Get*", expected service:Action without a wildcard`},
		"every action":             {func(s *Statement) { s.Actions = []string{"*"} }, `actions: found "*", expected service:Action`},
		"actions of two services":  {func(s *Statement) { s.Actions = []string{"s3:GetObject", "kms:Decrypt"} }, `actions: found "kms:Decrypt", expected actions of one service, here s3`},
		"no resource":              {func(s *Statement) { s.Resources = nil }, "resources: found none, expected at least one ARN"},
		"every resource":           {func(s *Statement) { s.Resources = []string{"*"} }, `resources: found "*", expected an ARN of specific`},
		"every source resource":    {func(s *Statement) { s.CrossAccountResources = []string{"*"} }, `resources: found "*", expected an ARN of specific`},
		"every bucket":             {func(s *Statement) { s.Resources = []string{"arn:aws:s3:::*"} }, `resources: found "arn:aws:s3:::*"`},
		"every service":            {func(s *Statement) { s.Resources = []string{"arn:aws:*:::bucket"} }, `resources: found "arn:aws:*:::bucket"`},
		"no text":                  {func(s *Statement) { s.Resources = []string{""} }, `resources: found ""`},
		"a name":                   {func(s *Statement) { s.Resources = []string{"bucket"} }, `resources: found "bucket"`},
		"a question mark":          {func(s *Statement) { s.Actions = []string{"s3:GetObjec?"} }, `found "s3:GetObjec?"`},
		"an action without prefix": {func(s *Statement) { s.Actions = []string{"GetObject"} }, `found "GetObject", expected service:Action`},
	} {
		t.Run(name, func(t *testing.T) {
			s := right
			c.change(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

func TestStatementService(t *testing.T) {
	found := []string{Statement{Actions: []string{"dynamodb:Scan"}}.Service(), Statement{}.Service()}
	if diff := cmp.Diff([]string{"dynamodb", ""}, found); diff != "" {
		t.Errorf("services (-expected +found):\n%s", diff)
	}
}

func TestStatementElsewhere(t *testing.T) {
	s := Statement{Resources: []string{"arn:aws:kms:eu-west-1:222222222222:key/1"}}
	if diff := cmp.Diff([]string{"arn:aws:kms:eu-west-1:222222222222:key/1"}, s.AcrossAccounts()); diff != "" {
		t.Errorf("known in both accounts (-expected +found):\n%s", diff)
	}
	s.CrossAccountResources = []string{"arn:aws:kms:eu-west-1:222222222222:key/*"}
	if diff := cmp.Diff([]string{"arn:aws:kms:eu-west-1:222222222222:key/*"}, s.AcrossAccounts()); diff != "" {
		t.Errorf("known in its own account only (-expected +found):\n%s", diff)
	}
}
