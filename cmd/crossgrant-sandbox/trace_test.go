package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/internal/terminal"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox"
)

const reader = "arn:aws:sts::111111111111:assumed-role/reader/list"

// decisions are one request of each kind. They have one field each of the types of a package that this one may not import.
func decisions() []sandbox.Decision {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.Local)
	all := []sandbox.Decision{
		{Number: 1, Time: at, Microseconds: 412, Caller: reader, From: "arn:aws:lambda:eu-west-1:111111111111:function:list", Service: "s3", Operation: "GetObject", Outcome: "allowed"},
		{Number: 2, Time: at, Microseconds: 90, Caller: reader, Service: "s3", Operation: "PutObject", Outcome: "denied", Says: "User: …"},
		{Number: 3, Time: at, Microseconds: 1500, Service: "s3", Outcome: "refused", Says: "the signature does not match"},
	}
	asks := func(d *sandbox.Decision, c proof.ChainJSON, remedies ...string) {
		d.Asks = append(d.Asks, struct {
			Chain    proof.ChainJSON `json:"chain"`
			Remedies []string        `json:"remedies,omitempty"`
		}{c, remedies})
	}
	asks(&all[0], proof.ChainJSON{Caller: "arn:aws:iam::111111111111:role/reader", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/1", Subnet: "subnet-1", Passes: policy.Yes, Hops: []proof.HopJSON{
		{What: "route to S3", Passes: policy.Yes, Says: []string{"endpoint Endpoint of com.amazonaws.eu-west-1.s3"}}, {What: "s3:GetObject on arn:aws:s3:::lake/1", Passes: policy.Yes, Says: []string{"allowed: statement Reads"}}}})
	asks(&all[1], proof.ChainJSON{Caller: "arn:aws:iam::111111111111:role/reader", Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/1", Passes: policy.No, Hops: []proof.HopJSON{
		{What: "s3:PutObject on arn:aws:s3:::lake/1", Passes: policy.No, Says: []string{"denied: no statement allows it"}}}}, "add to the policy of role reader:\n{\"Sid\": \"Writes\"}")
	return all
}

const expectedTrace = `03:04:05.678  s3 GetObject: allowed in 0.4 ms
  from arn:aws:lambda:eu-west-1:111111111111:function:list

s3:GetObject on arn:aws:s3:::lake/1 works
  as   arn:aws:iam::111111111111:role/reader
  from subnet subnet-1

ok  route to S3
      endpoint Endpoint of com.amazonaws.eu-west-1.s3

ok  s3:GetObject on arn:aws:s3:::lake/1
      allowed: statement Reads

03:04:05.678  s3 PutObject: denied in 0.1 ms

s3:PutObject on arn:aws:s3:::lake/1 does not work
  as   arn:aws:iam::111111111111:role/reader

NO  s3:PutObject on arn:aws:s3:::lake/1
      denied: no statement allows it

fix add to the policy of role reader:
    {"Sid": "Writes"}

03:04:05.678  s3: refused in 1.5 ms
      the signature does not match

`

func TestDecisionsAreShownAsChains(t *testing.T) {
	var out bytes.Buffer
	if err := (trace{}).print(&out, decisions()); err != nil || out.String() != expectedTrace {
		t.Errorf("found %v and\n%s\nexpected\n%s", err, &out, expectedTrace)
	}
	out.Reset()
	if err := (trace{asJSON: true}).print(&out, decisions()); err != nil || strings.Count(out.String(), "\n") != 3 || !strings.HasPrefix(out.String(), `{"number":1,"time":"2026-01-02T03:04:05.678`) {
		t.Errorf("found %v and %s, expected an object a line", err, &out)
	}
}

func TestDecisionsThatFlagsChoose(t *testing.T) {
	for name, c := range map[string]struct {
		trace    trace
		expected []int64
	}{
		"all":                      {trace{}, []int64{1, 2, 3}},
		"what was not allowed":     {trace{denied: true}, []int64{2, 3}},
		"a caller":                 {trace{caller: "role/reader"}, []int64{1, 2}},
		"a caller that was denied": {trace{caller: "role/reader", denied: true}, []int64{2}},
		"nobody's":                 {trace{caller: "role/other"}, nil},
	} {
		var found []int64
		for _, d := range c.trace.choose(decisions()) {
			found = append(found, d.Number)
		}
		if len(found) != len(c.expected) || len(found) > 0 && found[0] != c.expected[0] {
			t.Errorf("%s: found %v, expected %v", name, found, c.expected)
		}
	}
}

// Each decision is shown once, as soon as it is there.
func TestFollowing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	var asked []int64
	all := decisions()
	err := trace{asJSON: true}.follow(ctx, &out, all[:1], func(after int64) ([]sandbox.Decision, error) {
		if asked = append(asked, after); len(asked) == 3 {
			cancel()
		}
		return all[after:min(int(after)+1, len(all))], nil
	})
	if !errors.Is(err, context.Canceled) || strings.Count(out.String(), "\n") != 2 || strings.Contains(out.String(), `"number":1,`) || asked[0] != 1 || asked[2] != 3 {
		t.Errorf("found %v, that it asked for what comes after %v, and\n%s\nexpected decisions 2 and 3", err, asked, &out)
	}
}

func TestUsageIsShownByPolicy(t *testing.T) {
	u := sandbox.Usage{Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)}
	add := func(stack, name, statement string, used bool, actions, resources []string) {
		u.Statements = append(u.Statements, struct {
			Account   string      `json:"account"`
			Stack     string      `json:"stack"`
			LogicalID string      `json:"logicalId"`
			Policy    policy.Kind `json:"policy"`
			Name      string      `json:"name"`
			Statement string      `json:"statement"`
			Used      bool        `json:"used"`
			Actions   []string    `json:"unusedActions,omitempty"`
			Resources []string    `json:"unusedResources,omitempty"`
		}{"111111111111", stack, "R", policy.Identity, name, statement, used, actions, resources})
	}
	add("CDKToolkit", "the policy p of role deploy", "0", false, []string{"*"}, nil)
	add("Lake", "the policy p of role reader", "Reads", true, []string{"s3:GetObject"}, nil)
	add("Lake", "the policy p of role reader", "Lists", false, []string{"s3:ListBucket"}, []string{"arn:aws:s3:::lake"})
	add("Lake", "the policy p of role reader", "All", true, nil, nil)
	const expected = `stack Lake of account 111111111111
  the policy p of role reader
    statement Reads: used, but not for
      actions    s3:GetObject
    statement Lists: never used
      actions    s3:ListBucket
      resources  arn:aws:s3:::lake

since 2026-01-02 03:04:05: 3 statements, 1 never used, 1 used in part
`
	var out bytes.Buffer
	p := terminal.New(&out)
	printUsage(p, withoutBootstrap(u))
	if err := p.Flush(); err != nil || out.String() != expected {
		t.Errorf("found %v and\n%s\nexpected\n%s", err, &out, expected)
	}
}
