// Package inventory lists what is worth guarding: what grants and connections are on, who has the access, what runs as them and what starts
// that; and every resource of the templates that refers to it. It judges nothing (packages probe, audit and exposure do).
package inventory

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Kind is what a guarded resource is to a grant or a connection.
type Kind string

const (
	// Data is what has the data: a bucket, a table, a secret.
	Data Kind = "data"
	// Key is a KMS key that encrypts data, or a channel.
	Key Kind = "key"
	// TrustedRole is the role that grantees assume.
	TrustedRole Kind = "trusted role"
	// GranteeRole is the role of a grantee.
	GranteeRole Kind = "role of a grantee"
	// ConnectionRole is a role that a connection needs, such as the one by which a rule sends events.
	ConnectionRole Kind = "role of a connection"
	// Workload is what runs as one of the roles: a function, an instance or its profile, a task definition or a service.
	Workload Kind = "workload"
	// API is an API that calls a workload.
	API Kind = "API"
	// Channel is a queue, a topic, a bus, a rule or the like on the way to a workload or of a connection.
	Channel Kind = "channel"
	// Logs is the log group of a workload, or one that a connection writes to.
	Logs Kind = "log group"
)

// Guarded is a resource that is worth guarding.
type Guarded struct {
	*assembly.Resource
	Kind Kind
	// Grants are those that it belongs to. None for what only connections need.
	Grants []*model.Grant

	// Parties are the accounts that may use it, sorted: its own, and those of its grants and connections.
	Parties []string

	order int // in the inventory
}

// Grant is the key of the first grant that it belongs to. "" for what only connections need.
func (g *Guarded) Grant() string {
	if len(g.Grants) == 0 {
		return ""
	}
	return g.Grants[0].Key()
}

// Mention is a guarded resource that another one refers to.
type Mention struct {
	*Guarded
	// Places are the properties that do, such as "Targets[0].Arn", sorted.
	Places []string
}

// Reference is a resource that refers to guarded ones, by ARN, name, Ref, or any other value of them.
type Reference struct {
	*assembly.Resource
	// Mentions are what it refers to, in the order of the inventory. Never the resource itself.
	Mentions []Mention
}

// To is the mention of a guarded resource. ok is false if there is none.
func (r *Reference) To(g *Guarded) (m Mention, ok bool) {
	i := slices.IndexFunc(r.Mentions, func(m Mention) bool { return m.Guarded == g })
	if i < 0 {
		return Mention{}, false
	}
	return r.Mentions[i], true
}

// Inventory is all that is guarded, and who refers to it.
type Inventory struct {
	// Guarded are in the order of the grants, then of the connections, then what leads to these.
	Guarded []*Guarded
	// References are in the order of the stacks and logical ids.
	References []*Reference

	by map[*assembly.Resource]*Guarded
	x  *references
}

// Of is the inventory of a model. It is made once.
func Of(m *model.Model) *Inventory {
	return m.Memo(key{}, func() any { return of(m) }).(*Inventory)
}

// key is that of the inventory among what is made of a model once.
type key struct{}

func of(m *model.Model) *Inventory {
	i := &Inventory{by: map[*assembly.Resource]*Guarded{}, x: newReferences(m.Assembly)}
	for _, g := range m.Grants {
		i.addGrant(m, g)
	}
	i.addConnections(m)
	// What leads to a guarded resource is guarded as well, and so is what leads to that.
	for n := 0; n < len(i.Guarded); n++ {
		i.addSources(m, i.Guarded[n])
		i.addViews(i.Guarded[n])
	}
	i.findParties(m)
	i.findReferences(m.Assembly)
	return i
}

// Of is a resource as it is guarded. Nil if it is not.
func (i *Inventory) Of(r *assembly.Resource) *Guarded { return i.by[r] }

// Mentioning are the resources that refer to a resource, guarded or not, in the order of the stacks.
func (i *Inventory) Mentioning(r *assembly.Resource) []*assembly.Resource { return i.x.to[r] }

// MentionedBy are the guarded resources that a resource refers to, but for those in a property.
func (i *Inventory) MentionedBy(r *assembly.Resource, but string) []*Guarded {
	var all []*Guarded
	i.x.each(r, func(at *place, mentioned *assembly.Resource) {
		if g := i.by[mentioned]; g != nil && mentioned != r && !strings.HasPrefix(at.String(), but) && !slices.Contains(all, g) {
			all = append(all, g)
		}
	})
	slices.SortFunc(all, func(a, b *Guarded) int { return a.order - b.order })
	return all
}

// Named are the resources that a text means to a resource of an account.
func (i *Inventory) Named(account, text string) []*assembly.Resource {
	var all []*assembly.Resource
	i.x.mentions(account, text, func(r *assembly.Resource) {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	})
	return all
}

// add guards a resource. One that is guarded already keeps its kind.
func (i *Inventory) add(r *assembly.Resource, kind Kind, grants ...*model.Grant) {
	if r == nil || r.Stack == nil { // nil for what a contract stands for
		return
	}
	one := i.by[r]
	if one == nil {
		one = &Guarded{Resource: r, Kind: kind, order: len(i.Guarded)}
		i.by[r] = one
		i.Guarded = append(i.Guarded, one)
	}
	for _, g := range grants {
		if !slices.Contains(one.Grants, g) {
			one.Grants = append(one.Grants, g)
		}
	}
}

// addGrant guards the role of a grant, its grantees and what runs as them, and its data and their keys.
func (i *Inventory) addGrant(m *model.Model, g *model.Grant) {
	if role, ok := m.Accounts.Role(g.RoleARN); ok {
		i.add(role.Resource, TrustedRole, g)
	}
	for _, grantee := range g.Grantees {
		if role, ok := m.Accounts.Role(grantee); ok {
			i.add(role.Resource, GranteeRole, g)
		}
		i.addWorkloads(m, grantee, g)
	}
	for _, s := range g.Permissions {
		for _, resource := range m.Resources(g, s) {
			for _, r := range i.meant(g.Owner(s), resource, s.ViaAWSService) {
				i.addDestination(m, r, g)
			}
		}
	}
}

// meant are the resources that a permission means: what its resource names, or all that a pattern may match. Which of an account's keys a service uses,
// the data says.
func (i *Inventory) meant(account, resource string, viaService bool) []*assembly.Resource {
	all := i.Named(account, resource)
	if front, _, wildcard := strings.Cut(strings.ReplaceAll(resource, "?", "*"), "*"); wildcard && !viaService {
		all = append(all, i.x.beginningWith(front)...)
	}
	return all
}

// addConnections guards what has to work, the roles that make its requests, and what these are on.
func (i *Inventory) addConnections(m *model.Model) {
	for _, declared := range m.Declared {
		for _, r := range declared.Resources {
			if kind := kinds[r.Type]; kind != "" {
				i.add(r, kind)
			}
		}
		for _, one := range declared.Connections {
			caller := one.Caller
			if one.Assumes != nil {
				caller = one.Assumes.Role
			}
			if role, ok := m.Accounts.Role(caller); ok {
				i.add(role.Resource, ConnectionRole)
				i.addWorkloads(m, caller)
			}
			if r, ok := m.Accounts.ResourceOf(one.Resource); ok {
				i.addDestination(m, r.Resource)
			}
		}
	}
}

// addDestination guards a resource that requests are on, with its key.
func (i *Inventory) addDestination(m *model.Model, r *assembly.Resource, grants ...*model.Grant) {
	kind := kinds[r.Type]
	if kind == "" {
		kind = Data
	}
	i.add(r, kind, grants...)
	i.addKey(m, r, grants...)
	if r.Type == "AWS::S3::AccessPoint" { // whose bucket has the data
		for _, bucket := range i.Named(r.Stack.Account, text(r.Properties["Bucket"])) {
			i.addDestination(m, bucket, grants...)
		}
	}
}

// addKey guards the key of a resource.
func (i *Inventory) addKey(m *model.Model, r *assembly.Resource, grants ...*model.Grant) {
	if of, ok := m.Accounts.ResourceOf(r.ARN); ok {
		for _, key := range i.x.byARN[of.Key] {
			i.add(key, Key, grants...)
		}
	}
}

// addWorkloads guards what runs as a role.
func (i *Inventory) addWorkloads(m *model.Model, role string, grants ...*model.Grant) {
	for _, w := range m.Workloads(role) {
		i.add(w.Resource, Workload, grants...)
		for _, r := range i.Named(w.Resource.Stack.Account, logGroup(w.Resource)) {
			i.add(r, Logs, grants...)
		}
	}
	principal, ok := m.Accounts.Role(role)
	if !ok {
		return
	}
	for _, r := range i.x.to[principal.Resource] {
		switch {
		case r.Type == "AWS::ECS::TaskDefinition" && text(r.Properties["TaskRoleArn"]) == role, r.Type == "AWS::IAM::InstanceProfile":
			i.add(r, Workload, grants...)
		}
	}
}

// logGroup is the log group of a function, or what refers to it.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
func logGroup(function *assembly.Resource) string {
	if group := text(object(function.Properties["LoggingConfig"])["LogGroup"]); group != "" || function.Type != "AWS::Lambda::Function" {
		return group
	}
	return "/aws/lambda/" + text(function.Properties["FunctionName"])
}

// findParties finds the accounts between which grants and connections are.
func (i *Inventory) findParties(m *model.Model) {
	for _, one := range m.Connections() {
		if r, ok := m.Accounts.ResourceOf(one.Resource); ok && i.by[r.Resource] != nil {
			g := i.by[r.Resource]
			g.Parties = append(g.Parties, one.Context["aws:SourceAccount"]...)
			g.Parties = append(g.Parties, arn.Account(one.Caller))
		}
	}
	for _, one := range i.Guarded {
		one.Parties = append(one.Parties, one.Stack.Account)
		for _, g := range one.Grants {
			one.Parties = append(one.Parties, g.SourceAccount(), g.Target.Account)
			for _, s := range g.Permissions {
				one.Parties = append(one.Parties, g.Owner(s))
			}
		}
		slices.Sort(one.Parties)
		one.Parties = slices.DeleteFunc(slices.Compact(one.Parties), func(account string) bool { return account == "" })
	}
}

// findReferences finds who refers to what is guarded.
func (i *Inventory) findReferences(a *assembly.Assembly) {
	refers := map[*assembly.Resource]bool{}
	for _, g := range i.Guarded {
		for _, r := range i.x.to[g.Resource] {
			refers[r] = true
		}
	}
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			if refers[r] {
				i.References = append(i.References, i.reference(r))
			}
		}
	}
}

func (i *Inventory) reference(r *assembly.Resource) *Reference {
	places := map[*Guarded][]string{}
	i.x.each(r, func(p *place, mentioned *assembly.Resource) {
		if g := i.by[mentioned]; g != nil && mentioned != r {
			if at := p.String(); !slices.Contains(places[g], at) {
				places[g] = append(places[g], at)
			}
		}
	})
	one := &Reference{Resource: r}
	for g, at := range places {
		slices.Sort(at)
		one.Mentions = append(one.Mentions, Mention{g, at})
	}
	slices.SortFunc(one.Mentions, func(a, b Mention) int { return a.order - b.order })
	return one
}

// text is a value if it is a text, or else "".
func text(value any) string {
	s, _ := value.(string)
	return s
}

func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}
