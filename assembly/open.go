package assembly

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var logicalID = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

// open takes a stack's template apart: parameters first, which loops may need.
func (r *resolver) open(s *scope) error {
	t := s.template
	s.template, s.mappings, s.Metadata, s.Macros = nil, t.mappings, t.metadata, slices.Clone(t.macros)
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	s.parameters = make(map[string]*parameter, len(t.parameters))
	for _, id := range slices.Sorted(maps.Keys(t.parameters)) {
		body, ok := t.parameters[id].(map[string]any)
		if !ok {
			problem("Parameters.%s: found no object, expected one with a Type", id)
		}
		s.parameters[id] = &parameter{body: body}
	}
	s.conditions = map[string]*condition{}
	for id, node := range r.section(s, "Conditions", t.conditions, t.loops) {
		s.conditions[id] = &condition{node: node}
	}
	resources := r.section(s, "Resources", t.resources, t.loops)
	s.resources = make(map[string]*resource, len(resources))
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		body, _ := resources[id].(map[string]any)
		kind, ok := body["Type"].(string)
		switch {
		case !logicalID.MatchString(id):
			problem("Resources: found logical id %q, expected letters and digits", id)
		case !ok:
			problem("Resources.%s: found no Type, expected one such as AWS::S3::Bucket", id)
		case body["Condition"] != nil && word(body["Condition"]) == "":
			problem("Resources.%s: found a Condition that is no text, expected the name of one", id)
		case s.parameters[id] != nil:
			problem("Resources.%s: found a parameter of this name, too, expected another name for one of them", id)
		}
		s.resources[id] = &resource{
			Resource: &Resource{
				Stack: s.Stack, LogicalID: id, Type: kind,
				Path: word(object(body["Metadata"])["aws:cdk:path"]), DependsOn: words(body["DependsOn"]), Metadata: object(plain(body["Metadata"])),
			},
			scope: s, condition: word(body["Condition"]), properties: body["Properties"], rule: rules[kind],
		}
	}
	s.outputs = map[string]*output{}
	outputs := r.section(s, "Outputs", t.outputs, t.loops)
	for _, id := range slices.Sorted(maps.Keys(outputs)) {
		body, ok := outputs[id].(map[string]any)
		if !ok {
			problem("Outputs.%s: found no object, expected one with a Value", id)
		}
		if body["Condition"] != nil && word(body["Condition"]) == "" {
			problem("Outputs.%s: found a Condition that is no text, expected the name of one", id)
		}
		s.outputs[id] = &output{scope: s, id: id, body: body}
	}
	return errors.Join(problems...)
}

// words are a text, or the texts of a list, sorted.
func words(node any) (all []string) {
	if one, is := node.(string); is {
		return []string{one}
	}
	for _, item := range list(node) {
		all = append(all, word(item))
	}
	slices.Sort(all)
	return all
}

// section is a section of a template with its loops written out, and without what only AWS can: that is noted.
func (r *resolver) section(s *scope, name string, nodes map[string]any, loops bool) map[string]any {
	e := &evaluation{resolver: r, scope: s, path: []segment{{key: name}}}
	if loops {
		nodes = e.expandObject(nodes, &budget{})
	}
	known := nodes
	for _, key := range slices.Sorted(maps.Keys(nodes)) {
		if !strings.HasPrefix(key, "Fn::") {
			continue
		}
		e.note("found %s, which was not run: it may add anything", key)
		s.Macros = append(s.Macros, key)
		known = maps.Clone(known)
		delete(known, key)
	}
	return known
}
