package assembly

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// parameter is one of a template's parameters.
type parameter struct {
	body  map[string]any
	known bool // whether value is
	value any
}

// parameter resolves one: what is given, or its default. One whose value is secret, or read from Systems Manager at deployment, is unknown.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
func (r *resolver) parameter(s *scope, name string) any {
	p := s.parameters[name]
	if !p.known && r.enter(step{s, "parameter", name}) {
		p.value, p.known = r.parameterValue(s, name, p.body), true
		r.leave()
	}
	return p.value
}

func (r *resolver) parameterValue(s *scope, name string, body map[string]any) any {
	kind := word(body["Type"])
	secret, _ := text(body["NoEcho"])
	unknown := named(s.Label + "." + name)
	e := &evaluation{resolver: r, scope: s, id: name}
	v, given := e.given(name)
	if !given {
		v, given = body["Default"]
	}
	if !given || strings.EqualFold(secret, "true") || strings.HasPrefix(kind, "AWS::SSM::Parameter::Value<") {
		return unknown
	}
	if !isList(kind) {
		value, ok := text(v)
		if !ok {
			return e.unknown("found a value that is no text, expected a text")
		}
		return e.dynamic(value)
	}
	if items, is := v.([]any); is {
		return items
	}
	value, ok := text(v)
	if !ok {
		return e.unknown("found a value that is neither text nor list, expected one of them")
	}
	if value = e.dynamic(value); !policy.IsKnown(value) && !e.isPlain(value) {
		return e.derived("List", value)
	}
	return split(value)
}

// given is what a parameter gets from outside: from the resource of a nested stack, or whoever deploys it.
func (e *evaluation) given(name string) (any, bool) {
	outer := e.scope.parent
	if outer == nil {
		v, is := e.scope.artifact.parameters[name]
		return v, is
	}
	properties := object(outer.resources[e.scope.Within].properties)
	parameters, is := properties["Parameters"].(map[string]any)
	if properties["Parameters"] != nil && !is || functionIn(parameters) != "" || functionIn(properties) != "" {
		return e.derived("Parameter", outer.Label, e.scope.Within, name), true
	}
	node, is := parameters[name]
	if !is {
		return nil, false
	}
	at := &evaluation{resolver: e.resolver, scope: outer, id: e.scope.Within}
	at.path = []segment{{key: "Properties"}, {key: "Parameters"}, {key: name}}
	v := at.of(node)
	return v, v != absent{}
}

func isList(kind string) bool {
	return kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<")
}

func split(text string) []any {
	all := []any{}
	for part := range strings.SplitSeq(text, ",") {
		all = append(all, strings.TrimSpace(part))
	}
	return all
}
