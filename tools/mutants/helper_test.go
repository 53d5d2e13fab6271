package main

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof"
)

// small is the assembly of testdata, in which role reader may assume role access.
func small(t *testing.T) *subject {
	t.Helper()
	return subjectIn(t, "testdata")
}

// subjectIn is that assembly, or one with more in it.
func subjectIn(t *testing.T, dir string) *subject {
	t.Helper()
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g := &proof.Grant{Grant: contract.Grant{Name: "small", RoleARN: "arn:aws:iam::222222222222:role/access", Grantees: []string{"arn:aws:iam::111111111111:role/reader"},
		Permissions: []contract.Statement{{Sid: "List", Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::data"}},
			{Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::data/in/*"}}}}}
	g.Target.Account, g.Target.Region = "222222222222", "eu-central-1"
	s, err := newSubject(dir, a, []*proof.Grant{g})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// find is the one mutant whose line has the text.
func find(t *testing.T, s *subject, line string) *mutant {
	t.Helper()
	var found []*mutant
	for _, m := range s.mutants() {
		if strings.Contains(m.String(), line) {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		t.Fatalf("found %d mutants of which the line has %q, expected one", len(found), line)
	}
	return found[0]
}
