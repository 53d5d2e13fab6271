package proof

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Rule is what a check is about. Its name is what acknowledgements and reports call it.
type Rule string

const (
	// Intent: what a grant declares has to work.
	Intent Rule = "Intent"
	// Wiring: what is marked as having to work arrives: an alarm at its topic, an event in its queue, a role at what it does in its own account.
	Wiring Rule = "Wiring"
	// OtherSource: the same for somebody else must not.
	OtherSource Rule = "OtherSource"
	// OtherRole: another role of the grantee's account must not get in, whatever rights it holds there.
	OtherRole Rule = "OtherRole"
	// RootUser: nor must the root user of the grantee's account.
	RootUser Rule = "RootUser"
	// OtherAccount: nor must anybody of another account, or without one.
	OtherAccount Rule = "OtherAccount"
	// OtherOrganization: where the grant asks for an organization, nobody gets in from another.
	OtherOrganization Rule = "OtherOrganization"
	// ExternalID: where the grant asks for an external id, nobody gets in without it or with another.
	ExternalID Rule = "ExternalID"
	// SourceIdentity: the same for the source identity.
	SourceIdentity Rule = "SourceIdentity"
	// Perimeter: where the grant has a perimeter, nobody gets in from outside of it.
	Perimeter Rule = "Perimeter"
	// PlainHTTP: nothing is to be had without TLS.
	PlainHTTP Rule = "PlainHTTP"
	// OtherResource: what lies beside the granted resources stays closed.
	OtherResource Rule = "OtherResource"
	// HigherAction: so do actions that lead above the granted ones.
	HigherAction Rule = "HigherAction"
	// KeepAlive: administrators, CloudFormation and services go on working.
	KeepAlive Rule = "KeepAlive"
	// OverGrant: nobody holds what no permission needs.
	OverGrant Rule = "OverGrant"
)

// Rules are all rules, in the order in which they are checked.
func Rules() []Rule {
	return []Rule{Intent, Wiring, OtherSource, OtherRole, RootUser, OtherAccount, OtherOrganization, ExternalID, SourceIdentity, Perimeter, PlainHTTP, OtherResource, HigherAction,
		KeepAlive, OverGrant}
}

// Group is rules that are shown together.
type Group struct {
	// Name says what they are about, and how that has to end.
	Name  string
	Rules []Rule
}

// Groups are all rules in groups, in the order in which they are shown.
func Groups() []Group {
	return []Group{
		{"declared, has to work", []Rule{Intent, Wiring}},
		{"others, must not get in", []Rule{OtherSource, OtherRole, RootUser, OtherAccount, OtherOrganization, ExternalID, SourceIdentity}},
		{"other ways, must not work", []Rule{Perimeter, PlainHTTP}},
		{"other data and actions, must not work", []Rule{OtherResource, HigherAction}},
		{"administration and services, have to work", []Rule{KeepAlive}},
		{"statements, must not hold more", []Rule{OverGrant}},
	}
}

// Expectation is how an access has to end.
type Expectation string

const (
	// MustWork has to work, from everywhere that it is tried.
	MustWork Expectation = "works"
	// MustFail must not work, from anywhere that it is tried.
	MustFail Expectation = "fails"
)

// Verdict is the outcome of a check.
type Verdict string

const (
	// Proved is as it has to be.
	Proved Verdict = "proved"
	// Broken is not.
	Broken Verdict = "broken"
	// Undecided depends on something that is unknown.
	Undecided Verdict = "undecided"
)

// Check is one access with what is expected of it, and what was found.
type Check struct {
	Rule Rule
	// Grant is the key of the grant. "" for what no grant is about.
	Grant string
	// Name says what is tried, in a few words.
	Name    string
	Expects Expectation
	Access  Access
	// Verdict and Chains are what was found: one chain for each subnet that the access may start from.
	Verdict Verdict
	Chains  []Chain
	// Details are what else was found: of an over-grant, each action on each resource that is too much.
	Details []string

	holder *assembly.Resource // of an over-grant, the role
}

// run walks the access.
func (c *Check) run(w *world) {
	if c.Verdict != "" {
		return // found by reading
	}
	c.Chains = w.walk(c.Access)
	c.Verdict = Proved
	for i := range c.Chains {
		if v := c.Expects.judge(c.Chains[i].Passes); v == Broken || c.Verdict == Proved {
			c.Verdict = v
		}
	}
}

// judge says what an outcome means.
func (e Expectation) judge(passes policy.Answer) Verdict {
	switch {
	case passes == policy.Indeterminate:
		return Undecided
	case (passes == policy.Yes) == (e == MustWork):
		return Proved
	}
	return Broken
}
