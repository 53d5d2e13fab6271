package enumerate

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// What somebody of another account, or of an identity provider, may do as the roles that they may assume, in any number of steps. Within one account, and
// for services, the requests of the roles themselves say it.

// mostThrough is how many requests through roles are followed at most.
const mostThrough = 20_000

// step is a role that somebody may assume.
type step struct {
	role   string
	passes policy.Answer
	by     *Asked
}

// route is how somebody came to a role.
type route struct {
	steps  []step
	passes policy.Answer
}

func (r *route) role() string { return r.steps[len(r.steps)-1].role }

// followRoles adds the requests that outsiders may make as roles.
func (e *Enumeration) followRoles(d *derivation) {
	type through struct {
		by     *Asked // the question of the role
		route  route
		model  int
		asWhom *Asked // the entry
	}
	byCaller := map[string][]*Asked{}
	for _, one := range e.Asked {
		byCaller[one.Caller] = append(byCaller[one.Caller], one)
	}
	var all []through
	for i := range e.Models {
		steps := map[string][]step{} // by caller
		var entries []*Asked
		for _, one := range e.Asked {
			if !assumes(one.Action) || one.Nonexistent || one.Answers[i].Passes == policy.No {
				continue
			}
			if isOutsider(&one.Question) {
				entries = append(entries, one)
			}
			steps[one.Caller] = append(steps[one.Caller], step{one.Resource, one.Answers[i].Passes, one})
		}
		for _, entry := range entries {
			for _, r := range routesFrom(step{entry.Resource, entry.Answers[i].Passes, entry}, steps) {
				for _, one := range byCaller[r.role()] {
					if one.Answers[i].Passes != policy.No && !assumes(one.Action) {
						if len(all) == mostThrough {
							e.Untried = append(e.Untried, Untried{Why: "more than 20,000 requests through roles"})
							break
						}
						all = append(all, through{one, r, i, entry})
					}
				}
			}
		}
	}
	var added []*Asked
	asked := make([]*Asked, len(all))
	for k, t := range all {
		q := t.by.Question
		q.Caller, q.Provider, q.Organization, q.Administrator, q.Of = t.asWhom.Caller, t.asWhom.Provider, t.asWhom.Organization, t.asWhom.Administrator, nil
		before := len(e.Asked)
		asked[k] = e.add(q)
		if len(e.Asked) > before {
			added = append(added, asked[k])
		}
	}
	e.each(added, func(one *Asked) {
		for i, m := range e.Models {
			if of, ok := m.Accounts.ResourceOf(one.Resource); one.Provider != "" || one.Nonexistent || ok && of.Policy == nil {
				one.Answers[i] = Answer{Passes: policy.No} // by itself: nothing names it
				continue
			}
			one.Answers[i] = d.answer(i, &one.Question)
		}
	})
	for k, t := range all {
		of := &t.by.Answers[t.model]
		passes := worse(t.route.passes, of.Passes)
		to := &asked[k].Answers[t.model]
		if !better(passes, to.Passes) {
			continue
		}
		*to = Answer{Passes: passes, OtherKey: of.OtherKey}
		for _, s := range t.route.steps {
			to.Route = append(to.Route, s.role)
			to.Chains = append(to.Chains, s.by.Answers[t.model].Chains...)
			to.Statements = append(to.Statements, s.by.Answers[t.model].Statements...)
		}
		to.Chains, to.Statements = append(to.Chains, of.Chains...), append(to.Statements, of.Statements...)
		for _, source := range slices.Concat(t.asWhom.Of, t.by.Of) {
			if !slices.Contains(asked[k].Of, source) {
				asked[k].Of = append(asked[k].Of, source)
			}
		}
	}
}

// routesFrom are the ways that begin with a step, one for each role: the surest.
func routesFrom(first step, steps map[string][]step) []route {
	best := map[string]int{}
	all := []route{{[]step{first}, first.passes}}
	best[first.role] = 0
	for n := 0; n < len(all); n++ {
		for _, next := range steps[all[n].role()] {
			r := route{append(slices.Clone(all[n].steps), next), worse(all[n].passes, next.passes)}
			at, again := best[next.role]
			switch {
			case !again:
				best[next.role] = len(all)
				all = append(all, r)
			case better(r.passes, all[at].passes):
				best[next.role] = len(all)
				all = append(all, r)
			}
		}
	}
	return all
}

// assumes says that an action is one by which a role is assumed.
func assumes(action string) bool { return strings.HasPrefix(action, "sts:AssumeRole") }

// isOutsider says that whoever assumes a role is of another account than the role, or of an identity provider.
func isOutsider(q *Question) bool {
	if model.IsService(q.Caller) {
		return false
	}
	return q.Provider != "" || arn.Account(q.Caller) != arn.Account(q.Resource)
}
