package enumerate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Permitted is what somebody may do on a resource of an assembly in one way.
type Permitted struct {
	// On is the resource, and Resources are the ARNs of what is permitted: the resource's, or patterns of what is in it, such as objects. Sorted.
	On        *assembly.Resource
	Resources []string
	// Who is in words who may do it: the ARN of a role or user, a service, or "any AWS account", "account 111111111111", "everybody without credentials" and
	// the like. Account is its account; "" for a service and for everybody.
	Who, Account string
	// Surely says that nothing that is unknown may deny it.
	Surely bool
	// Why says on what it depends, if not Surely. "" if it is sure.
	Why string
	// Actions are with their services, such as "s3:GetObject", sorted.
	Actions []string
	// Route are the ARNs of the roles that it assumes first. None for its own permissions.
	Route []string
	// Statements are those that permit it, in the order of the hops.
	Statements []simulate.Deciding
	// If are condition keys that its requests have to have, as "KEY = VALUE", sorted; that of who assumes a role as well. Each value is an example.
	If []string
}

// Levels are the access levels of the actions, each once, by the Service Authorization Reference.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html
func (p *Permitted) Levels() []string {
	var all []string
	for _, level := range []authorization.Level{authorization.List, authorization.Read, authorization.Write, authorization.PermissionsManagement, authorization.Tagging} {
		for _, action := range p.Actions {
			if a, ok := authorization.Lookup(action); ok && a.Level == level {
				all = append(all, string(level))
				break
			}
		}
	}
	return all
}

// Permitted is what an assembly permits, by its index: on each resource of its templates but roles and users, those of other accounts first. Administrators of
// the resource's own account are left out, as they are in no template.
func (e *Enumeration) Permitted(subject int) []*Permitted {
	type request struct{ resource, who, action string }
	best := map[request]*Asked{}
	var order []request
	for _, one := range e.Asked {
		answer := &one.Answers[subject]
		of := e.of(subject, one)
		if answer.Passes == policy.No || one.Nonexistent || of == nil || one.isAdministratorOf(of) {
			continue
		}
		key := request{one.Resource, one.Who() + strings.Join(answer.Route, " "), one.Action}
		switch before := best[key]; {
		case before == nil:
			order = append(order, key)
			best[key] = one
		case better(answer.Passes, before.Answers[subject].Passes),
			answer.Passes == before.Answers[subject].Passes && len(one.conditions(answer)) < len(before.conditions(&before.Answers[subject])):
			best[key] = one
		}
	}
	by := map[string]*Permitted{}
	var all []*Permitted
	for _, request := range order {
		one := best[request]
		answer := &one.Answers[subject]
		p := &Permitted{On: e.of(subject, one), Who: one.Who(), Account: one.account(), Surely: answer.Passes == policy.Yes, Why: answer.why(), Route: answer.Route,
			Statements: unique(answer.Statements), If: one.conditions(answer)}
		key := fmt.Sprint(p.On.Stack.Label, p.On.LogicalID, p.Who, p.Surely, p.Why, p.Route, p.If)
		for _, s := range p.Statements {
			key += fmt.Sprintf(" %p %d", s.Document, s.Index)
		}
		if by[key] == nil {
			by[key] = p
			all = append(all, p)
		}
		p = by[key]
		p.Actions = append(p.Actions, one.Actions...)
		p.Resources = append(p.Resources, strings.ReplaceAll(one.Resource, model.AnyName, "*"))
	}
	for _, p := range all {
		p.Actions, p.Resources = sortedSet(p.Actions), sortedSet(p.Resources)
	}
	own := func(p *Permitted) int {
		if p.Account == p.On.Stack.Account {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b *Permitted) int {
		return cmp.Or(strings.Compare(a.On.ARN, b.On.ARN), own(a)-own(b), strings.Compare(a.Who, b.Who), strings.Compare(a.Actions[0], b.Actions[0]))
	})
	return all
}

// of is the resource of an assembly that a question is on. Nil for what the assembly lacks, and for roles and users.
func (e *Enumeration) of(subject int, q *Asked) *assembly.Resource {
	r, ok := e.Models[subject].Accounts.ResourceOf(q.Resource)
	if !ok || strings.HasPrefix(r.Type, "AWS::IAM::") {
		return nil
	}
	return r.Resource
}

// Who says in words whose request it is.
func (q *Question) Who() string {
	account := arn.Account(q.Caller)
	identity, isIdentity := policy.OriginAccessIdentity(q.Caller)
	switch {
	case q.Provider != "":
		return "users of " + q.Provider[strings.LastIndexByte(q.Provider, ':')+1:]
	case q.Caller == "anonymous":
		return "everybody without credentials"
	case model.IsService(q.Caller):
		return q.Caller
	case isIdentity:
		return "CloudFront as origin access identity " + identity
	case account == model.OtherAccount && q.Organization != "" && q.Organization != model.NoOrganization:
		return "any account of organization " + q.Organization
	case account == model.OtherAccount:
		return "any AWS account"
	case q.Administrator && strings.HasSuffix(q.Caller, ":role/"+model.OtherRole):
		return "account " + account
	}
	return q.Caller
}

// why says on what an answer depends. "" for one that is sure.
func (a *Answer) why() string {
	if a.Passes != policy.Indeterminate {
		return ""
	}
	if a.OtherKey {
		return "it works for objects that are not under the bucket's own KMS key, and not for the others"
	}
	for _, c := range a.Chains {
		if stop, ok := c.Stops(); ok && len(stop.Says) > 0 {
			return stop.Says[0]
		}
	}
	return ""
}

// account is the account of the caller; "" for one that stands for all, and for an origin access identity, whose ARN does not say it.
func (q *Question) account() string {
	if _, isIdentity := policy.OriginAccessIdentity(q.Caller); isIdentity {
		return ""
	}
	if account := arn.Account(q.Caller); account != model.OtherAccount && q.Provider == "" {
		return account
	}
	return ""
}

// isAdministratorOf says that the caller is the administrator of a resource's account whom the questions suppose.
func (q *Question) isAdministratorOf(r *assembly.Resource) bool {
	return q.Administrator && arn.Account(q.Caller) == r.Stack.Account
}

// conditions are the condition keys of a request, and of those by which its roles are assumed, without those that any request over TLS has.
func (q *Question) conditions(answer *Answer) []string {
	all := map[string]bool{}
	add := func(context map[string][]string) {
		for key, values := range context {
			if !strings.EqualFold(key, "aws:SecureTransport") || !slices.Equal(values, []string{"true"}) {
				all[key+" = "+strings.ReplaceAll(strings.Join(values, ", "), model.AnyName, "*")] = true
			}
		}
	}
	add(q.Context)
	for _, c := range answer.Chains {
		add(c.Context)
		if c.Assumes != nil {
			add(c.Assumes.Context)
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// unique are statements without repetitions.
func unique(all []simulate.Deciding) (some []simulate.Deciding) {
	for _, one := range all {
		if !slices.ContainsFunc(some, func(other simulate.Deciding) bool { return other.Match == one.Match }) {
			some = append(some, one)
		}
	}
	return some
}

func sortedSet(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}
