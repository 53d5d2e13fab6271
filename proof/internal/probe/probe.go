// Package probe has the rules that the proof decides by simulating requests: those that have to work, and those that must not. What policies
// allow beyond the requests that anyone thinks of, package audit reads.
package probe

import (
	"cmp"
	"fmt"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Rules are the rules of this package, in the order in which reports show them. Each is in the file of its name.
func Rules() []check.Definition {
	return []check.Definition{
		{Rule: Intent, About: "What the grant declares has to work.", Checks: intent},
		{Rule: Connection, About: "What is marked as having to work has to reach its destination.", Checks: connection},
		{Rule: Expected, About: "What is expected to be allowed has to work, and what is expected to be denied must not.", Checks: expected},
		{Rule: ConfusedDeputy, About: "A service must not reach the destination on behalf of others.", Checks: confusedDeputy},
		{Rule: OtherRole, About: "Another role of the grantee's account must not get access, whatever permissions it has there.", Checks: otherRole},
		{Rule: RootUser, About: "The root user of the grantee's account must not get access.", Checks: rootUser},
		{Rule: OtherAccount, About: "Nobody of another account, or without credentials, must get access.", Checks: otherAccount},
		{Rule: OtherOrganization, About: "Nobody of another organization must get access.", Checks: otherOrganization},
		{Rule: ExternalID, About: "Nobody must get access without the external ID, or with another.", Checks: externalID},
		{Rule: SourceIdentity, About: "Nobody must get access without the source identity, or with another.", Checks: sourceIdentity},
		{Rule: Perimeter, About: "Nobody must get access from outside the perimeter.", Checks: perimeter},
		{Rule: PlainHTTP, About: "Nothing must be accessible without TLS.", Checks: plainHTTP},
		{Rule: OpenEndpoint, About: "No endpoint of a grantee's network must let a stranger's requests pass.", Checks: openEndpoint},
		{Rule: OtherResource, About: "Resources other than the granted ones must not be accessible.", Checks: otherResource},
		{Rule: OtherAction, About: "Actions beyond the granted ones must not be permitted.", Checks: otherAction},
		{Rule: KeepAlive, About: "Administrators, CloudFormation, services and neighbours in the network have to keep their access.", Checks: keepAlive},
	}
}

// Possible errs if a condition of a grant's permission is one of which no example request can be made, and if something is expected that cannot be asked.
func Possible(m *model.Model) error {
	for _, g := range m.Grants {
		for _, s := range g.Permissions {
			if _, err := model.Examples(s.Conditions); err != nil {
				return fmt.Errorf("grant %s: permission %s: %w", g.Key(), s.Sid, err)
			}
		}
	}
	_, err := expectedOf(m)
	return err
}

// checks collects the checks of a rule.
type checks struct {
	*model.Model
	rule  check.Rule
	grant *model.Grant // nil for what no grant is about
	all   []check.Check
}

// perGrant makes the checks of each grant.
func perGrant(m *model.Model, rule check.Rule, make func(*checks, *model.Grant)) []check.Check {
	c := &checks{Model: m, rule: rule}
	for _, g := range m.Grants {
		c.grant = g
		make(c, g)
	}
	return c.all
}

// perUse makes the checks of each grant that vary the first request that it declares. A grant whose requests AWS makes has none.
func perUse(m *model.Model, rule check.Rule, make func(c *checks, g *model.Grant, use model.Access)) []check.Check {
	return perGrant(m, rule, func(c *checks, g *model.Grant) {
		if use, ok := firstUse(m, g); ok {
			make(c, g, use)
		}
	})
}

func (c *checks) add(one check.Check) {
	one.Rule = c.rule
	if c.grant != nil {
		one.Grant = c.grant.Key()
	}
	c.all = append(c.all, one)
}

func (c *checks) mustWork(name string, a model.Access) {
	c.add(check.Check{Expects: check.MustWork, Name: name, Access: a})
}

// mustFail expects that an access fails, whatever key the data is under: that of a resource is for new data only.
func (c *checks) mustFail(name string, a model.Access) {
	a.AnyKey = true
	c.add(check.Check{Expects: check.MustFail, Name: name, Access: a})
}

// uses are the ways in which a grant is used: by each grantee from each workload that runs as it, or from anywhere if none does.
func uses(m *model.Model, g *model.Grant) []model.Access {
	var all []model.Access
	for _, caller := range g.Callers() {
		all = append(all, m.FromWorkloads(model.Access{Caller: caller, Assumes: g.Assume(), Organization: g.Organization(), RequiredOrganization: requiredOrganization(g)})...)
	}
	return all
}

// requiredOrganization is the organization that a grant asks its grantees' accounts for. "" for none.
func requiredOrganization(g *model.Grant) string {
	return cmp.Or(g.Trust.OrganizationID, g.Organization())
}

// firstUse is one request that the grant declares and that its caller makes itself.
func firstUse(m *model.Model, g *model.Grant) (model.Access, bool) {
	for _, s := range g.Permissions {
		if !s.ViaAWSService {
			resource := m.Resources(g, s)[0]
			return g.Request(uses(m, g)[0], s, s.Actions[0], model.Example(resource), model.ExampleContext(s)), true
		}
	}
	return model.Access{}, false
}

// entry reduces an access to what gives its caller access at all: to assume the role, where there is one.
func entry(a model.Access) model.Access {
	if a.Assumes != nil {
		a.Action, a.Resource, a.Owner, a.Region, a.Context = "", "", "", "", nil
	}
	return a
}

// variant is the use of a grant with the first request of a permission, on a resource.
func variant(g *model.Grant, use model.Access, s contract.Statement, resource string) model.Access {
	return g.Request(use, s, s.Actions[0], model.Example(resource), model.ExampleContext(s))
}

// granteesIn are the grantees that the templates have. Others are of another app, or imported.
func granteesIn(m *model.Model, g *model.Grant) []string {
	var all []string
	for _, grantee := range g.Grantees {
		if _, ok := m.Accounts.Role(grantee); ok {
			all = append(all, grantee)
		}
	}
	return all
}

// assumes is someone who assumes a grantee's role, and so has its access.
func assumes(caller, grantee string) model.Access {
	return model.Access{Caller: caller, Administrator: true, Assumes: &model.Assume{Role: grantee}}
}

// directly calls f with each request that the permissions mean, made without the grant's role and from anywhere, by a caller with every
// permission of its account. Only the policies of the resources can stop it.
func directly(m *model.Model, g *model.Grant, f func(s contract.Statement, request string, a model.Access)) {
	for _, s := range g.Permissions {
		if s.ViaAWSService {
			continue
		}
		resource := m.Resources(g, s)[0]
		for _, action := range s.Actions {
			f(s, action+" on "+resource, g.Request(model.Access{Administrator: true}, s, action, model.Example(resource), model.ExampleContext(s)))
		}
	}
}

// asRole is the use of a grant by whoever has assumed its role: from anywhere, and from where its grantee runs. Without a role it is the
// grantee itself.
func asRole(use model.Access) []model.Access {
	if use.Assumes != nil {
		use.Caller, use.Assumes = use.Assumes.Role, nil
	}
	anywhere := use
	anywhere.From = nil
	if use.From == nil {
		return []model.Access{anywhere}
	}
	return []model.Access{anywhere, use}
}

// trustConditions tries to assume the grant's role without a value that its trust policy asks for, and with another value.
func (c *checks) trustConditions(use model.Access, what string, field func(*model.Assume) *string) {
	without, other := *use.Assumes, *use.Assumes
	*field(&without) = ""
	*field(&other) += "-other"
	use.Assumes = &without
	c.mustFail("the grantee without the "+what, entry(use))
	use.Assumes = &other
	c.mustFail("the grantee with another "+what, entry(use))
}
