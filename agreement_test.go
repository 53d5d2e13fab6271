package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

// agrees asks explain about each access of a proof: for the same question it has the same answer.
func agrees(t *testing.T, dir string, o proof.Options) {
	t.Helper()
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := proof.Prove(a, o)
	if err != nil {
		t.Fatal(err)
	}
	app, err := proof.Load(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for i := range report.Checks {
		c := &report.Checks[i]
		if len(c.Chains) == 0 {
			continue
		}
		explained, err := app.Explain(c.Access)
		if err != nil && strings.Contains(err.Error(), c.Access.Action+" is on ") {
			continue // explain refuses a request that AWS does not have, such as dynamodb:BatchGetItem on an index; the proof tries it all the same
		}
		if err != nil {
			t.Errorf("%s %s: %v", c.Rule, c.Name, err)
			continue
		}
		found := false
		for k := range c.Chains {
			proved := &c.Chains[k]
			same := slices.IndexFunc(explained, func(e proof.Chain) bool {
				return e.Subnet == proved.Subnet && slices.Equal(e.Assumes.Roles(), proved.Assumes.Roles()) && starts(&e) == starts(proved)
			})
			if same < 0 {
				continue // explain starts where the caller runs, and the proof also from elsewhere
			}
			found = true
			if e := &explained[same]; e.Passes != proved.Passes {
				t.Errorf("%s %s: explain says %s, and the proof %s", c.Rule, c.Name, e.Passes, proved.Passes)
			}
		}
		if found {
			asked++
		} else if c.Expects == proof.MustWork && c.Access.From != nil { // Lambda itself takes messages as a role, from nowhere
			t.Errorf("%s %s: explain does not walk this way", c.Rule, c.Name)
		}
	}
	if asked < 10 {
		t.Errorf("found %d accesses that both walk, expected more", asked)
	}
}

// starts is what an access starts from. "" for anywhere.
func starts(c *proof.Chain) string {
	if c.From == nil {
		return ""
	}
	return c.From.Resource.LogicalID
}
