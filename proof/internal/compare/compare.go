// Package compare says in what two assemblies differ: who may do more and who less, by which statements and roles, and which statements and settings
// changed without any difference among the requests that were tried. It derives and decides no request (package enumerate does).
package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/enumerate"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Kind is what a difference means for what is permitted.
type Kind string

const (
	// Widened is a request that works now and did not before.
	Widened Kind = "widened"
	// PerhapsWidened is a request of which that is not sure, or a statement or setting that changed without any difference among the requests tried, and may
	// permit more.
	PerhapsWidened Kind = "perhaps widened"
	// Narrowed is a request that worked before and does not now.
	Narrowed Kind = "narrowed"
	// PerhapsNarrowed is a request of which that is not sure.
	PerhapsNarrowed Kind = "perhaps narrowed"
	// Changed is a statement that changed without any difference among the requests tried, and surely permits no more.
	Changed Kind = "changed"
)

// Kinds are all kinds, in the order in which differences are listed.
func Kinds() []Kind { return []Kind{Widened, PerhapsWidened, Narrowed, PerhapsNarrowed, Changed} }

// Widens says that more is permitted, or may be.
func (k Kind) Widens() bool { return k == Widened || k == PerhapsWidened }

// Difference is what one caller may do more or less, in one way and by the same statements; or one statement or setting that changed.
type Difference struct {
	Kind Kind
	// Who is the caller, as people call it. "" for a statement or a setting.
	Who string
	// What says of a statement or a setting what changed. "" for requests.
	What string
	// Requests are those that differ. None for a statement or a setting.
	Requests []Request
	// As are the ARNs of the roles that the caller assumes first, in their order.
	As []string
	// Network is the way through the network, hop by hop. None for a caller that is in none.
	Network []string
	// Because says which statements that changed allow it, allowed it, deny it or denied it, or if none did, which decide; or why a change counts as it does.
	Because []string
	// Through says which other statements let it pass.
	Through []string
	// Statement is the statement that changed, as JSON. "" for requests and settings.
	Statement string
	// Where are the resources whose policies decide: in the new assembly, or where InOld says so in the old one.
	Where []*assembly.Resource
	InOld bool
}

// Request is requests that differ in their condition keys alone.
type Request struct {
	// Actions are all actions about which the policies say the same.
	Actions  []string
	Resource string
	// Keys are the condition keys with which they differ, one text for each set of keys. None if they differ without any.
	Keys []string
}

// Comparison is all in what two assemblies differ.
type Comparison struct {
	// Differences are by kind, then by caller.
	Differences []*Difference
	// Tried is how many requests were asked of both.
	Tried int
	// Notes are what was taken as given, not understood, or not tried.
	Notes []string
}

// Of compares two assemblies, by requests that were asked of both.
func Of(e *enumerate.Enumeration) *Comparison {
	c := &comparison{Enumeration: e, by: map[string]*Difference{}, changed: map[enumerate.Source]bool{}, widened: map[enumerate.Source]bool{}, narrowed: map[enumerate.Source]bool{},
		everything: newEverything(), Comparison: Comparison{Tried: len(e.Asked)}}
	c.read()
	c.requests()
	c.statements()
	c.unread()
	c.settings()
	slices.SortStableFunc(c.Differences, func(a, b *Difference) int {
		return cmp.Or(cmp.Compare(slices.Index(Kinds(), a.Kind), slices.Index(Kinds(), b.Kind)), strings.Compare(a.Who, b.Who), strings.Compare(strings.Join(a.As, " "), strings.Join(b.As, " ")), strings.Compare(a.What, b.What))
	})
	c.note()
	return &c.Comparison
}

// comparison is a comparison in the making.
type comparison struct {
	*enumerate.Enumeration
	Comparison
	by map[string]*Difference
	// places are those of either side, sorted, and statementsAt the statements of each side at each.
	places       []place
	statementsAt [2]map[place][]statement
	// changed are the statements that one side only has, and widened and narrowed those because of which a request differs.
	changed, widened, narrowed map[enumerate.Source]bool
	// everything stands for a boundary, and for a policy of an endpoint, where there is none.
	everything *policy.Document
}

// kindOf is what two answers mean.
func kindOf(before, after policy.Answer) Kind {
	switch {
	case before == after:
		return ""
	case before == policy.No && after == policy.Yes:
		return Widened
	case before == policy.Yes && after == policy.No:
		return Narrowed
	case before == policy.No || after == policy.Yes:
		return PerhapsWidened
	}
	return PerhapsNarrowed
}

// requests compares the answers.
func (c *comparison) requests() {
	type same struct { // all but the condition keys, and how it differs
		caller, provider, organization, action, resource string
		difference                                       *Difference
	}
	at := map[same]int{}
	for _, q := range c.Asked {
		before, after := &q.Answers[0], &q.Answers[1]
		kind := kindOf(before.Passes, after.Passes)
		if kind == "" || isOwners(q) && (before.Absent || after.Absent) {
			continue
		}
		decides, explained := after, c.widened
		if !kind.Widens() {
			decides, explained = before, c.narrowed
		}
		for _, of := range q.Of {
			explained[of] = true
		}
		for subject := range q.Answers {
			for _, s := range q.Answers[subject].Statements {
				explained[enumerate.Source{Subject: subject, Document: s.Document, Index: s.Index}] = true
			}
		}
		d := c.difference(kind, q, before, after, decides)
		key := same{q.Caller, q.Provider, q.Organization, q.Action, q.Resource, d}
		i, ok := at[key]
		if !ok {
			i = len(d.Requests)
			at[key] = i
			d.Requests = append(d.Requests, Request{Actions: q.Actions, Resource: policy.Readable(q.Resource)})
		}
		d.Requests[i].Keys = append(d.Requests[i].Keys, keysOf(q.Context))
	}
	for _, d := range c.by {
		for i := range d.Requests {
			r := &d.Requests[i]
			if slices.Contains(r.Keys, "") {
				r.Keys = nil
			}
			slices.Sort(r.Keys)
		}
	}
}

// isOwners says that an administrator of the account asks for what is its own. What is new is open to them, and what is gone is not.
func isOwners(q *enumerate.Asked) bool {
	return q.Administrator && arn.Account(q.Caller) == cmp.Or(arn.Account(q.Resource), q.Owner)
}

// keysOf are the condition keys of a request as text, sorted.
func keysOf(context map[string][]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(context)) {
		all = append(all, key+" = "+strings.Join(context[key], ", "))
	}
	return policy.Readable(strings.Join(all, " and "))
}

// difference is that of a request, with others of the same caller, way and statements.
func (c *comparison) difference(kind Kind, q *enumerate.Asked, before, after, decides *enumerate.Answer) *Difference {
	d := &Difference{Kind: kind, Who: Who(&q.Question), InOld: !kind.Widens()}
	for _, role := range decides.Route {
		d.As = append(d.As, policy.Readable(role))
	}
	for _, chain := range decides.Chains {
		for _, h := range chain.Hops {
			if h.Path != nil {
				d.Network = append(d.Network, policy.Readable(h.What+": "+strings.Join(h.Says, ", ")))
			}
		}
	}
	through := c.because(d, before, after)
	key := strings.Join(slices.Concat([]string{string(kind), d.Who, q.Caller}, d.As, []string{"because"}, d.Because), "\n")
	if c.by[key] == nil {
		c.by[key] = d
		c.Differences = append(c.Differences, d)
	}
	d = c.by[key]
	for _, one := range through {
		if !slices.Contains(d.Through, one) && !slices.Contains(d.Because, one) {
			d.Through = append(d.Through, one)
		}
	}
	slices.Sort(d.Through)
	return d
}

// because sets which statements decide: those that let the request pass where it does, and what stops it on the other side. It returns those that are the
// same on both sides, if others are not.
func (c *comparison) because(d *Difference, before, after *enumerate.Answer) (through []string) {
	passes, stops, at, is, was, absent := after, before, 1, " allows it", " denied it before", "is new"
	if !d.Kind.Widens() {
		passes, stops, at, is, was, absent = before, after, 0, " allowed it before", " denies it now", "is gone"
	}
	var same []string
	add := func(subject int, s simulate.Deciding, says string) {
		says = statementName(s.Document, s.Index) + says
		if !c.changed[enumerate.Source{Subject: subject, Document: s.Document, Index: s.Index}] {
			same = append(same, says)
			return
		}
		d.Because = append(d.Because, says)
		if s.Of != nil && s.Of.Stack != nil && !slices.Contains(d.Where, s.Of) && (subject == 0) == d.InOld {
			d.Where = append(d.Where, s.Of)
		}
	}
	for _, s := range passes.Statements {
		switch {
		case s.Effect == policy.Allow && s.Matches == policy.Yes:
			add(at, s, is)
		case s.Effect == policy.Allow:
			add(at, s, strings.NewReplacer("allows", "may allow", "allowed", "may have allowed").Replace(is))
		case s.Matches == policy.Indeterminate:
			add(at, s, " may deny it")
		}
	}
	for _, s := range stops.Statements {
		switch {
		case s.Effect == policy.Deny && s.Matches == policy.Yes:
			add(1-at, s, was)
		case s.Effect == policy.Deny:
			add(1-at, s, strings.NewReplacer("denied it", "may have denied it", "denies it", "may deny it").Replace(was))
		}
	}
	if stops.Absent {
		d.Because = append(d.Because, "its caller or its resource "+absent)
	}
	if passes.OtherKey {
		same = append(same, "objects under another KMS key than the bucket's own, or under none, are accessible; the others are not")
	}
	for _, list := range []*[]string{&d.Because, &same} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if len(d.Because) > 0 {
		return same
	}
	d.Because = same
	for _, s := range slices.Concat(passes.Statements, stops.Statements) {
		if len(d.Where) == 0 && s.Of != nil && s.Of.Stack != nil {
			d.Where = []*assembly.Resource{s.Of}
		}
	}
	if len(d.Because) == 0 {
		d.Because = []string{"no statement of these templates decides it: what it is on, or its way, is another one"}
	}
	return nil
}

// statementName is a statement as people call it.
func statementName(d *policy.Document, index int) string {
	name := fmt.Sprint(index + 1)
	if sid := d.Statements[index].Sid; sid != "" && policy.IsKnown(sid) {
		name = sid
	}
	return policy.Readable("statement " + name + " of " + cmp.Or(d.Name, "a policy"))
}

// Who is a caller as people call it.
func Who(q *enumerate.Question) string {
	account, role := arn.Account(q.Caller), strings.HasSuffix(q.Caller, ":role/"+model.OtherRole)
	who := policy.Readable(q.Caller)
	switch {
	case q.Provider != "":
		who = "users of " + policy.Readable(q.Provider)
	case q.Caller == "anonymous":
		who = "anyone without credentials"
	case role && account == model.OtherAccount:
		who = "any account"
	case role:
		who = "account " + policy.Readable(account)
	case strings.HasSuffix(q.Caller, ":role/"+model.AdministratorRole):
		who = "an administrator of account " + policy.Readable(account)
	case account == model.OtherAccount:
		who = policy.Readable(strings.Replace(q.Caller, model.OtherAccount, "‹any account›", 1))
	}
	switch q.Organization {
	case "":
	case model.NoOrganization:
		who += ", outside of the organizations that policies name"
	default:
		who += " of organization " + policy.Readable(q.Organization)
	}
	return who
}

// note adds what was taken as given, not understood, or not tried.
func (c *comparison) note() {
	seen := map[string]bool{}
	add := func(text string) {
		if text = policy.Readable(text); !seen[text] {
			seen[text] = true
			c.Notes = append(c.Notes, text)
		}
	}
	for i, name := range []string{"old", "new"} {
		for _, n := range c.Models[i].Notes {
			add("the " + name + " templates: " + n.String())
		}
		for _, s := range c.Models[i].Assembly.Stacks {
			for _, source := range s.Sources { // on which it depends what resources there are
				if text := source.String(); text != "" {
					add("the " + name + " templates: " + s.DisplayName + ": " + text)
				}
			}
		}
	}
	for _, u := range c.Untried {
		if u.Document == nil {
			add("not tried: " + u.Why)
		}
	}
}
