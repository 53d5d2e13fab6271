package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// place is where something stands in a template: keys of objects and indexes of lists.
type place []any

// nothing is the value of what is taken away.
type nothing struct{}

// then is a place further in.
func (p place) then(steps ...any) place { return slices.Concat(p, steps) }

func (p place) String() string {
	var all []string
	for _, step := range p {
		all = append(all, fmt.Sprint(step))
	}
	return strings.Join(all, ".")
}

// at is what stands at a place. Nil if nothing does.
func at(node any, p place) any {
	for _, step := range p {
		switch key := step.(type) {
		case string:
			object, _ := node.(map[string]any)
			node = object[key]
		case int:
			items, _ := node.([]any)
			if key >= len(items) {
				return nil
			}
			node = items[key]
		}
	}
	return node
}

// with is a copy of a tree with another value at a place. What is not on the way there is shared.
func with(node any, p place, value any) any {
	if len(p) == 0 {
		return value
	}
	_, drop := value.(nothing)
	drop = drop && len(p) == 1
	switch key := p[0].(type) {
	case string:
		object, _ := node.(map[string]any)
		changed := maps.Clone(object)
		if changed == nil {
			changed = map[string]any{}
		}
		if drop {
			delete(changed, key)
		} else {
			changed[key] = with(object[key], p[1:], value)
		}
		return changed
	case int:
		items := slices.Clone(node.([]any))
		if drop {
			return slices.Delete(items, key, key+1)
		}
		items[key] = with(items[key], p[1:], value)
		return items
	}
	panic(fmt.Sprintf("a step of type %T", p[0]))
}

// list is a value that may stand alone or in a list.
func list(node any) []any {
	if items, ok := node.([]any); ok {
		return items
	}
	if node == nil {
		return nil
	}
	return []any{node}
}

// object is an object, nil for anything else.
func object(node any) map[string]any { m, _ := node.(map[string]any); return m }

// instead is a list with another item at one place.
func instead(node any, i int, item any) []any {
	items := slices.Clone(list(node))
	items[i] = item
	return items
}

// without is a list with one item less.
func without(node any, i int) []any { return slices.Delete(slices.Clone(list(node)), i, i+1) }
