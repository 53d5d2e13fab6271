package enumerate

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/escalation"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// statement is a statement of a policy of an assembly.
type statement struct {
	Source
	policy.Elements
	effect policy.Effect
}

// resource is one of the templates, and what there may be in it, such as objects.
type resource struct {
	arn       string
	of        *assembly.Resource // of the first assembly that has it
	hasPolicy bool               // in any assembly
}

// derivation makes the questions.
type derivation struct {
	*Enumeration
	actions

	has       map[string]map[*model.Model]bool // the assemblies that have a principal or a resource, by ARN
	resources map[string]*resource             // by ARN
	byService map[string][]*resource           // by the service in their ARNs
	baseOf    map[string]string                // the resource of the templates that a resource is a part of, such as the bucket of an object
	about     map[string][]statement           // what decides about the requests of a principal, or on a resource, of all assemblies, by ARN
	named     map[string][]Question            // whom the policies of a resource name, by its ARN
}

func newDerivation(e *Enumeration) *derivation {
	d := &derivation{Enumeration: e, actions: newActions(), has: map[string]map[*model.Model]bool{}, resources: map[string]*resource{},
		byService: map[string][]*resource{}, baseOf: map[string]string{}, about: map[string][]statement{}, named: map[string][]Question{}}
	for i, m := range e.Models {
		for _, name := range m.Accounts.ARNs() {
			r, _ := m.Accounts.ResourceOf(name)
			d.addResource(m, name, r.Resource, r.Policy != nil)
			d.collect(name, i, r.Policy)
			for _, level := range m.ResourceControl[r.Stack.Account] {
				d.collect(name, i, level...)
			}
		}
		for _, p := range principals(m) {
			if d.addResource(m, p.ARN, p.Resource, p.Trust != nil); p.Trust != nil {
				d.collect(trustOf(p.ARN), i, p.Trust)
			}
			d.collect(p.ARN, i, p.Policies...)
			d.collect(p.ARN, i, p.Boundary)
			for _, level := range m.ServiceControl[p.Stack.Account] {
				d.collect(p.ARN, i, level...)
			}
			if len(m.Workloads(p.ARN)) > 0 {
				for _, endpoint := range m.Network.Endpoints() {
					d.collect(p.ARN, i, m.EndpointPolicy(endpoint))
				}
			}
		}
	}
	return d
}

// trustOf names the trust policy of a role: what decides on who may assume it.
func trustOf(role string) string { return "trust " + role }

// principals are the roles and users of an assembly.
func principals(m *model.Model) []*accounts.Principal {
	return slices.Concat(m.Accounts.Roles, m.Accounts.Users)
}

func (d *derivation) addResource(m *model.Model, name string, of *assembly.Resource, hasPolicy bool) {
	if d.has[name] == nil {
		d.has[name] = map[*model.Model]bool{}
		one := &resource{arn: name, of: of}
		d.resources[name] = one
		a, _ := arn.Parse(name)
		d.byService[a.Service] = append(d.byService[a.Service], one)
	}
	d.has[name][m] = true
	d.resources[name].hasPolicy = d.resources[name].hasPolicy || hasPolicy
}

// collect adds the statements of policies to what decides about something.
func (d *derivation) collect(name string, subject int, documents ...*policy.Document) {
	for _, document := range documents {
		if document == nil {
			continue
		}
		for i := range document.Statements {
			s := &document.Statements[i]
			d.about[name] = append(d.about[name], statement{Source{subject, document, i}, s.Elements(), s.Effect})
		}
	}
}

// all derives the questions of all policies.
func (d *derivation) all() {
	d.others()
	for i, m := range d.Models {
		for _, p := range principals(m) {
			for _, document := range append(slices.Clone(p.Policies), p.Boundary) {
				d.identityPolicy(i, p, document)
			}
		}
	}
}

// others derives the questions of trust and resource policies.
func (d *derivation) others() {
	for _, name := range slices.Sorted(maps.Keys(d.resources)) {
		d.nameOthers(name, d.about[name])
		d.nameOthers(trustOf(name), d.about[trustOf(name)])
	}
	for i, m := range d.Models {
		for _, name := range m.Accounts.ARNs() {
			if r, _ := m.Accounts.ResourceOf(name); r.Policy != nil {
				d.resourcePolicy(i, name, name, r.Policy)
			}
		}
		for _, p := range principals(m) {
			d.resourcePolicy(i, p.ARN, trustOf(p.ARN), p.Trust)
		}
	}
}

// identityPolicy asks what the statements of a policy of a principal are about.
func (d *derivation) identityPolicy(subject int, p *accounts.Principal, document *policy.Document) {
	if document == nil {
		return
	}
	for k := range document.Statements {
		s := statement{Source{subject, document, k}, document.Statements[k].Elements(), document.Statements[k].Effect}
		if !slices.ContainsFunc(s.Actions, policy.IsKnown) {
			if s.effect == policy.Allow {
				d.Untried = append(d.Untried, Untried{s.Source, "it is not known"})
			}
			continue
		}
		known := d.asked
		for _, service := range d.servicesOf(s.Elements) {
			for _, on := range d.resourcesOf(service, s, p) {
				d.ask(Question{Caller: p.ARN}, on, service, s, d.about[p.ARN], false)
			}
			d.examples(service, s, p)
		}
		if d.asked == known {
			d.Untried = append(d.Untried, Untried{s.Source, "no request is known that it is about"})
		}
	}
}

// resourcePolicy asks what the statements of the policy of a resource, or of the trust policy of a role, are about.
func (d *derivation) resourcePolicy(subject int, name, about string, document *policy.Document) {
	if document == nil {
		return
	}
	of := d.resources[name].of
	administrator := Question{Caller: model.RoleIn(of.Stack.Partition, of.Stack.Account, model.AdministratorRole), Administrator: true}
	isTrust := name != about
	for k := range document.Statements {
		s := statement{Source{subject, document, k}, document.Statements[k].Elements(), document.Statements[k].Effect}
		callers := append(slices.Clone(d.named[about]), administrator)
		services := d.servicesOf(s.Elements)
		if isTrust {
			services = []string{"sts"}
		}
		known := d.asked
		for _, service := range services {
			for _, on := range d.partsOf(d.resources[name], s, d.about[about]) {
				for _, caller := range callers {
					outsider := d.has[caller.Caller] == nil
					d.ask(caller, on, service, s, d.about[caller.Caller], outsider)
				}
			}
		}
		if d.asked == known {
			d.Untried = append(d.Untried, Untried{s.Source, "no request is known that it is about"})
		}
		for _, group := range []string{"CanonicalUser"} {
			for _, one := range s.Principals[group] {
				d.Untried = append(d.Untried, Untried{s.Source, "requests of " + group + " " + policy.Readable(one)})
			}
		}
	}
}

// nameOthers collects who is asked of the policies of a resource: whom its statements allow something, an account that nobody names, and anonymous.
func (d *derivation) nameOthers(name string, statements []statement) {
	if len(statements) == 0 {
		return
	}
	of := d.resources[strings.TrimPrefix(name, "trust ")].of
	account, partition := of.Stack.Account, of.Stack.Partition
	var all []Question
	add := func(q Question) {
		if !slices.ContainsFunc(all, func(other Question) bool { return other.key() == q.key() }) {
			all = append(all, q)
		}
	}
	organizations := organizationsIn(statements)
	foreign := func(caller string) {
		isNamed := d.has[caller] != nil
		q := Question{Caller: caller, Administrator: !isNamed}
		for _, one := range organizations {
			q.Organization = one
			if add(q); isNamed {
				return
			}
		}
	}
	foreign(model.RoleIn(partition, model.OtherAccount, model.OtherRole))
	if strings.HasPrefix(name, "trust ") {
		if slices.ContainsFunc(statements, func(s statement) bool { return s.effect == policy.Allow && IsEveryone(s.Elements) }) {
			add(Question{Caller: "anonymous"})
		}
	} else {
		add(Question{Caller: "anonymous"})
	}
	for _, s := range statements {
		if s.effect != policy.Allow {
			continue
		}
		for _, one := range escalation.Outsiders(s.Elements, partition, account) {
			switch {
			case one.Provider != "":
				add(Question{Caller: one.Caller, Provider: one.Provider})
			case model.IsService(one.Caller):
				add(Question{Caller: one.Caller})
			default:
				foreign(one.Caller)
			}
		}
		if s.NotPrincipal {
			continue
		}
		for _, service := range s.Principals["Service"] {
			if policy.IsKnown(service) {
				add(Question{Caller: service})
			}
		}
		for _, one := range s.Principals["AWS"] {
			if a, ok := arn.Parse(one); ok && a.Account == account && a.Service == "iam" && !model.IsRoot(one) {
				add(Question{Caller: one})
			}
		}
		for _, one := range model.PrincipalARNs(s.Conditions) {
			if d.has[one] != nil {
				add(Question{Caller: one})
			}
		}
	}
	d.named[name] = all
}

// IsEveryone says that a statement names everybody.
func IsEveryone(e policy.Elements) bool {
	return e.NotPrincipal || slices.Contains(e.Principals[""], "*") || slices.Contains(e.Principals["AWS"], "*")
}

// organizationsIn are those that conditions ask for, none, and, where no condition is about organizations, only what the options say ("").
func organizationsIn(statements []statement) []string {
	var all []string
	for _, s := range statements {
		each(s.Conditions, func(_, key string, values []string) {
			if low := strings.ToLower(key); low == "aws:principalorgid" || low == "aws:principalorgpaths" {
				for _, value := range values {
					organization, _, _ := strings.Cut(model.Example(value), "/")
					all = append(all, organization)
				}
			}
		})
	}
	if len(all) == 0 {
		return []string{""}
	}
	slices.Sort(all)
	return append(slices.Compact(all), model.NoOrganization)
}
