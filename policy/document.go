package policy

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/pattern"
)

// Policies are all policies that apply to a request. What is left out does not apply. A nil document stands for a policy that is not available:
// it allows nothing.
type Policies struct {
	// Identity is the policies of the principal: a user's own and those of its groups, or a role's.
	Identity []*Document
	// Session is the session policies. Default none: the session has all permissions of the principal.
	Session []*Document
	// Boundaries are the principal's permissions boundaries. Each must allow the request. Default none.
	Boundaries []*Document
	// ServiceControl is the SCPs of the principal's account, by level of the organization from the root down to the account. On each level one
	// must allow the request. Default none.
	ServiceControl [][]*Document
	// ResourceControl is the RCPs of the resource's account, by level as well. Default none.
	ResourceControl [][]*Document
	// Resource is the policy of the resource. For sts:AssumeRole and similar actions it is the trust policy, for KMS the key policy. Default
	// none.
	Resource *Document
	// Endpoints are the policies of the VPC endpoints that the request passes. Each must allow the request. Default none.
	Endpoints []*Document
}

// of returns the policies of a kind, and of a level for those of an organization.
func (p *Policies) of(k Kind, level int) []*Document {
	switch k {
	case Identity:
		return p.Identity
	case Session:
		return p.Session
	case Boundary:
		return p.Boundaries
	case Endpoint:
		return p.Endpoints
	case ServiceControl:
		return p.ServiceControl[level]
	case ResourceControl:
		return p.ResourceControl[level]
	}
	return []*Document{p.Resource}
}

// Document is a parsed policy, ready to be matched. It is safe for use by several goroutines.
type Document struct {
	// Name is what Explain calls the policy, such as "the endpoint policy of com.amazonaws.eu-west-1.s3". Parse does not set it; set it before
	// the first use. Default its kind and index.
	Name string
	// Version is "2008-10-17" (also when the document has none) or "2012-10-17".
	Version string
	// ID is the policy's Id, "" for none.
	ID string
	// Statements are in the order of the document.
	Statements []Statement

	hasID bool
	// size is in characters; sizeWithoutSpace does not count the white space outside strings.
	size, sizeWithoutSpace int
}

// Statement is one statement of a document, compiled for matching.
type Statement struct {
	// Sid is the statement's identifier, "" for none.
	Sid string
	// Effect is what the statement does with the requests that it matches.
	Effect Effect
	// Index is the statement's position in the document, from 0.
	Index int

	principals                           []principal
	actions                              []actionPattern
	resources                            []resourcePattern
	conditions                           []condition
	notPrincipal, notAction, notResource bool
}

// Elements are the elements of a statement, as the document writes them.
type Elements struct {
	// Principals are by type: "AWS", "Service", "Federated", "CanonicalUser", and "" for "*" instead of an object.
	Principals map[string][]string
	// Actions and Resources are those of NotAction and NotResource, too.
	Actions, Resources []string
	// NotPrincipal, NotAction and NotResource say that the element excludes what it lists.
	NotPrincipal, NotAction, NotResource bool
	// Conditions are the values by operator and key.
	Conditions map[string]map[string][]string
}

// Elements returns the elements of the statement.
func (s *Statement) Elements() Elements {
	e := Elements{NotPrincipal: s.notPrincipal, NotAction: s.notAction, NotResource: s.notResource, Principals: map[string][]string{}}
	for i := range s.principals {
		p := &s.principals[i]
		e.Principals[p.group] = append(e.Principals[p.group], p.raw)
	}
	for i := range s.actions {
		e.Actions = append(e.Actions, s.actions[i].Raw)
	}
	for i := range s.resources {
		e.Resources = append(e.Resources, s.resources[i].Raw)
	}
	e.Conditions = map[string]map[string][]string{}
	for i := range s.conditions {
		q := &s.conditions[i]
		if e.Conditions[q.name] == nil {
			e.Conditions[q.name] = map[string][]string{}
		}
		for j := range q.values {
			e.Conditions[q.name][q.key] = append(e.Conditions[q.name][q.key], q.values[j].Raw)
		}
	}
	return e
}

// ConditionValues returns the values that the conditions of the document compare a key with, in the order of the document. The case of the key does not
// matter.
func (d *Document) ConditionValues(key string) []string {
	key = strings.ToLower(key)
	var all []string
	for i := range d.Statements {
		for j := range d.Statements[i].conditions {
			q := &d.Statements[i].conditions[j]
			if q.lowerKey != key {
				continue
			}
			for k := range q.values {
				all = append(all, q.values[k].Raw)
			}
		}
	}
	return all
}

// ConditionKeys returns the condition keys that the document uses, in conditions and policy variables, in lower case, sorted.
func (d *Document) ConditionKeys() []string {
	var keys []string
	variables := func(p *pattern.Pattern) {
		for i := range p.Variables {
			keys = append(keys, p.Variables[i].Key)
		}
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		for j := range s.resources {
			variables(&s.resources[j].Pattern)
		}
		for j := range s.conditions {
			q := &s.conditions[j]
			keys = append(keys, q.lowerKey)
			for k := range q.values {
				variables(&q.values[k].Pattern)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
