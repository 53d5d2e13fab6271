package main

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Kinds of policies, by what they are attached to.
const (
	identity       = "identity"
	trust          = "trust"
	resourcePolicy = "resource" // of a bucket, a table, a key, a topic
	endpoint       = "endpoint"
)

// site is where policies are in the properties of a type.
type site struct {
	kind string
	at   place
}

// sites are the types that hold policies.
var sites = map[string][]site{
	"AWS::DynamoDB::Table":                {{resourcePolicy, place{"ResourcePolicy", "PolicyDocument"}}},
	"AWS::EC2::VPCEndpoint":               {{endpoint, place{"PolicyDocument"}}},
	"AWS::IAM::ManagedPolicy":             {{identity, place{"PolicyDocument"}}},
	"AWS::IAM::Policy":                    {{identity, place{"PolicyDocument"}}},
	"AWS::IAM::Role":                      {{trust, place{"AssumeRolePolicyDocument"}}},
	"AWS::IAM::RolePolicy":                {{identity, place{"PolicyDocument"}}},
	"AWS::Kinesis::ResourcePolicy":        {{resourcePolicy, place{"ResourcePolicy"}}},
	"AWS::KMS::Key":                       {{resourcePolicy, place{"KeyPolicy"}}},
	"AWS::S3::BucketPolicy":               {{resourcePolicy, place{"PolicyDocument"}}},
	"AWS::SNS::TopicPolicy":               {{resourcePolicy, place{"PolicyDocument"}}},
	"AWS::SQS::QueuePolicy":               {{resourcePolicy, place{"PolicyDocument"}}},
	"AWS::SecretsManager::ResourcePolicy": {{resourcePolicy, place{"ResourcePolicy"}}},
}

// statement is one of a policy in a template.
type statement struct {
	*resource
	kind string
	// in is its place within the properties; raw is the statement as written.
	in    place
	raw   map[string]any
	alone bool // in its policy
}

// statements are those of all policies of a resource.
func (r *resource) statements() []*statement {
	found := sites[r.Type]
	if r.Type == "AWS::IAM::Role" {
		for i := range list(r.property("Policies")) {
			found = append(found[:len(found):len(found)], site{identity, place{"Policies", i, "PolicyDocument"}})
		}
	}
	if r.Type == "AWS::DynamoDB::GlobalTable" {
		for i := range list(r.property("Replicas")) {
			found = append(found, site{resourcePolicy, place{"Replicas", i, "ResourcePolicy", "PolicyDocument"}})
		}
	}
	var all []*statement
	for _, s := range found {
		items, ok := at(r.raw["Properties"], s.at.then("Statement")).([]any)
		for i := range items {
			all = append(all, &statement{r, s.kind, s.at.then("Statement", i), object(items[i]), len(items) == 1})
		}
		if one := object(at(r.raw["Properties"], s.at.then("Statement"))); !ok && one != nil {
			all = append(all, &statement{r, s.kind, s.at.then("Statement"), one, true})
		}
	}
	return all
}

// set is the statement with another value of one element; shown is where in the element, if not all of it changes.
func (s *statement) set(element string, value any, what string, shown ...any) change {
	changed := maps.Clone(s.raw)
	changed[element] = value
	if _, drop := value.(nothing); drop {
		delete(changed, element)
	}
	return newChange(s.at.then("Properties").then(s.in...), changed, s.in.then(element).then(shown...), what)
}

// swapped is the statement with one element under another name, such as NotAction for Action.
func (s *statement) swapped(from, to string) []change {
	value, ok := s.raw[from]
	if !ok {
		return nil
	}
	c := s.set(from, nothing{}, to)
	c.value.(map[string]any)[to] = value
	return []change{c}
}

// elementText is what an item of an element resolves to.
func (s *statement) elementText(steps ...any) string {
	p := s.in.then(steps...)
	if text := s.text(p); text != "" {
		return text
	}
	if last := len(p) - 1; p[last] == 0 {
		return s.text(p[:last]) // one that stands alone
	}
	return ""
}

func statementOperators() []*operator {
	return []*operator{
		{name: "drop the statement", statement: func(s *statement) []change {
			if s.alone { // AWS takes no policy without statements
				return []change{s.set("Action", "none:Nothing", "nothing")}
			}
			return []change{newChange(s.at.then("Properties").then(s.in...), nothing{}, s.in, "no more")}
		}},
		{name: "flip the effect", statement: func(s *statement) []change {
			if s.raw["Effect"] == "Allow" {
				return []change{s.set("Effect", "Deny", "Deny")}
			}
			return []change{s.set("Effect", "Allow", "Allow")}
		}},
	}
}

// view is a statement as rules read it: resolved, before or after the change. Nil means none.
type view struct {
	effect                               string
	actions, resources, arns, services   []string
	everyone                             bool
	notAction, notResource, notPrincipal bool
	conditions                           map[string]any
}

// before and after are the statement of a mutant without the change, and with it.
func (m *mutant) before() *view { return viewOf(object(at(m.resource.Properties, m.statement.in))) }

func (m *mutant) after() *view {
	changed, ok := m.change.value.(map[string]any)
	if !ok {
		return nil
	}
	return viewOf(object(resolved(changed, m.statement.raw, at(m.resource.Properties, m.statement.in))))
}

// resolved is a changed value, of which what is as it was resolves as it did.
func resolved(changed, raw, was any) any {
	if reflect.DeepEqual(changed, raw) {
		return was
	}
	switch value := changed.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, item := range value {
			all[key] = resolved(item, object(raw)[key], object(was)[key])
		}
		return all
	case []any:
		all := slices.Clone(value)
		for i, item := range value {
			for j, other := range list(raw) {
				if items := list(was); reflect.DeepEqual(item, other) && j < len(items) {
					all[i] = items[j]
				}
			}
		}
		return all
	}
	return changed
}

func viewOf(s map[string]any) *view {
	v := &view{effect: word(s["Effect"]), actions: texts(s["Action"]), resources: texts(s["Resource"]), conditions: object(s["Condition"]),
		notAction: s["NotAction"] != nil, notResource: s["NotResource"] != nil, notPrincipal: s["NotPrincipal"] != nil}
	v.arns, v.services = texts(object(s["Principal"])["AWS"]), texts(object(s["Principal"])["Service"])
	v.everyone = s["Principal"] == "*" || slices.Contains(v.arns, "*")
	return v
}

func texts(node any) (all []string) {
	for _, item := range list(node) {
		all = append(all, word(item))
	}
	return all
}

// plain says that the statement has no NotPrincipal, NotAction or NotResource.
func (v *view) plain() bool { return !v.notAction && !v.notResource && !v.notPrincipal }

// only says that each action is one of a service.
func (v *view) only(service string) bool {
	return !v.notAction && len(v.actions) > 0 && all(v.actions, func(a string) bool { return strings.HasPrefix(a, service+":") })
}

// on says that each resource is one of a service.
func (v *view) on(service string) bool {
	return !v.notResource && len(v.resources) > 0 && all(v.resources, func(arn string) bool { return serviceOfARN(arn) == service })
}

// condition are the values of a key, under an operator.
func (v *view) condition(operator, key string) []string {
	return texts(object(v.conditions[operator])[key])
}

// covers says that the resources include a bucket and all of its objects.
func (v *view) covers(bucket string) bool {
	takes := func(arn string) bool {
		return slices.ContainsFunc(v.resources, func(pattern string) bool {
			front, wild := strings.CutSuffix(pattern, "*")
			return pattern == arn || wild && strings.HasPrefix(arn, front)
		})
	}
	return !v.notResource && takes(bucket) && takes(bucket+"/\x01")
}

func all[T any](items []T, is func(T) bool) bool {
	return !slices.ContainsFunc(items, func(item T) bool { return !is(item) })
}
