// Package enumerate derives requests from all policies of one or several assemblies, and answers each in each of them: principal by action by resource by
// condition keys. So it finds what assemblies permit, and in what they differ, without any declaration. It decides no request (package simulate does) and
// says of none whether it has to work.
package enumerate

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Question is a request that is asked of each assembly.
type Question struct {
	// Caller is the ARN of a role, user or root user, a service, or "anonymous". Of another account that a policy names as a whole it is an example role.
	Caller string
	// Provider is the identity provider, as trust policies name it, whose user "anonymous" is. "" for none.
	Provider string
	// Organization is that of the caller's account; model.NoOrganization for an account in none. "" for what the options say.
	Organization string
	// Administrator says that the caller has every permission of its account, which no template has.
	Administrator bool
	// Action stands for Actions: all those about which the policies say the same. Both are with the service, such as "s3:GetObject"; Actions are sorted.
	Action  string
	Actions []string
	// Resource is an ARN, or "*" for an action that is on no single resource. Nonexistent says that it is an example of what no template has.
	Resource    string
	Nonexistent bool
	// Owner and Region are the account and region of the resource. "" for those in its ARN.
	Owner, Region string
	// Context are condition keys of the request, beside those that follow from its caller and route.
	Context map[string][]string
	// Of are the statements that it was derived from.
	Of []Source
}

// Source is a statement of a policy of an assembly.
type Source struct {
	// Subject is the index of the assembly.
	Subject int
	// Document and Index are the policy and the statement's position in it.
	Document *policy.Document
	Index    int
}

// Answer is what an assembly says to a question.
type Answer struct {
	// Passes says whether the request works, in any of the ways and from any of the places that its caller has.
	Passes policy.Answer
	// Absent says that the assembly does not have the caller or the resource, although another one does.
	Absent bool
	// OtherKey says that it works for objects that are under another KMS key than the bucket's own, or under none, and not for the others: then Passes is
	// unknown. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
	OtherKey bool
	// Route are the ARNs of the roles that the caller assumes first. None for a request that it makes itself.
	Route []string
	// Statements are those that decided, in the order of the hops: they allow the request, deny it, or may do either. None if nothing allows it.
	Statements []simulate.Deciding
	// Chains are the walk that decides: one for each role on the route, then the request. None if the assembly lacks the caller or the resource.
	Chains []*simulate.Chain
}

// Asked is a question with an answer for each assembly, in their order.
type Asked struct {
	Question
	Answers []Answer
}

// Untried is a statement from which no request could be derived, or not all.
type Untried struct {
	Source
	// Why says what was not tried.
	Why string
}

// String names the statement and says why.
func (u Untried) String() string {
	if u.Document == nil {
		return u.Why
	}
	return "statement " + cmp.Or(u.Document.Statements[u.Index].Sid, strconv.Itoa(u.Index)) + " of " + u.Document.Name + ": " + u.Why
}

// Enumeration is all that was asked.
type Enumeration struct {
	// Models are the assemblies.
	Models []*model.Model
	// Asked are sorted by resource, caller and action.
	Asked []*Asked
	// Untried are in the order of the assemblies and their policies.
	Untried []Untried

	by map[string]*Asked
}

// Of asks all questions that follow from the policies of some assemblies.
func Of(models ...*model.Model) *Enumeration {
	e := &Enumeration{Models: models, by: map[string]*Asked{}}
	d := newDerivation(e)
	d.all()
	e.answer(d)
	e.followRoles(d)
	slices.SortFunc(e.Asked, func(a, b *Asked) int {
		return cmp.Or(strings.Compare(a.Resource, b.Resource), strings.Compare(a.Caller, b.Caller), strings.Compare(a.Action, b.Action), strings.Compare(a.key(), b.key()))
	})
	return e
}

// OfOthers asks only what follows from the trust and resource policies of an assembly, of whom these name, and of others.
func OfOthers(m *model.Model) *Enumeration {
	e := &Enumeration{Models: []*model.Model{m}, by: map[string]*Asked{}}
	d := newDerivation(e)
	d.others()
	e.answer(d)
	return e
}

// key is what makes a question another one.
func (q *Question) key() string {
	var context []string
	for _, key := range slices.Sorted(maps.Keys(q.Context)) {
		context = append(context, strings.ToLower(key)+"="+strings.Join(q.Context[key], ","))
	}
	return strings.Join([]string{q.Resource, q.Caller, q.Provider, q.Organization, q.Action, fmt.Sprint(q.Nonexistent, q.Administrator), strings.Join(context, ";")}, "\n")
}

// add adds a question, or the statement that it follows from to the same one.
func (e *Enumeration) add(q Question, of ...Source) *Asked {
	key := q.key()
	one := e.by[key]
	if one == nil {
		one = &Asked{Question: q, Answers: make([]Answer, len(e.Models))}
		e.by[key] = one
		e.Asked = append(e.Asked, one)
	}
	for _, source := range of {
		if !slices.Contains(one.Of, source) {
			one.Of = append(one.Of, source)
		}
	}
	return one
}

// answer walks each question in each assembly, on all processors.
func (e *Enumeration) answer(d *derivation) {
	e.each(e.Asked, func(one *Asked) {
		for i := range e.Models {
			one.Answers[i] = d.answer(i, &one.Question)
		}
	})
}

// each calls a function for all questions, on all processors.
func (e *Enumeration) each(all []*Asked, do func(*Asked)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(all); i = next.Add(1) - 1 {
				do(all[i])
			}
		})
	}
	wait.Wait()
}

// answer is what one assembly says.
func (d *derivation) answer(i int, q *Question) Answer {
	m := d.Models[i]
	if d.isAbsent(m, q.Caller) || !q.Nonexistent && d.isAbsent(m, d.baseOf[q.Resource]) {
		return Answer{Passes: policy.No, Absent: true}
	}
	a := model.Access{Caller: q.Caller, Organization: q.Organization, Administrator: q.Administrator, Action: q.Action, Resource: q.Resource, Owner: q.Owner,
		Region: q.Region, Context: q.Context, Nonexistent: q.Nonexistent}
	if q.Provider != "" {
		a.Action, a.Resource, a.Owner, a.Region, a.Context = "", "", "", "", nil
		a.Assumes = &model.Assume{Role: q.Resource, Provider: q.Provider, Context: q.Context}
	}
	from := []model.Access{a}
	if !comesFromElsewhere(q.Context) {
		from = m.FromWorkloads(a)
	}
	best := walked(m, from)
	if best.Passes == policy.No && strings.HasPrefix(q.Action, "s3:") && len(model.KeyActions(q.Action)) > 0 {
		for k := range from {
			from[k].AnyKey = true
		}
		if other := walked(m, from); other.Passes != policy.No {
			other.Passes, other.OtherKey = policy.Indeterminate, true
			return other
		}
	}
	return best
}

// walked is the best of the ways in which a request can be made.
func walked(m *model.Model, from []model.Access) (best Answer) {
	for _, one := range from {
		chains := simulate.Walk(m, one)
		for k := range chains {
			c := &chains[k]
			if best.Chains == nil || better(c.Passes, best.Passes) {
				best = Answer{Passes: c.Passes, Statements: c.Deciding(), Chains: []*simulate.Chain{c}}
			}
		}
	}
	return best
}

// isAbsent says that an assembly lacks what another one has.
func (d *derivation) isAbsent(m *model.Model, name string) bool {
	return d.has[name] != nil && !d.has[name][m]
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
