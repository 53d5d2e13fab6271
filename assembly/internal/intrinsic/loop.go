package intrinsic

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/policy"
)

// ExpandLoops replaces each Fn::ForEach in a section of a template by what it makes, as far as its collection is known. A loop that cannot
// be expanded remains.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
func (e *Evaluation) ExpandLoops(section map[string]any) map[string]any {
	return e.expandObject(section, &document.Budget{})
}

func (e *Evaluation) expand(node any, b *document.Budget) any {
	switch v := node.(type) {
	case *document.Call:
		return &document.Call{Name: v.Name, Argument: e.expand(v.Argument, b)}
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

func (e *Evaluation) expandObject(m map[string]any, b *document.Budget) map[string]any {
	all := make(map[string]any, len(m))
	add := func(key string, node any) {
		if _, twice := all[key]; twice {
			e.Note("found %q twice after the loops are expanded, expected it once", key)
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

// bodies returns what a loop makes, one object for each value; false if the key is not a loop, or if the loop cannot be expanded.
func (e *Evaluation) bodies(key string, node any, b *document.Budget) (all []map[string]any, ok bool) {
	if !strings.HasPrefix(key, document.LoopPrefix) {
		return nil, false
	}
	l, ok := arguments(node, 3, 3)
	if !ok {
		return nil, false
	}
	identifier, body := document.String(l[0]), document.Object(l[2])
	collection, ok := e.Value(l[1]).([]any)
	if !ok || identifier == "" || body == nil {
		return nil, false
	}
	for _, item := range collection {
		value, ok := document.Text(item)
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

// substitution replaces the identifier of a loop by one value.
type substitution struct {
	identifier string
	texts      *strings.Replacer
	value      string
	budget     *document.Budget
}

// in returns a copy of a node with the value in it; false if the copy would be too large or would have a key twice.
func (s substitution) in(node any) (any, bool) {
	if s.budget.Take() != nil {
		return nil, false
	}
	switch v := node.(type) {
	case string:
		made := s.texts.Replace(v)
		return made, s.budget.TakeMany(len(made)/100) == nil
	case *document.Call:
		if v.Name == "Ref" && v.Argument == s.identifier {
			return s.value, true
		}
		argument, ok := s.in(v.Argument)
		return &document.Call{Name: v.Name, Argument: argument}, ok
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
