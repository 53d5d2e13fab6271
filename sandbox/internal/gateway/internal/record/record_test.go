package record

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

const roles = `
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Sid: Trust, Effect: Allow, Principal: {AWS: "222222222222"}, Action: "sts:AssumeRole"}]}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Sid: Reads, Effect: Allow, Action: ["s3:GetObject", "s3:GetObject*", "s3:PutObject"], Resource: ["arn:aws:s3:::lake/a/*", "arn:aws:s3:::lake/b/*"]}
              - {Sid: Lists, Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake"}
              - {Sid: Never, Effect: Deny, Action: "s3:DeleteObject", Resource: "*"}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
`

func decider(t *testing.T, template string) *proof.Decider {
	t.Helper()
	file := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	app, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, Account: "222222222222", Region: "eu-west-1", StackName: "Lake"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := proof.NewDecider(app, proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func add(r *Record, d *proof.Decider, action, resource string) {
	chain := d.Decide(proof.Access{Caller: "arn:aws:iam::222222222222:role/reader", Made: true, Action: action, Resource: "arn:aws:s3:::lake" + resource, Region: "eu-west-1"})
	one := &Decision{Time: time.Now(), Service: "s3"}
	one.Asked(chain)
	if chain.Passes == policy.Yes {
		r.Add(one, Allowed, "")
		return
	}
	r.Add(one, Denied, proof.DenialMessage(chain))
}

func (u Use) text() string {
	return fmt.Sprintf("%s %s %s %v %s %s", u.LogicalID, u.Policy, u.Statement, !u.Used, strings.Join(u.Actions, ","), strings.Join(u.Resources, ","))
}

func unused(r *Record, d *proof.Decider) (all []string) {
	for _, u := range r.Usage(d.Permits()).Statements {
		if !u.Used || len(u.Actions)+len(u.Resources) > 0 {
			all = append(all, u.text())
		}
	}
	return all
}

// What permitted a request is used, pattern by pattern; what did not, and what a denied request only matched, is not.
func TestUnused(t *testing.T) {
	d, r := decider(t, roles), New(Most, MostBytes)
	const neverAssumed, neverListed = "Reader trust Trust true sts:AssumeRole ", "Reader identity Lists true s3:ListBucket arn:aws:s3:::lake"
	expect := func(when string, expected ...string) {
		t.Helper()
		found := unused(r, d)
		slices.Sort(found)
		if slices.Sort(expected); !slices.Equal(found, expected) {
			t.Errorf("%s: found\n%s\nexpected\n%s", when, strings.Join(found, "\n"), strings.Join(expected, "\n"))
		}
	}
	expect("at first", neverAssumed, neverListed, "Reader identity Reads true s3:GetObject,s3:GetObject*,s3:PutObject arn:aws:s3:::lake/a/*,arn:aws:s3:::lake/b/*")
	add(r, d, "s3:DeleteObject", "/a/1")
	add(r, d, "s3:GetObject", "/c/1")
	add(r, d, "s3:GetObjectTagging", "/a/1")
	expect("after one read of tags", neverAssumed, neverListed, "Reader identity Reads false s3:GetObject,s3:PutObject arn:aws:s3:::lake/b/*")
	add(r, d, "s3:GetObject", "/b/1")
	add(r, d, "s3:PutObject", "/b/1")
	add(r, d, "s3:ListBucket", "")
	expect("after all of it", neverAssumed)
	// A deployment that changes nothing of the statement keeps what is known, and one that changes it does not.
	if d = decider(t, strings.Replace(roles, "RoleName: reader", "RoleName: reader\n      Description: x", 1)); len(unused(r, d)) != 1 {
		t.Errorf("after another deployment: found %q", unused(r, d))
	}
	d = decider(t, strings.Replace(roles, `Resource: "arn:aws:s3:::lake"}`, `Resource: "arn:aws:s3:::*"}`, 1))
	expect("after a change", neverAssumed, "Reader identity Lists true s3:ListBucket arn:aws:s3:::*")
	r.Forget()
	if found := unused(r, d); len(found) != 3 || len(r.After(0)) != 0 {
		t.Errorf("after it forgot: found %q and %d decisions", found, len(r.After(0)))
	}
}

// The record keeps the last decisions, by number and by memory, and says why one was denied.
func TestTheLastDecisionsAreKept(t *testing.T) {
	d, r := decider(t, roles), New(3, MostBytes)
	for i := range 5 {
		add(r, d, "s3:GetObject", fmt.Sprint("/a/", i))
	}
	add(r, d, "s3:GetObject", "/c/5")
	var found []string
	for _, one := range r.After(0) {
		found = append(found, fmt.Sprint(one.Number, one.Asks[0].Chain.Resource, one.Outcome, len(one.Asks[0].Remedies)))
	}
	if expected := []string{"4arn:aws:s3:::lake/a/3allowed0", "5arn:aws:s3:::lake/a/4allowed0", "6arn:aws:s3:::lake/c/5denied1"}; !slices.Equal(found, expected) {
		t.Errorf("found %q, expected %q", found, expected)
	}
	if last := r.After(5); len(last) != 1 || !strings.Contains(last[0].Says, "no identity-based policy allows the s3:GetObject action") {
		t.Errorf("after number 5: found %+v", last)
	}
	if after := r.After(6); len(after) != 0 {
		t.Errorf("after the last one: found %d", len(after))
	}
	r = New(Most, 10_000)
	for i := range 100 {
		add(r, d, "s3:GetObject", fmt.Sprint("/a/", strings.Repeat("x", 500), i))
	}
	if n := len(r.After(0)); n < 2 || n > 10 || r.After(0)[n-1].Number != 100 {
		t.Errorf("of 100 decisions of about 1.5 kB: found %d, expected those of 10 kB", n)
	}
}
