// Package audit has the rules that the proof decides by reading policies: what they permit beyond what grants and connections need, and what
// AWS would refuse. Which requests work, package probe tries.
package audit

import (
	"fmt"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Rules are the rules of this package, in the order in which reports show them. Each is in the file of its name.
func Rules() []check.Definition {
	return []check.Definition{
		{Rule: OverGrant, About: "No policy must permit more than the grant needs.", Checks: overGrant},
		{Rule: InvalidPolicy, About: "AWS has to accept each policy.", Checks: invalidPolicy},
		{Rule: DuplicateName, About: "No two resources must have one name.", Checks: duplicateName},
		{Rule: InvalidSetting, About: "AWS has to accept the settings of functions and queues.", Checks: invalidSetting},
		{Rule: Quota, About: "Sizes and counts have to stay within what AWS accepts.", Checks: quota},
	}
}

// OverGrant is the rule that no policy permits more than grants and connections need: identity policies of trusted roles and grantees
// (over_grant_identity.go), trust and resource policies (over_grant_resource.go), endpoint policies (over_grant_endpoint.go), and
// exemptions from perimeters (over_grant_perimeter.go).
const OverGrant check.Rule = "OverGrant"

func overGrant(m *model.Model) []check.Check {
	a := &checks{Model: m, inventory: inventory.Of(m), read: map[*assembly.Resource]bool{}}
	for _, g := range m.Grants {
		a.resourcePolicies(g)
		a.defaultEndpointPolicies(g)
		a.trustedRole(g)
	}
	a.grantees()
	a.uses()
	a.endpointPolicies()
	a.perimeters()
	for _, d := range m.Destinations() {
		a.destination(d)
	}
	a.otherPolicies()
	for i := range a.all {
		ifThere(&a.all[i])
	}
	return a.all
}

// ifThere leaves undecided what a statement permits of which it is not known whether it is there.
func ifThere(c *check.Check) {
	if c.Verdict != check.Broken || c.Statement == nil {
		return
	}
	if condition := accounts.ConditionOf(c.Statement); condition != "" {
		c.Verdict, c.Details = check.Undecided, append(c.Details, "the statement is there only under condition "+condition+", which the templates leave open")
	}
}

// checks collects the checks of OverGrant.
type checks struct {
	*model.Model
	inventory *inventory.Inventory
	all       []check.Check
	read      map[*assembly.Resource]bool // whose policies have been checked
}

// newCheck is a check of something that a resource has. g is nil for what no grant is about.
func newCheck(g *model.Grant, name string, r *assembly.Resource, remedy string) check.Check {
	c := check.Check{Rule: OverGrant, Expects: check.MustFail, Name: policy.Readable(name), Verdict: check.Proved, Where: []*assembly.Resource{r}, Remedy: []string{policy.Readable(remedy)}}
	if g != nil {
		c.Grant = g.Key()
	}
	return c
}

// newStatementCheck is a check of a statement of a resource's policy.
func newStatementCheck(g *model.Grant, d *policy.Document, s *policy.Statement, r *assembly.Resource) check.Check {
	name := fmt.Sprintf("statement %s of %s", sid(s), d.Name)
	to := "to what the connections to it need"
	if g != nil {
		to = "to the actions and resources of the grant"
	}
	c := newCheck(g, name, r, "narrow "+name+" "+to)
	c.Statement = s
	c.Narrow = [][]simulate.Match{{{Document: d, Index: s.Index}}}
	return c
}

// newIdentityCheck is a check of a statement of one of a role's own policies. A managed policy that no template has is not the role's owner's to narrow.
func (a *checks) newIdentityCheck(g *model.Grant, d *policy.Document, s *policy.Statement, role *assembly.Resource) check.Check {
	c := newStatementCheck(g, d, s, role)
	if _, inTemplate := a.Accounts.PlaceOf(d); !inTemplate && a.Accounts.IsOfAWS(d) {
		c.Remedy = []string{policy.Readable("detach " + d.Name + " from " + role.ARN + ", and attach a policy of your own that permits only what is needed: AWS's own cannot be narrowed")}
	}
	return c
}

func sid(s *policy.Statement) string {
	if s.Sid != "" {
		return s.Sid
	}
	return fmt.Sprint(s.Index)
}

// tooMuch notes what a check has found. "" for nothing.
func tooMuch(c *check.Check, problem string) {
	if problem != "" {
		c.Verdict = check.Broken
		c.Details = append(c.Details, policy.Readable(problem))
	}
}

// tooMuchFor notes what a check has found about a principal. Of a principal that is unknown it cannot be decided.
func tooMuchFor(c *check.Check, principal, problem string) {
	if problem != "" && !policy.IsKnown(principal) && c.Verdict != check.Broken {
		c.Verdict = check.Undecided
		c.Details = append(c.Details, "it allows "+policy.Readable(principal)+", which is not known before deployment")
		return
	}
	tooMuch(c, problem)
}

// allows calls f with each statement of a policy that allows.
func allows(d *policy.Document, f func(*policy.Statement, policy.Elements)) {
	if d == nil {
		return
	}
	for i := range d.Statements {
		if s := &d.Statements[i]; s.Effect == policy.Allow {
			f(s, s.Elements())
		}
	}
}

// containsAll says that all of some are among others.
func containsAll(others, some []string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(others, one) })
}
