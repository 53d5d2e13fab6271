package enumerate

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// target is what a request is on.
type target struct {
	arn, base     string // base is the resource of the templates that it is, or is in; "" for none
	owner, region string
	nonexistent   bool
}

// targetIn is something in a resource of the templates, or itself.
func targetIn(r *resource, name string) target {
	a, _ := arn.Parse(name)
	region := a.Region
	if region == "" {
		region = r.of.Stack.Region
	}
	return target{arn: name, base: r.arn, owner: r.of.Stack.Account, region: region}
}

// parts are examples of what is in a resource, by the service in its ARN and the beginning of the rest.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var parts = map[string][]string{"s3": {"/" + model.AnyName}, "dynamodb": {"/index/" + model.AnyName, "/stream/" + model.AnyName}, "lambda": {":" + model.AnyName}, "logs": {":*", ":log-stream:" + model.AnyName}}

// partsOf are a resource and examples of what is in it, as far as a statement is about them. Others are statements whose patterns give further examples.
func (d *derivation) partsOf(r *resource, s statement, others []statement) []target {
	a, _ := arn.Parse(r.arn)
	names := []string{r.arn}
	if !strings.Contains(a.Resource, "/") || a.Service != "s3" { // an access point has no such parts
		for _, part := range parts[a.Service] {
			names = append(names, r.arn+part)
		}
	}
	for _, other := range append(slices.Clone(others), s) {
		for _, pattern := range other.Resources {
			if one := model.Example(pattern); one != pattern || strings.HasPrefix(pattern, r.arn) {
				if strings.HasPrefix(one, r.arn+"/") || strings.HasPrefix(one, r.arn+":") {
					names = append(names, one)
				}
			}
		}
	}
	var all []target
	for _, name := range names {
		if isAbout(s.Elements, name) && !slices.ContainsFunc(all, func(t target) bool { return t.arn == name }) {
			all = append(all, targetIn(r, name))
		}
	}
	return all
}

// isAbout says that a statement is about a resource, as far as its Resource element says. That of a trust policy has none.
func isAbout(e policy.Elements, name string) bool {
	if len(e.Resources) == 0 {
		return true
	}
	return slices.ContainsFunc(e.Resources, func(pattern string) bool { return model.Like(pattern, name) }) != e.NotResource
}

// resourcesOf are the resources of the templates that a statement of a principal is about, and which it may reach: in its own account, or with a policy.
func (d *derivation) resourcesOf(service string, s statement, p *accounts.Principal) (all []target) {
	for of, some := range d.byService {
		if of != service && (service != "sts" || of != "iam") {
			continue
		}
		for _, r := range some {
			if r.of.Stack.Account != p.Stack.Account && !r.hasPolicy || r.arn == p.ARN && service == "sts" {
				continue
			}
			all = append(all, d.partsOf(r, s, slices.Concat(d.about[p.ARN], d.about[r.arn]))...)
		}
	}
	slices.SortFunc(all, func(a, b target) int { return strings.Compare(a.arn, b.arn) })
	return all
}

// examples asks about what a statement of a principal is about outside of the templates: an example of each pattern, and where that is a mere "*", of each
// type of resource that the actions are on.
func (d *derivation) examples(service string, s statement, p *accounts.Principal) {
	var names []string
	own := d.about[p.ARN]
	byKind := !s.NotResource && slices.Contains(s.Resources, "*") && d.namesNone(service, own)
	if byKind {
		types := authorization.Types(service)
		for _, c := range d.kinds(s, service, own) {
			on := target{arn: "*", nonexistent: true, owner: p.Stack.Account, region: p.Stack.Region}
			if i := slices.IndexFunc(types, func(t authorization.Type) bool { return slices.Contains(c.action.Resources, t.Name) }); i >= 0 {
				if name := exampleOf(types[i], p); name != "" && !d.isOfTemplates(name) {
					on.arn = name
				}
			}
			d.askAll(Question{Caller: p.ARN}, on, []class{c}, s, own, false)
		}
	}
	for _, pattern := range s.Resources {
		a, ok := arn.Parse(pattern)
		switch {
		case byKind && !ok:
		case !ok || s.NotResource:
			names = append(names, "*")
			for _, t := range authorization.Types(service) {
				names = append(names, exampleOf(t, p))
			}
		case a.Service == service, service == "sts" && a.Service == "iam", strings.ContainsAny(a.Service, "*?"):
			name := exampleIn(a, p)
			names = append(names, name)
			if strings.ContainsAny(a.Resource, "*?") && len(d.actionsOn(service, name)) == 0 { // the pattern does not say of which type
				for _, t := range authorization.Types(service) {
					names = append(names, exampleOf(t, p))
				}
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if d.isOfTemplates(name) || name == "" || name != "*" && !isAbout(s.Elements, name) {
			continue
		}
		a, _ := arn.Parse(name)
		// What is elsewhere has a policy that no template has. What may be the account's own has none, as far as the templates say.
		isOwn := name == "*" || a.Account == "" || a.Account == p.Stack.Account
		on := target{arn: name, nonexistent: isOwn, region: a.Region}
		if isOwn {
			on.owner = p.Stack.Account
		}
		if on.region == "" {
			on.region = p.Stack.Region
		}
		d.ask(Question{Caller: p.ARN}, on, service, s, d.about[p.ARN], false)
	}
}

// exampleIn is an ARN that a pattern means, in the account and region of a principal where it means any.
func exampleIn(pattern arn.ARN, p *accounts.Principal) string {
	if pattern.Account == "*" {
		pattern.Account = p.Stack.Account
	}
	if pattern.Region == "*" {
		pattern.Region = p.Stack.Region
	}
	return model.Example(pattern.String())
}

// exampleOf is an ARN of a type of resource in the account of a principal. "" for one that belongs to AWS, or another account.
func exampleOf(t authorization.Type, p *accounts.Principal) string {
	a, ok := arn.Parse("arn:" + p.Stack.Partition + ":" + t.Formats[0])
	if !ok {
		return ""
	}
	if a.Account == "*" {
		a.Account = p.Stack.Account
	}
	if a.Region == "*" {
		a.Region = p.Stack.Region
	}
	a.Resource = model.Example(a.Resource)
	return a.String()
}

// isOfTemplates says that a resource of an assembly is what a name means, or has it.
func (d *derivation) isOfTemplates(name string) bool {
	if d.has[name] != nil {
		return true
	}
	return slices.ContainsFunc(d.Models, func(m *model.Model) bool {
		_, ok := m.Accounts.ResourceOf(name)
		return ok
	})
}
