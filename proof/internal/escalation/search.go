package escalation

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// search finds the ways to what is guarded in one account.
type search struct {
	model     *model.Model
	inventory *inventory.Inventory
	account   string
	partition string
	guarded   []*inventory.Guarded                      // of the account
	trials    map[*inventory.Guarded]map[string][]trial // by service
	imported  map[string]bool                           // data of grants that no template has, by ARN
	attached  map[*assembly.Resource][]string           // managed policies, by the role, user or group that has them

	running map[string][]*assembly.Resource // what runs as a role, by its ARN

	// Of the entry that is followed:
	visited map[string]bool // actors, by ARN
	reached []*actor        // in the order in which they were visited; none that is guarded
	ways    []*way
}

func newSearch(m *model.Model, i *inventory.Inventory, account string) *search {
	s := &search{model: m, inventory: i, account: account, trials: map[*inventory.Guarded]map[string][]trial{}, imported: map[string]bool{}, running: map[string][]*assembly.Resource{}, attached: attachedPolicies(m, account)}
	s.partition = s.stack().Partition
	for _, g := range i.Guarded {
		if g.Stack.Account == account {
			s.guarded = append(s.guarded, g)
		}
	}
	s.addImported()
	return s
}

// addImported guards the data of grants in the account that no template has.
func (s *search) addImported() {
	stack := s.stack()
	for _, g := range s.model.Grants {
		for _, permission := range g.Permissions {
			if g.Owner(permission) != s.account {
				continue
			}
			for _, resource := range s.model.Resources(g, permission) {
				name := wholeOf(resource)
				if !strings.HasPrefix(name, "arn:") || len(s.inventory.Named(s.account, resource)) > 0 || s.imported[name] {
					continue
				}
				s.imported[name] = true
				one := &inventory.Guarded{Resource: &assembly.Resource{Stack: stack, ARN: name, Name: name}, Kind: inventory.Data, Grants: []*model.Grant{g}}
				if permission.Service() == "kms" {
					one.Kind = inventory.Key
				}
				s.guarded = append(s.guarded, one)
			}
		}
	}
}

// wholeOf is the ARN of what contains a resource of a permission: the bucket of objects, the table of an index.
func wholeOf(resource string) string {
	a, ok := arn.Parse(resource)
	if !ok {
		return ""
	}
	switch a.Service {
	case "s3":
		a.Resource, _, _ = strings.Cut(a.Resource, "/")
	case "dynamodb":
		name, _, _ := strings.Cut(strings.TrimPrefix(a.Resource, "table/"), "/")
		a.Resource = "table/" + name
	}
	return model.Example(a.String())
}

// stack is one of the account.
func (s *search) stack() *assembly.Stack {
	stacks := s.model.Assembly.Stacks
	return stacks[slices.IndexFunc(stacks, func(one *assembly.Stack) bool { return one.Account == s.account })]
}

// isImported says that a resource is data of a grant that no template has, or a part of it.
func (s *search) isImported(resource string) bool {
	return s.imported[wholeOf(resource)]
}

// entries are the roles of the account that let someone of outside in, and its users. Roles of grants and grantees, and those that services assume for connections,
// are not among them: whom their trust policies name is a question of the rules on these.
func (s *search) entries() []*actor {
	judged := map[string]bool{}
	for _, g := range s.model.Grants {
		judged[g.RoleARN] = true
		for _, grantee := range g.Grantees {
			judged[grantee] = true
		}
	}
	for _, d := range s.model.Destinations() {
		judged[d.ARN] = true
	}
	var all []*actor
	for _, role := range s.model.Accounts.Roles {
		if role.Stack.Account == s.account && !judged[role.ARN] {
			if e := s.entry(role); e != nil {
				all = append(all, e)
			}
		}
	}
	for _, user := range s.model.Accounts.Users {
		if user.Stack.Account == s.account {
			all = append(all, &actor{Principal: user, access: model.Access{Caller: user.ARN}, passes: policy.Yes})
		}
	}
	return append(all, s.controlled()...)
}

// controlled are the roles of functions whose policies let someone of outside control them. What is guarded has rules of its own.
func (s *search) controlled() []*actor {
	var all []*actor
	for _, w := range s.model.Network.Workloads() {
		role, ok := s.model.Accounts.Role(w.Role)
		of, exists := s.model.Accounts.ResourceOf(w.Resource.ARN)
		if !ok || !exists || w.Resource.Stack.Account != s.account || of.Policy == nil || s.inventory.Of(w.Resource) != nil {
			continue
		}
		e := &actor{Principal: role, passes: policy.No}
		for _, statement := range allowsOf(of.Policy) {
			for _, action := range control[w.Resource.Type].surely {
				if statement.covers(action, w.Resource.ARN) != policy.No {
					s.enters(e, statement, deniesOf(of.Policy), model.Access{Action: action, Resource: w.Resource.ARN, Owner: s.account})
				}
			}
		}
		if e.passes != policy.No {
			all = append(all, e)
		}
	}
	return all
}

// entry is a role that lets someone of outside in. Nil if it lets nobody in.
func (s *search) entry(role *accounts.Principal) *actor {
	e := &actor{Principal: role, passes: policy.No}
	for _, statement := range allowsOf(role.Trust) {
		s.enters(e, statement, deniesOf(role.Trust), model.Access{})
	}
	if e.passes == policy.No {
		return nil
	}
	return e
}

// enters tries a request, or else to assume the role of an entry, by those outsiders whom a statement names. A request is tried with the condition keys
// that they choose, and without.
func (s *search) enters(e *actor, by statement, denies []statement, a model.Access) {
	if organizations := asked(by.Conditions, "aws:principalorgid"); len(organizations) > 0 {
		a.Organization = model.Example(organizations[0])
	}
	for _, one := range Outsiders(by.Elements, s.partition, s.account) {
		a.Caller, a.Administrator = one.Caller, true
		for _, context := range contexts(by, denies, true) {
			if a.Action == "" {
				a.Assumes = assume(e.ARN, one.Provider, context)
			} else {
				a.Context = context
			}
			passes := s.walk(a)
			if passes != policy.No && !slices.Contains(e.outsiders, one.Name) {
				e.outsiders = append(e.outsiders, one.Name)
			}
			if better(passes, e.passes) {
				e.access, e.passes = a, passes
			}
		}
	}
}

// better says that an answer is closer to yes than another one.
func better(a, b policy.Answer) bool {
	return a == policy.Yes && b != policy.Yes || a == policy.Indeterminate && b == policy.No
}

// worse is the answer that is further from yes.
func worse(a, b policy.Answer) policy.Answer {
	if better(a, b) {
		return b
	}
	return a
}

// walk says whether a request passes. Of one that a service would have to make that is unknown at best.
func (s *search) walk(a model.Access) policy.Answer {
	passes := simulate.Walk(s.model, a)[0].Passes
	if passes == policy.Yes && isVia(a) {
		return policy.Indeterminate
	}
	return passes
}

// follow finds the ways from an entry: to all that it may become, first by what surely passes, so that of two ways to an actor the sure one counts, and
// from there.
func (s *search) follow(entry *actor) {
	s.visited, s.reached, s.ways = map[string]bool{}, nil, nil
	var surely, perhaps []*actor
	add := func(all []*actor) {
		for _, a := range all {
			if a.passes == policy.Yes {
				surely = append(surely, a)
			} else {
				perhaps = append(perhaps, a)
			}
		}
	}
	add([]*actor{entry})
	for len(surely) > 0 || len(perhaps) > 0 {
		next := &surely
		if len(surely) == 0 {
			next = &perhaps
		}
		a := (*next)[0]
		*next = (*next)[1:]
		if s.visited[a.ARN] {
			continue
		}
		s.visited[a.ARN] = true
		if g := s.inventory.Of(a.Resource); g != nil {
			s.ways = append(s.ways, &way{by: a, on: g, passes: a.passes})
			continue
		}
		for _, d := range a.Policies {
			a.statements, a.denies = append(a.statements, allowsOf(d)...), append(a.denies, deniesOf(d)...)
		}
		a.unknown = slices.ContainsFunc(a.statements, func(one statement) bool { return one.isUnknown() })
		s.reached = append(s.reached, a)
		add(s.assumes(a))
		add(s.takesOver(a))
	}
	for _, a := range s.reached {
		s.arrive(a)
		s.widen(a)
	}
}

// allowsOf are the statements of a policy that allow.
func allowsOf(d *policy.Document) []statement { return statementsOf(d, policy.Allow) }

// deniesOf are those that deny.
func deniesOf(d *policy.Document) []statement { return statementsOf(d, policy.Deny) }

func statementsOf(d *policy.Document, effect policy.Effect) []statement {
	if d == nil {
		return nil
	}
	var all []statement
	for i := range d.Statements {
		if s := &d.Statements[i]; s.Effect == effect {
			all = append(all, statement{s, s.Elements()})
		}
	}
	return all
}

// next is an actor that another one becomes by a request.
func (s *search) next(a *actor, p *accounts.Principal, access model.Access, passes policy.Answer) *actor {
	return &actor{Principal: p, from: a, access: access, passes: worse(passes, a.passes)}
}

// assumes are the roles of the account that an actor may assume. One that no template has is where a way ends, since it may have any permission.
func (s *search) assumes(a *actor) []*actor {
	var all []*actor
	for _, role := range s.model.Trusting(a.ARN) {
		if role.Stack == nil || role.Stack.Account != s.account || s.visited[role.ARN] {
			continue
		}
		best, passes := model.Access{}, policy.No
		may := slices.ContainsFunc(a.statements, func(one statement) bool { return one.covers("sts:AssumeRole", role.ARN) != policy.No })
		for _, statement := range allowsOf(role.Trust) {
			if !may && !names(statement, a) {
				continue
			}
			for _, context := range contexts(statement, slices.Concat(a.denies, deniesOf(role.Trust)), false) {
				access := model.Access{Caller: a.ARN, Assumes: assume(role.ARN, "", context)}
				if now := s.walk(access); better(now, passes) {
					best, passes = access, now
				}
			}
		}
		if passes == policy.Yes || passes != policy.No && !a.unknown { // what follows from a policy that is unknown is said of what is guarded
			all = append(all, s.next(a, role, best, passes))
		}
	}
	for _, name := range s.unknown(a, "role", "sts:AssumeRole") {
		access := model.Access{Caller: a.ARN, Action: "sts:AssumeRole", Resource: name, Owner: s.account}
		if passes := s.walk(access); passes != policy.No {
			s.ways = append(s.ways, &way{by: a, access: access, passes: policy.Indeterminate, says: "unknown: no template has it, so it may have any permission"})
			break
		}
	}
	return all
}

// unknown are principals of the account that no template has and that the resources of an actor's statements for an action mean, by their kind: "role"
// or "user".
func (s *search) unknown(a *actor, kind, action string) []string {
	var all []string
	add := func(name string) {
		if _, ok := s.model.Accounts.Principal(name); !ok && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	any := arn.ARN{Partition: s.partition, Service: "iam", Account: s.account, Resource: kind + "/" + model.AnyName}.String()
	for _, statement := range a.statements {
		if statement.isUnknown() {
			continue // which is said of what is guarded
		}
		if statement.covers(action, any) != policy.No {
			add(any)
		}
		for _, pattern := range statement.Resources {
			one, _ := arn.Parse(pattern)
			if one.Service != "iam" || !strings.HasPrefix(one.Resource, kind+"/") || !policy.IsKnown(pattern) || one.Account != s.account && strings.Trim(one.Account, "*?") != "" {
				continue
			}
			one.Account, one.Resource = s.account, model.Example(one.Resource)
			if name := one.String(); statement.covers(action, name) != policy.No {
				add(name)
			}
		}
	}
	return all
}

// may is the best of the requests of an actor for an action on a resource, with the condition keys that the statements for it ask for. What a policy
// may permit that is unknown does not count.
func (s *search) may(a *actor, action, resource string, more map[string][]string) (model.Access, policy.Answer) {
	statements, denies := a.statements, a.denies
	of, exists := s.model.Accounts.ResourceOf(resource)
	if exists {
		denies = slices.Concat(denies, deniesOf(of.Policy))
		for _, one := range allowsOf(of.Policy) {
			if names(one, a) {
				statements = append(slices.Clone(statements), one)
			}
		}
	}
	access := model.Access{Caller: a.ARN, Action: action, Resource: resource, Owner: s.account, AnyKey: true, Nonexistent: !exists && !s.isImported(resource)}
	best, passes := access, policy.No
	plain := false
	for _, statement := range statements {
		if statement.isUnknown() || statement.covers(action, resource) == policy.No || !s.calls(a, statement) {
			continue
		}
		if len(statement.Conditions) == 0 {
			if plain {
				continue // another one has tried it
			}
			plain = true
		}
		for _, context := range contexts(statement, denies, false) {
			access.Context = model.Merge(context, more)
			if now := s.walk(access); better(now, passes) {
				best, passes = access, now
			}
			if passes == policy.Yes {
				return best, passes
			}
		}
	}
	return best, passes
}

// names says that a statement of a resource's policy may name an actor, and not just its account, which leaves it to the identity policies there.
func names(one statement, a *actor) bool {
	session, _ := arn.Parse(model.Session(a.ARN))
	front := session.String()[:strings.LastIndexByte(session.String(), '/')+1]
	for _, principals := range one.Principals {
		if slices.ContainsFunc(principals, func(p string) bool {
			return p == "*" || p == a.ARN || strings.HasPrefix(p, front) || !policy.IsKnown(p)
		}) {
			return true
		}
	}
	return one.NotPrincipal
}
