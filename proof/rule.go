package proof

import (
	"slices"

	"github.com/crossgrant/crossgrant/proof/internal/audit"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/escalation"
	"github.com/crossgrant/crossgrant/proof/internal/exposure"
	"github.com/crossgrant/crossgrant/proof/internal/opening"
	"github.com/crossgrant/crossgrant/proof/internal/probe"
)

// Rule is what a check is about. Its name is what acknowledgements and reports call it.
type Rule = check.Rule

const (
	// Intent: what a grant declares has to work, and its grantees have to run with the grant's settings.
	Intent = probe.Intent
	// Connection: what is marked as having to work reaches its destination: an alarm its topic, an event its queue, a role what it uses in its
	// own account.
	Connection = probe.Connection
	// Expected: what the options, or the metadata of resources, expect to be allowed works, and what they expect to be denied does not.
	Expected = probe.Expected
	// PublicAccess: no trust or resource policy lets everybody in. Of Inspect.
	PublicAccess = opening.PublicAccess
	// ForeignAccess: nor an account that is not trusted. Of Inspect.
	ForeignAccess = opening.ForeignAccess
	// ConfusedDeputy: the destination refuses the same request on behalf of others.
	ConfusedDeputy = probe.ConfusedDeputy
	// OtherRole: another role of the grantee's account gets no access, whatever permissions it has there.
	OtherRole = probe.OtherRole
	// RootUser: nor does the root user of the grantee's account.
	RootUser = probe.RootUser
	// OtherAccount: nor does anyone of another account, or without credentials.
	OtherAccount = probe.OtherAccount
	// OtherOrganization: where the grant asks for an organization, nobody of another one gets access.
	OtherOrganization = probe.OtherOrganization
	// ExternalID: where the grant asks for an external ID, nobody gets access without it or with another.
	ExternalID = probe.ExternalID
	// SourceIdentity: where the grant asks for a source identity, nobody gets access without it or with another.
	SourceIdentity = probe.SourceIdentity
	// Perimeter: where the grant has a perimeter, nobody gets access from outside it.
	Perimeter = probe.Perimeter
	// PlainHTTP: nothing is accessible without TLS.
	PlainHTTP = probe.PlainHTTP
	// OpenEndpoint: no endpoint in a grantee's network lets everyone's requests pass.
	OpenEndpoint = probe.OpenEndpoint
	// OtherResource: resources other than the granted ones are not accessible.
	OtherResource = probe.OtherResource
	// OtherAction: actions beyond the granted ones are not permitted.
	OtherAction = probe.OtherAction
	// KeepAlive: administrators, CloudFormation, services and neighbours in the network keep their access.
	KeepAlive = probe.KeepAlive
	// PrivilegeEscalation: nobody else finds a way to what a grant is on, in any number of steps, with any action.
	PrivilegeEscalation = escalation.PrivilegeEscalation
	// OverGrant: no policy permits more than is needed.
	OverGrant = audit.OverGrant
	// ExternalAccess: no configuration of a resource opens what is guarded to anybody else.
	ExternalAccess = exposure.ExternalAccess
	// InvalidPolicy: AWS accepts each policy of the templates.
	InvalidPolicy = audit.InvalidPolicy
	// DuplicateName: no two resources of the templates have one physical name, and no two inline policies of a role.
	DuplicateName = audit.DuplicateName
	// InvalidSetting: AWS accepts the settings of functions, queues and event source mappings.
	InvalidSetting = audit.InvalidSetting
	// Quota: sizes and counts stay within what AWS accepts.
	Quota = audit.Quota
)

// definitions are all rules, in the order in which they are checked.
var definitions = slices.Concat(probe.Rules(), exposure.Rules(), escalation.Rules(), audit.Rules())

// Rules are the rules of Prove, in the order in which they are checked.
func Rules() []Rule {
	var all []Rule
	for _, d := range definitions {
		all = append(all, d.Rule)
	}
	return all
}

// InspectRules are the rules of Inspect, in the order in which they are checked.
func InspectRules() []Rule {
	var all []Rule
	for _, d := range undeclared {
		if !slices.Contains(all, d.Rule) {
			all = append(all, d.Rule)
		}
	}
	return all
}

// About is what a rule requires, in one sentence. "" for a rule that there is not.
func About(r Rule) string {
	for _, d := range slices.Concat(definitions, undeclared) {
		if d.Rule == r {
			return d.About
		}
	}
	return ""
}

// Group is rules, of Prove and of Inspect, that are shown together.
type Group struct {
	// Name says what they are about, and how that has to end.
	Name  string
	Rules []Rule
}

// Groups are all rules in groups, in the order in which they are shown.
func Groups() []Group {
	return []Group{
		{"declared, has to work", []Rule{Intent, Connection}},
		{"expected, has to be so", []Rule{Expected}},
		{"others, must not get access", []Rule{PublicAccess, ForeignAccess, ConfusedDeputy, OtherRole, RootUser, OtherAccount, OtherOrganization, ExternalID, SourceIdentity}},
		{"other ways, must not work", []Rule{Perimeter, PlainHTTP, OpenEndpoint, PrivilegeEscalation}},
		{"other data and actions, must not work", []Rule{OtherResource, OtherAction}},
		{"administration, services and neighbours, have to work", []Rule{KeepAlive}},
		{"configuration, must not open anything", []Rule{ExternalAccess}},
		{"policies, must not permit more", []Rule{OverGrant, InvalidPolicy, DuplicateName, InvalidSetting, Quota}},
	}
}
