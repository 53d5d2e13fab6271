// Package escalation has the rule that nobody else finds a way to what grants and connections are on: by roles that let others in, in any number of
// steps, with any action of AWS's services that leads there. It does not judge what trusted roles, grantees and the policies of their data permit
// (package audit does), nor who may reach these without a role.
package escalation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Rules are the rules of this package.
func Rules() []check.Definition {
	return []check.Definition{
		{Rule: PrivilegeEscalation, About: "Nobody else must find a way to what a grant is on, in any number of steps, with any action.", Checks: privilegeEscalation},
	}
}

// PrivilegeEscalation is the rule that nobody else finds a way to what is guarded: of each account that has some of it, every role that lets someone
// of outside in is followed to all that it may assume or take over there, and so is every user, who needs no role to come from anywhere. Roles of grants and grantees may be assumed as their grants say, which other
// rules hold them to; here they are where a way ends.
const PrivilegeEscalation check.Rule = "PrivilegeEscalation"

func privilegeEscalation(m *model.Model) []check.Check {
	var all []check.Check
	i := inventory.Of(m)
	for _, account := range guardedAccounts(m, i) {
		s := newSearch(m, i, account)
		entries := s.entries()
		if len(entries) == 0 {
			all = append(all, closed(m, account, "no role lets anyone else in, and there are no users"))
		} else if len(m.UnreadIn(account)) > 0 {
			all = append(all, closed(m, account, "no further role lets anyone else in, and there are no further users"))
		}
		for _, e := range entries {
			s.follow(e)
			all = append(all, s.checks(e)...)
		}
	}
	return all
}

// closed is the check that nobody else gets into an account. It is undecided where a deployment may add any.
func closed(m *model.Model, account, what string) check.Check {
	c := check.Check{Rule: PrivilegeEscalation, Expects: check.MustFail, Verdict: check.Proved, Access: model.Access{Caller: "anonymous"},
		Name: policy.Readable("account " + account + ": " + what)}
	for _, u := range m.UnreadIn(account) {
		c.Verdict = check.Undecided
		c.Details = append(c.Details, "unknown: "+policy.Readable(u.Says))
		c.Remedy = append(c.Remedy, policy.Readable(u.Remedy))
		c.Where = append(c.Where, u.Resource)
	}
	return c
}

// guardedAccounts are the accounts with templates that have something guarded, in the order of the inventory, then of the grants.
func guardedAccounts(m *model.Model, i *inventory.Inventory) []string {
	deployed := map[string]bool{}
	for _, s := range m.Assembly.Stacks {
		deployed[s.Account] = true
	}
	var all []string
	add := func(account string) {
		if deployed[account] && !slices.Contains(all, account) {
			all = append(all, account)
		}
	}
	for _, g := range i.Guarded {
		add(g.Stack.Account)
	}
	for _, g := range m.Grants {
		for _, role := range append([]string{g.RoleARN}, g.Grantees...) {
			add(arn.Account(role))
		}
		for _, permission := range g.Permissions {
			add(g.Owner(permission))
		}
	}
	return all
}

// checks are one check for each way from an entry to something guarded, or one that there is none.
func (s *search) checks(entry *actor) []check.Check {
	var ways []*way
	at := map[*inventory.Guarded]int{}
	for _, w := range s.ways {
		i, again := at[w.on]
		switch {
		case w.on == nil || !again:
			at[w.on] = len(ways)
			ways = append(ways, w)
		case better(w.passes, ways[i].passes): // of several ways to something the best counts
			ways[i] = w
		}
	}
	surely := slices.ContainsFunc(ways, func(w *way) bool { return w.passes == policy.Yes })
	var all []check.Check
	for _, w := range ways {
		if w.on == nil && w.passes != policy.Yes && surely {
			continue // what no template has needs no doubts then
		}
		all = append(all, w.check(s.model))
	}
	if len(all) == 0 {
		all = append(all, check.Check{Rule: PrivilegeEscalation, Expects: check.MustFail, Verdict: check.Proved, Access: entry.access,
			Name: policy.Readable(entry.name() + ", and what it may assume or take over: nothing that is guarded")})
	}
	return all
}

// way is a way to something guarded.
type way struct {
	by *actor
	// on is where it ends. Nil for what may have any permission of the account.
	on *inventory.Guarded
	// access is what the actor requests in the end, by itself. Without an action the way ends with the actor, who is guarded.
	access model.Access
	passes policy.Answer
	// says is a sentence about what follows from the request, or why that is not known. "" for what speaks for itself.
	says string
}

// check is the check of a way. One of roles alone is simulated as a whole.
func (w *way) check(m *model.Model) check.Check {
	c := check.Check{Rule: PrivilegeEscalation, Expects: check.MustFail, Name: w.name()}
	if w.on != nil {
		c.Grant = w.on.Grant()
	}
	if access, ok := w.simulated(); ok {
		c.Access, c.AtEntry = access, true
		return c
	}
	c.Access = w.access
	c.Verdict = check.Broken
	if w.passes != policy.Yes {
		c.Verdict = check.Undecided
	}
	hops := w.by.hops()
	if w.access.Action != "" {
		hops = append(hops, w.access)
	}
	for _, hop := range hops {
		chain := &simulate.Walk(m, hop)[0]
		last := chain.Hops[len(chain.Hops)-1]
		says := last.Says
		if hop.Administrator && len(says) > 1 {
			says = says[len(says)-1:] // before it, the policy that the simulation gives an administrator
		}
		c.Details = append(c.Details, last.What+": "+strings.Join(says, "; "))
		c.Remedy = append(c.Remedy, chain.ToDeny()...)
		for _, hop := range chain.ToNarrow() {
			var all []simulate.Match
			for _, one := range hop {
				all = append(all, one.Match)
			}
			if len(all) > 0 {
				c.Narrow = append(c.Narrow, all)
			}
		}
		c.Where = append(c.Where, chain.Allowing()...)
	}
	for a := w.by; a != nil; a = a.from {
		if a.says != "" {
			c.Details = append(c.Details, a.says)
		}
	}
	if w.says != "" {
		c.Details = append(c.Details, w.says)
	}
	if slices.ContainsFunc(hops, isVia) {
		c.Details = append(c.Details, "unknown: whether a service makes this request for who calls it")
	}
	return c
}

// simulated is the way as one access, if all of its steps are roles that are assumed and it says all by itself.
func (w *way) simulated() (model.Access, bool) {
	first := w.by.entry()
	a := w.access
	a.Caller, a.Administrator, a.Organization, a.Assumes = first.access.Caller, first.access.Administrator, first.access.Organization, nil
	for _, hop := range w.by.hops() {
		if hop.Assumes == nil {
			return a, false
		}
		one := *hop.Assumes
		a.Assumes = a.Assumes.WithThen(&one)
	}
	return a, w.says == "" && !isVia(a)
}

func (w *way) name() string {
	name := w.by.name()
	if w.access.Action == "" {
		return policy.Readable(name + ", the " + string(w.on.Kind))
	}
	return policy.Readable(name + ": " + w.access.Action + " on " + w.access.Resource)
}

// actor is a role or user that someone else can become.
type actor struct {
	*accounts.Principal
	// from is who becomes it. Nil for who lets the outsiders in, and for a user.
	from *actor
	// access is the request by which that one, or else the first of the outsiders, becomes it. Without a role or an action for a user.
	access model.Access
	// passes says whether all requests so far pass.
	passes policy.Answer
	// says is a sentence about why it is not known whether the request makes it that. "" for what speaks for itself.
	says string
	// outsiders are what checks call those whom an entry lets in.
	outsiders []string
	// statements are those of its policies that allow, and denies those that deny.
	statements, denies []statement
	// unknown says that one of its policies is unknown.
	unknown bool
}

// statement is a statement of a policy, with its elements.
type statement struct {
	*policy.Statement
	policy.Elements
}

// isUnknown says that it is not known what the statement allows, as where it stands for a policy that is unknown.
func (s *statement) isUnknown() bool { return !slices.ContainsFunc(s.Actions, policy.IsKnown) }

// covers says whether the statement is for an action on a resource. A pattern for another account is not: what AWS generates has no colons, which the
// pattern's wildcards would have to match.
func (s *statement) covers(action, resource string) policy.Answer {
	target, _ := arn.Parse(resource)
	ofOthers := func(pattern string) bool {
		a, _ := arn.Parse(pattern)
		return isAccount(a.Account) && isAccount(target.Account) && a.Account != target.Account
	}
	if !s.NotResource && len(s.Resources) > 0 && !slices.ContainsFunc(s.Resources, func(pattern string) bool { return !ofOthers(pattern) }) {
		return policy.No
	}
	return s.Covers(action, resource)
}

// entry is the role that let the outsiders in, or the user.
func (a *actor) entry() *actor {
	for a.from != nil {
		a = a.from
	}
	return a
}

// hops are the requests by which the outsiders become the actor, in order.
func (a *actor) hops() []model.Access {
	if a == nil {
		return nil
	}
	if a.access.Assumes == nil && a.access.Action == "" {
		return nil
	}
	return append(a.from.hops(), a.access)
}

// name is the way to the actor, such as "333333333333 -> role one -> role two".
func (a *actor) name() string {
	if len(a.hops()) == 0 {
		return accounts.DisplayName(a.Resource)
	}
	before := strings.Join(a.outsiders, ", ")
	if a.from != nil {
		before = a.from.name()
	}
	if a.access.Action != "" {
		before += ": " + a.access.Action + " on " + a.access.Resource
	}
	return before + " -> " + accounts.DisplayName(a.Resource)
}

// dated is a sentence about an action that the data of the services lacks.
func dated(action string) string {
	return fmt.Sprintf("unknown: the Service Authorization Reference of %s does not have %s, which may be a newer action", authorization.Date(), action)
}
