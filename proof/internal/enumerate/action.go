package enumerate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// actions are the actions of AWS by the patterns of policies. What was found is kept.
type actions struct {
	meant map[string]map[string]bool        // the actions of a service that a pattern means, by service and pattern
	can   map[string][]authorization.Action // the actions that can be on a resource, by service and ARN
	asked int                               // how often a request was derived, also one that was asked before
}

func newActions() actions {
	return actions{meant: map[string]map[string]bool{}, can: map[string][]authorization.Action{}}
}

// servicesOf are the services whose actions a statement is about: those of its patterns, or of all resources of the templates.
func (d *derivation) servicesOf(e policy.Elements) []string {
	var all []string
	everyService := e.NotAction
	for _, pattern := range e.Actions {
		service, _, ok := strings.Cut(strings.ToLower(pattern), ":")
		switch {
		case e.NotAction:
		case !ok, strings.ContainsAny(service, "*?"), !policy.IsKnown(service):
			everyService = true
		default:
			all = append(all, service)
		}
	}
	if everyService {
		for service := range d.byService {
			all = append(all, service)
		}
		all = append(all, "sts")
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// matches says that a statement is about an action, as far as its Action element says.
func (a *actions) matches(s statement, action string) bool {
	service, _, _ := strings.Cut(action, ":")
	for _, pattern := range s.Actions {
		if a.means(service, pattern)[action] {
			return !s.NotAction
		}
	}
	return s.NotAction
}

// means are the actions of a service that a pattern means. One that is unknown may mean any.
func (a *actions) means(service, pattern string) map[string]bool {
	key := service + " " + pattern
	if all := a.meant[key]; all != nil {
		return all
	}
	all := map[string]bool{}
	low := strings.ToLower(pattern)
	for _, one := range authorization.Of(service) {
		if !policy.IsKnown(pattern) || model.Like(low, strings.ToLower(one.Name)) {
			all[one.Name] = true
		}
	}
	a.meant[key] = all
	return all
}

// actionsOn are the actions that can be on a resource; for "*" those that can be on no single one.
func (a *actions) actionsOn(service, resource string) []authorization.Action {
	key := service + " " + resource
	if all, ok := a.can[key]; ok {
		return all
	}
	var all []authorization.Action
	if resource == "*" {
		for _, one := range authorization.Of(service) {
			if len(one.Resources) == 0 {
				all = append(all, one)
			}
		}
	} else {
		all = authorization.On(service, resource)
	}
	if service == "sts" { // other ways to use a role are parts of this one
		all = slices.DeleteFunc(slices.Clone(all), func(one authorization.Action) bool { return !assumes(one.Name) })
	}
	a.can[key] = all
	return all
}

// class is actions about which all statements say the same.
type class struct {
	action authorization.Action // the one that stands for all
	all    []string
}

// classes are the actions that a statement is about on a resource, in classes: of two of one, the same statements are about both, they are on the same
// types of resources, and they need the same of a key.
func (a *actions) classes(s statement, service, resource string, about []statement) []class {
	at := map[string]int{}
	var all []class
	for _, one := range a.actionsOn(service, resource) {
		if !a.matches(s, one.Name) {
			continue
		}
		signature := fmt.Sprint(model.KeyActions(one.Name), strings.Contains(one.Name, "Stream"), assumes(one.Name))
		signs := make([]byte, len(about))
		for i := range about {
			if signs[i] = '-'; a.matches(about[i], one.Name) {
				signs[i] = '+'
			}
		}
		signature += string(signs) + strings.Join(one.Resources, ",")
		i, ok := at[signature]
		if !ok {
			i = len(all)
			at[signature] = i
			all = append(all, class{action: one})
		}
		all[i].all = append(all[i].all, one.Name)
	}
	for i := range all {
		slices.Sort(all[i].all)
	}
	return all
}

// ask asks the requests of a caller that a statement is about, on a resource. Own are the statements that decide on the caller's requests.
func (d *derivation) ask(caller Question, on target, service string, s statement, own []statement, outsider bool) {
	about := d.about[on.base]
	if service == "sts" {
		about = d.about[trustOf(on.base)]
	}
	about = slices.Concat(own, about)
	for _, c := range d.classes(s, service, on.arn, about) {
		if !suits(caller, c.action.Name) {
			continue
		}
		var relevant []statement
		for _, other := range about {
			if d.matches(other, c.action.Name) && isAbout(other.Elements, on.arn) && len(other.Conditions) > 0 {
				relevant = append(relevant, other)
			}
		}
		all, complete := contexts(s.Elements, relevant, outsider)
		if s.effect == policy.Deny {
			all = append(all, fromAllows(about, relevant, outsider)...)
		}
		if model.IsService(caller.Caller) && !assumes(c.action.Name) {
			all = append(all, sources(all[0], caller.Caller, on)...)
		}
		if !complete {
			d.Untried = append(d.Untried, Untried{s.Source, "some of its condition keys on " + policy.Readable(on.arn) + ", which are too many"})
		}
		for _, context := range all {
			q := caller
			q.Action, q.Actions, q.Resource, q.Owner, q.Region, q.Nonexistent, q.Context = c.action.Name, c.all, on.arn, on.owner, on.region, on.nonexistent, context
			if on.base != "" {
				d.baseOf[q.Resource] = on.base
			}
			d.add(q, s.Source)
			d.asked++
		}
	}
}

// fromAllows are the condition keys with which statements that allow something are asked, where one that denies it is changed.
func fromAllows(about, relevant []statement, outsider bool) (all []map[string][]string) {
	for _, s := range about {
		if s.effect == policy.Allow && len(s.Conditions) > 0 {
			some, _ := contexts(s.Elements, relevant, outsider)
			all = append(all, some[0])
		}
	}
	return all
}

// suits says that a caller makes requests of an action: who assumes a role by which.
func suits(caller Question, action string) bool {
	switch action {
	case "sts:AssumeRoleWithWebIdentity":
		return strings.Contains(caller.Provider, ":oidc-provider/") || caller.Provider != "" && !strings.Contains(caller.Provider, ":saml-provider/")
	case "sts:AssumeRoleWithSAML":
		return strings.Contains(caller.Provider, ":saml-provider/")
	}
	return caller.Provider == ""
}

// sources are the condition keys of requests that a service makes for somebody: on behalf of another account, and of nobody.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func sources(base map[string][]string, service string, on target) []map[string][]string {
	name, _, _ := strings.Cut(service, ".")
	a, _ := arn.Parse(on.arn)
	foreign := arn.ARN{Partition: a.Partition, Service: name, Region: on.region, Account: model.OtherAccount, Resource: model.AnyName}
	set := func(account, source string) map[string][]string {
		one := map[string][]string{}
		for key, values := range base {
			if low := strings.ToLower(key); low != "aws:sourceaccount" && low != "aws:sourcearn" {
				one[key] = values
			}
		}
		if account != "" {
			one["aws:SourceAccount"], one["aws:SourceArn"] = []string{account}, []string{source}
		}
		return one
	}
	return []map[string][]string{set(model.OtherAccount, foreign.String()), set("", "")}
}
