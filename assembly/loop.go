package assembly

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// Fn::ForEach makes several keys of one, with the values of a collection put in for an identifier.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
const loopPrefix = "Fn::ForEach"

// expand writes out the loops of a node, as far as their collections are known. A loop that cannot be written out stays.
func (e *evaluation) expand(node any, b *budget) any {
	switch v := node.(type) {
	case *call:
		return &call{v.name, e.expand(v.argument, b)}
	case []any:
		all := make([]any, len(v))
		for i, item := range v {
			all[i] = e.expand(item, b)
		}
		return all
	case map[string]any:
		return e.expandObject(v, b)
	}
	return node
}

func (e *evaluation) expandObject(m map[string]any, b *budget) map[string]any {
	all := make(map[string]any, len(m))
	add := func(key string, node any) {
		if _, twice := all[key]; twice {
			e.note("found %q twice once loops are written out, expected it once", key)
		}
		all[key] = node
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		bodies, ok := e.bodies(key, m[key], b)
		if !ok {
			add(key, e.expand(m[key], b))
			continue
		}
		for _, body := range bodies {
			for _, key := range slices.Sorted(maps.Keys(body)) {
				add(key, body[key])
			}
		}
	}
	return all
}

// bodies are what a loop makes, one for each value; false if the key is no loop, or one that cannot be written out.
func (e *evaluation) bodies(key string, node any, b *budget) (all []map[string]any, ok bool) {
	if !strings.HasPrefix(key, loopPrefix) {
		return nil, false
	}
	l, ok := arguments(node, 3, 3)
	if !ok {
		return nil, false
	}
	identifier, body := word(l[0]), object(l[2])
	collection, ok := e.of(l[1]).([]any)
	if !ok || identifier == "" || body == nil {
		return nil, false
	}
	for _, item := range collection {
		value, ok := item.(string)
		if !ok || !policy.IsKnown(value) {
			return nil, false
		}
		s := substitution{identifier, strings.NewReplacer("${"+identifier+"}", value, "&{"+identifier+"}", alphanumeric(value)), value, b}
		made, ok := s.in(body)
		if !ok {
			return nil, false
		}
		all = append(all, e.expandObject(made.(map[string]any), b))
	}
	return all, true
}

// substitution puts one value in for an identifier.
type substitution struct {
	identifier string
	texts      *strings.Replacer
	value      string
	budget     *budget
}

// in returns a copy of a node with the value in it; false if it would be too large.
func (s substitution) in(node any) (any, bool) {
	if s.budget.take() != nil {
		return nil, false
	}
	switch v := node.(type) {
	case string:
		made := s.texts.Replace(v)
		s.budget.values += len(made) / 100
		return made, true
	case *call:
		if v.name == "Ref" && v.argument == s.identifier {
			return s.value, true
		}
		argument, ok := s.in(v.argument)
		return &call{v.name, argument}, ok
	case []any:
		all := make([]any, len(v))
		for i, item := range v {
			var ok bool
			if all[i], ok = s.in(item); !ok {
				return nil, false
			}
		}
		return all, true
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, item := range v {
			made, ok := s.in(item)
			name := s.texts.Replace(key)
			if _, twice := all[name]; !ok || twice {
				return nil, false
			}
			all[name] = made
		}
		return all, true
	}
	return node, true
}

func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, s)
}
