// Package model reads from an assembly what is proved: the grants and connections that it declares, and the principals, resources and network
// by which they are judged. Where an app deploys only one half of a grant, the other half is taken to be as its contract says. It decides no
// request (package simulate does) and judges nothing.
package model

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/expect"
)

// Options is what the templates do not say.
type Options struct {
	// ManagedPolicies are managed policies, by ARN. Default those of the templates, and those of AWS as package internal/managedpolicy has them; others are
	// unknown.
	ManagedPolicies map[string]*policy.Document
	// ServiceControl and ResourceControl are the SCPs and RCPs of accounts, by account, from the organization's root down. Default none.
	ServiceControl, ResourceControl map[string][][]*policy.Document
	// Organizations are the organizations of accounts, such as "o-a1b2c3d4e5", by account. Default the organization that the trust policy
	// of a grant asks its grantees' account for, or else unknown.
	Organizations map[string]string
	// Facts are what no template has: the policies and keys of resources that are there already, managed policies, networks, values of parameters, and
	// templates of other apps. For the latter two the files of the assembly are read again. Default none.
	Facts *facts.Facts
	// Trusted are accounts that may have access without a grant, 12 digits each, and the IDs of origin access identities of CloudFront, such as
	// "E2QWRUHAPOMQZL". Default those of the templates and of grants alone. Only Inspect asks for it.
	Trusted []string
	// Expected are requests that have to be allowed or denied, whatever the templates declare. Default those of the templates' metadata alone.
	Expected []expect.Request
}

// Model is all that a request may depend on. After New it does not change.
type Model struct {
	Assembly *assembly.Assembly
	Accounts *accounts.Accounts
	Network  *network.Network
	// Grants are what the assembly declares, sorted by account and key.
	Grants []*Grant
	// Declared are what has to work besides the grants: first what is marked, sorted by type, then what templates record.
	Declared []Declared
	// Setups are how workloads are set up, as the templates record it.
	Setups []Workload
	// Uses are what roles do beyond their grants.
	Uses []Use
	// ServiceControl and ResourceControl are those of Options.
	ServiceControl, ResourceControl map[string][][]*policy.Document
	// Trusted are the accounts and origin access identities of Options.
	Trusted []string
	// Expected are the requests of Options, and behind them those of the templates' metadata.
	Expected []expect.Request
	// Notes are what could not be understood in the templates.
	Notes []assembly.Note

	organizations    map[string]string
	paths            map[string]string              // in organizations, by account
	contractRoles    map[string]*accounts.Principal // by ARN, of roles that no template has
	contractPolicies map[string][]Statement         // by account, of resources that no template has
	unnamedRoles     map[string][]string            // by account: ARNs of roles whose names AWS generates
	unnamedKeys      []string                       // ARNs of keys, whose IDs AWS generates
	generatedNames   map[string]bool                // names that AWS generates
	endpointPolicies map[*network.Endpoint]*policy.Document
	workloads        map[string]*network.Workload     // by ARN, and by account and ID; nil until they are needed
	unread           map[string][]*Unread             // by account
	told             map[*assembly.Resource][]*Unread // the custom resources that are told of a resource
	trusting         map[string][]*accounts.Principal // roles, by a principal that their trust policies name
	facts            []facts.Assumption               // the managed policies of AWS among the facts
	byFacts          map[string]string                // the managed policies of AWS among the facts, by ARN: how checks call them
	memo             sync.Map                         // of functions that make something once
}

// New reads an assembly. It errs if a grant's declaration cannot be read.
func New(a *assembly.Assembly, o Options) (*Model, error) {
	a, err := o.Facts.AddTo(a)
	if err != nil {
		return nil, err
	}
	return build(a, o)
}

// NewWithNamed reads an assembly as New does, with the resources that no template has and whose policies templates set.
func NewWithNamed(a *assembly.Assembly, o Options) (*Model, error) {
	a, err := o.Facts.AddTo(a)
	if err != nil {
		return nil, err
	}
	return build(accounts.WithNamed(a), o)
}

// NewDeployed reads an assembly as New does, by what is deployed alone: without what its templates declare, so that no contract stands for a half that is not
// there, and no grant says to which organization an account belongs.
func NewDeployed(a *assembly.Assembly, o Options) (*Model, error) {
	a, err := o.Facts.AddTo(a)
	if err != nil {
		return nil, err
	}
	return newModel(a, nil, o), nil
}

func build(a *assembly.Assembly, o Options) (*Model, error) {
	grants, err := readGrants(a)
	if err != nil {
		return nil, err
	}
	m := newModel(a, grants, o)
	m.readMarked()
	m.readIntents()
	m.Expected, err = expected(a, o)
	return m, err
}

// newModel reads what decides requests.
func newModel(a *assembly.Assembly, grants []*Grant, o Options) *Model {
	m := &Model{Assembly: a, Accounts: accounts.Of(a, o.managedPolicies()), Network: network.Of(a), Grants: grants,
		ServiceControl: o.ServiceControl, ResourceControl: o.ResourceControl, Trusted: o.Trusted, organizations: map[string]string{},
		contractRoles: map[string]*accounts.Principal{}, contractPolicies: map[string][]Statement{}, unnamedRoles: map[string][]string{},
		endpointPolicies: map[*network.Endpoint]*policy.Document{}, unread: map[string][]*Unread{}, told: map[*assembly.Resource][]*Unread{},
		trusting: map[string][]*accounts.Principal{}, byFacts: map[string]string{}}
	for _, one := range o.Facts.Assumptions() {
		m.byFacts[one.Note.LogicalID], m.facts = one.Name, append(m.facts, one)
	}
	m.Notes = slices.Concat(a.Notes, m.Accounts.Notes, m.Network.Notes())
	if o.Facts != nil {
		m.paths = o.Facts.OrganizationPaths
	}
	m.readOrganizations(o.Organizations)
	for _, role := range m.Accounts.Roles {
		if !policy.IsKnown(role.ARN) {
			account := arn.Account(role.ARN)
			m.unnamedRoles[account] = append(m.unnamedRoles[account], role.ARN)
		}
	}
	for _, key := range a.OfType("AWS::KMS::Key") {
		if !policy.IsKnown(key.ARN) {
			m.unnamedKeys = append(m.unnamedKeys, key.ARN)
		}
	}
	m.readGenerated()
	m.readEndpointPolicies()
	for _, g := range grants {
		m.applyContract(g)
	}
	m.readUnread()
	m.readTrusting()
	return m
}

// expected are the requests of the options, and behind them those of the templates' metadata.
func expected(a *assembly.Assembly, o Options) ([]expect.Request, error) {
	all := slices.Clone(o.Expected)
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			value, has := r.Metadata[contract.ExpectKey]
			if !has {
				continue
			}
			name := strings.TrimSuffix(cmp.Or(r.Path, s.DisplayName+"/"+r.LogicalID), "/Resource")
			more, err := expect.Metadata("Metadata "+contract.ExpectKey+" of "+name, name, value)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
	}
	return all, nil
}

// managedPolicies are those of the options and of the facts.
func (o Options) managedPolicies() map[string]*policy.Document {
	if o.Facts == nil {
		return o.ManagedPolicies
	}
	all := maps.Clone(o.Facts.ManagedPolicies)
	maps.Copy(all, o.ManagedPolicies)
	return all
}

// Memo is what make makes of the model, made once for each key. A key is of a type of the package that makes it.
func (m *Model) Memo(key any, make func() any) any {
	once, _ := m.memo.LoadOrStore(key, sync.OnceValue(make))
	return once.(func() any)()
}

// readOrganizations takes the account of a grantee to be in the organization that its grant asks for, unless the options say otherwise. That
// an account of another organization gets no access is a probe of its own.
func (m *Model) readOrganizations(known map[string]string) {
	for account, path := range m.paths {
		m.organizations[account], _, _ = strings.Cut(path, "/")
	}
	maps.Copy(m.organizations, known)
	for _, g := range m.Grants {
		if organization := g.Organization(); organization != "" && g.SourceStack != nil && m.organizations[g.SourceStack.Account] == "" {
			m.organizations[g.SourceStack.Account] = organization
		}
		for _, grantee := range g.Grantees {
			if account := arn.Account(grantee); g.Trust.OrganizationID != "" && m.organizations[account] == "" {
				m.organizations[account] = g.Trust.OrganizationID
			}
		}
	}
}

// readEndpointPolicies reads the policies of VPC endpoints. An endpoint without one has AWS's default policy, which allows everything.
func (m *Model) readEndpointPolicies() {
	for _, e := range m.Network.Endpoints() {
		if e.Policy == nil {
			continue
		}
		name := "the endpoint policy of com.amazonaws." + e.Region + "." + e.Service
		if e.Resource.Stack.Facts != "" {
			name = "the policy of " + accounts.DisplayName(e.Resource)
		}
		d, err := accounts.Document(e.Resource, "PolicyDocument", e.Policy, name)
		if err != nil {
			m.Notes = append(m.Notes, assembly.Note{Stack: e.Resource.Stack, LogicalID: e.Resource.LogicalID, Place: "PolicyDocument", Why: err.Error()})
		}
		m.endpointPolicies[e] = d
	}
}

// EndpointPolicy is the policy of a VPC endpoint. Nil for the default policy, which allows everything.
func (m *Model) EndpointPolicy(e *network.Endpoint) *policy.Document { return m.endpointPolicies[e] }

// Organization is the ID of an account's organization. "" if it is unknown.
func (m *Model) Organization(account string) string { return m.organizations[account] }

// OrganizationPath is the place of an account in its organization, as aws:PrincipalOrgPaths has it, and how checks call the fact. Of an account of which only
// the organization is known, the rest of the path is unknown, and the name is "". "" for both if nothing is known.
func (m *Model) OrganizationPath(account string) (path, fact string) {
	if path := m.paths[account]; path != "" {
		return path, m.byFacts[facts.PathName(account)]
	}
	return UnknownPath(m.Organization(account), account), ""
}

// HasOrganizationPaths says that facts have the place of an account in its organization.
func (m *Model) HasOrganizationPaths() bool { return len(m.paths) > 0 }

// UnknownPath is the place of an account in an organization, if that is all that is known. "" without one.
func UnknownPath(organization, account string) string {
	if organization == "" || organization == NoOrganization {
		return ""
	}
	return organization + "/" + policy.Unresolved("organizational units of "+account)
}

// Role is the role of an ARN, from a template, or else from a contract. Nil if neither has it.
func (m *Model) Role(roleARN string) *accounts.Principal {
	if role, ok := m.Accounts.Role(roleARN); ok {
		return role
	}
	return m.contractRoles[roleARN]
}

// Principal is the role or user of an ARN, from a template, or else from a contract. Nil if neither has it.
func (m *Model) Principal(name string) *accounts.Principal {
	if p, ok := m.Accounts.Principal(name); ok {
		return p
	}
	return m.contractRoles[name]
}

// OtherRoles are the ARNs of roles with generated names that a caller surely is not: an account has one role of a name.
func (m *Model) OtherRoles(caller string) []string {
	all := m.unnamedRoles[arn.Account(caller)]
	if policy.IsKnown(caller) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(other string) bool { return other == caller })
}

// OtherKeys are the ARNs of KMS keys with generated IDs that a key with one surely is not: no two keys of the templates have one ID.
func (m *Model) OtherKeys(key string) []string {
	if policy.IsKnown(key) || !slices.Contains(m.unnamedKeys, key) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.unnamedKeys), func(other string) bool { return other == key })
}

// GeneratedNames are the names of the resources of templates that AWS generates, as unresolved texts.
func (m *Model) GeneratedNames() map[string]bool { return m.generatedNames }

// readGenerated finds the names that AWS generates: of the resources to which their templates give none.
func (m *Model) readGenerated() {
	m.generatedNames = map[string]bool{}
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			if r.ARN != "" && r.Name == policy.Unresolved(s.Label+"."+r.LogicalID) {
				m.generatedNames[r.Name] = true
			}
		}
	}
}

// ContractPolicy is what the contracts say that the resource policies of an account allow, for a resource that no template has. Nil if no
// contract says anything.
func (m *Model) ContractPolicy(account, resource string) *policy.Document {
	statements := m.contractPolicies[account]
	if statements == nil {
		return nil
	}
	return NewDocument(statements, "the contract, for the policy of "+resource)
}

// Workloads are what runs as a role.
func (m *Model) Workloads(roleARN string) []*network.Workload {
	return slices.DeleteFunc(slices.Clone(m.Network.Workloads()), func(w *network.Workload) bool { return w.Role != roleARN })
}

// FromWorkloads is an access from each workload that runs as its caller, or as it is if none does.
func (m *Model) FromWorkloads(a Access) []Access {
	var all []Access
	for _, w := range m.Workloads(a.Caller) {
		a.From = w
		all = append(all, a)
	}
	if len(all) == 0 {
		all = []Access{a}
	}
	return all
}

// WithKey returns the resource of an ARN, and its KMS key, as far as the templates have them.
func (m *Model) WithKey(resourceARN string) []*accounts.Resource {
	var all []*accounts.Resource
	if r, ok := m.Accounts.ResourceOf(resourceARN); ok {
		all = append(all, r)
		if key, ok := m.Accounts.ResourceOf(r.Key); ok {
			all = append(all, key)
		}
	}
	return all
}
