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
	listed map[ofService]map[string]bool     // the actions of a service that a statement lists
	can    map[string][]authorization.Action // the actions that can be on a resource, by service and ARN
	asked  int                               // how often a request was derived, also one that was asked before
}

// ofService is a statement as far as it is about a service.
type ofService struct {
	Source
	service string
}

func newActions() actions {
	return actions{listed: map[ofService]map[string]bool{}, can: map[string][]authorization.Action{}}
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
	key := ofService{s.Source, service}
	listed, ok := a.listed[key]
	if !ok {
		listed = listedOf(service, s.Actions)
		a.listed[key] = listed
	}
	return listed[action] != s.NotAction
}

// listedOf are the actions of a service that patterns mean. A pattern that is unknown may mean any.
func listedOf(service string, patterns []string) map[string]bool {
	all := map[string]bool{}
	for _, pattern := range patterns {
		of, _, ok := strings.Cut(pattern, ":")
		if known := policy.IsKnown(pattern); known && ok && !strings.ContainsAny(of, "*?") && !strings.EqualFold(of, service) {
			continue
		}
		low := strings.ToLower(pattern)
		for _, one := range authorization.Of(service) {
			if !policy.IsKnown(pattern) || model.Like(low, strings.ToLower(one.Name)) {
				all[one.Name] = true
			}
		}
	}
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
		// A version or an alias is invoked as its function is.
		// https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
		if parts, ok := arn.Parse(resource); ok && service == "lambda" && strings.Count(parts.Resource, ":") == 2 {
			parts.Resource = parts.Resource[:strings.LastIndexByte(parts.Resource, ':')]
			for _, one := range authorization.On(service, parts.String()) {
				if strings.HasPrefix(one.Name, "lambda:Invoke") && !slices.ContainsFunc(all, func(other authorization.Action) bool { return other.Name == one.Name }) {
					all = append(all, one)
				}
			}
		}
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
	return a.classesOf(a.actionsOn(service, resource), s, about, true)
}

func (a *actions) classesOf(some []authorization.Action, s statement, about []statement, byType bool) []class {
	at := map[string]int{}
	var all []class
	for _, one := range some {
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
		if signature += string(signs); byType {
			signature += strings.Join(one.Resources, ",")
		}
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

// namesNone says that statements name no single resource of a service, so that its resources make no difference to them.
func (a *actions) namesNone(service string, about []statement) bool {
	return !slices.ContainsFunc(about, func(s statement) bool {
		return slices.ContainsFunc(s.Resources, func(pattern string) bool {
			of, ok := arn.Parse(pattern)
			return pattern != "*" && (!ok || of.Service == service || strings.ContainsAny(of.Service, "*?") || service == "sts" && of.Service == "iam")
		})
	})
}

// kinds are the actions of a service that a statement is about, in classes as far as statements differ on them, whatever they are on.
func (a *actions) kinds(s statement, service string, about []statement) []class {
	key := service + " any"
	if _, ok := a.can[key]; !ok {
		var all []authorization.Action
		for _, one := range authorization.Of(service) {
			if service != "sts" || assumes(one.Name) {
				one.Resources = one.Resources[:min(1, len(one.Resources))]
				all = append(all, one)
			}
		}
		a.can[key] = all
	}
	return a.classesOf(a.can[key], s, about, false)
}

// ask asks the requests of a caller that a statement is about, on a resource. Own are the statements that decide on the caller's requests.
func (d *derivation) ask(caller Question, on target, service string, s statement, own []statement, outsider bool) {
	about := d.about[on.base]
	if service == "sts" {
		about = d.about[trustOf(on.base)]
	}
	about = slices.Concat(own, about)
	d.askAll(caller, on, d.classes(s, service, on.arn, about), s, about, outsider)
}

// askAll asks the requests of classes of actions.
func (d *derivation) askAll(caller Question, on target, classes []class, s statement, about []statement, outsider bool) {
	for _, c := range classes {
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
			all = append(all, fromAllows(relevant, outsider)...)
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
func fromAllows(relevant []statement, outsider bool) (all []map[string][]string) {
	for _, s := range relevant {
		if s.effect == policy.Allow {
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

// someRegion is the region of what is elsewhere, where the own one is not known.
const someRegion = "us-east-1"

// sources are the condition keys of requests that a service makes for somebody: on behalf of another account, and of nobody.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func sources(base map[string][]string, service string, on target) []map[string][]string {
	name, _, _ := strings.Cut(service, ".")
	a, _ := arn.Parse(on.arn)
	region := on.region
	if !policy.IsKnown(region) {
		region = someRegion
	}
	foreign := arn.ARN{Partition: a.Partition, Service: name, Region: region, Account: model.OtherAccount, Resource: model.AnyName}
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
