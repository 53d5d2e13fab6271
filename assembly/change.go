package assembly

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// Edit is what a change does with a value of a template.
type Edit string

const (
	// SetValue puts a value in the place of another, or where there is none.
	SetValue Edit = "set"
	// AppendItem adds an item to a list. A single value becomes a list first, and where there is nothing, the list is a new one.
	AppendItem Edit = "append"
	// RemoveValue removes a value: a property, an item of a list, or a whole resource.
	RemoveValue Edit = "remove"
)

// Change is one edit of a template, which a program can make.
type Change struct {
	Edit Edit
	// Stack is the stack whose template is changed, and LogicalID the resource: one that the template has, or with SetValue and no Path a new one.
	Stack     *Stack
	LogicalID string
	// Path is where in the resource, by keys and by indexes from 0, such as "Properties", "PolicyDocument", "Statement", 0. Empty for all of the resource.
	Path []any
	// Value is what is set or appended, as a template has it: with its functions, such as {"Ref": "Table"}. Nil for RemoveValue.
	Value any
}

// ChangeOf is a change of a resource's property, or of a place within it.
func ChangeOf(r *Resource, e Edit, value any, property ...any) Change {
	return Change{Edit: e, Stack: r.Stack, LogicalID: r.LogicalID, Path: append([]any{"Properties"}, property...), Value: value}
}

// String is one line for people, such as "remove Properties.Policies.0 of Role in stack Target".
func (c Change) String() string {
	return fmt.Sprintf("%s %s of %s in stack %s", c.Edit, placeText(c.Path), c.LogicalID, c.Stack.DisplayName)
}

func placeText(path []any) string {
	if len(path) == 0 {
		return "all"
	}
	var all []string
	for _, step := range path {
		all = append(all, fmt.Sprint(step))
	}
	return strings.Join(all, ".")
}

// Apply returns a template with changes: objects as map[string]any, lists as []any. It changes none of what it is given. Indexes are those of the
// template before any of the changes. It errs if a path leads nowhere, as where a function stands in place of a list.
func Apply(template any, changes []Change) (any, error) {
	// What is removed by its index comes last, from the end of each list, so that the other indexes stay as they are.
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Change) int {
		switch removesA, removesB := a.Edit == RemoveValue, b.Edit == RemoveValue; {
		case removesA && removesB:
			return comparePaths(b.Path, a.Path)
		case removesA:
			return 1
		case removesB:
			return -1
		}
		return 0
	})
	for _, c := range changes {
		changed, err := c.in(template, append([]any{"Resources", c.LogicalID}, c.Path...))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		template = changed
	}
	return template, nil
}

func comparePaths(a, b []any) int {
	for i := range min(len(a), len(b)) {
		x, isX := a[i].(int)
		y, isY := b[i].(int)
		if isX && isY && x != y {
			return x - y
		}
	}
	return len(a) - len(b)
}

// in is a value with the change at a path in it.
func (c Change) in(value any, path []any) (any, error) {
	if len(path) == 0 {
		if c.Edit == SetValue {
			return c.Value, nil
		}
		return append(slices.Clone(Listed(value)), c.Value), nil
	}
	last := len(path) == 1 && c.Edit == RemoveValue
	switch step := path[0].(type) {
	case string:
		object, ok := value.(map[string]any)
		if !ok && value != nil {
			return nil, fmt.Errorf("found no object at %s, expected one", step)
		}
		object = maps.Clone(object)
		if object == nil {
			object = map[string]any{}
		}
		if last {
			delete(object, step)
			return object, nil
		}
		inner, err := c.in(object[step], path[1:])
		object[step] = inner
		return object, err
	case int:
		if object, ok := value.(map[string]any); ok && step == 0 && !last { // one item in place of a list
			return c.in(object, path[1:])
		}
		list := slices.Clone(Listed(value))
		if step >= len(list) {
			return nil, fmt.Errorf("found %d items, expected one of index %d", len(list), step)
		}
		if last {
			return slices.Delete(list, step, step+1), nil
		}
		inner, err := c.in(list[step], path[1:])
		list[step] = inner
		return list, err
	}
	return nil, fmt.Errorf("found a step of type %T, expected a key or an index", path[0])
}

// Listed is a value as a list: CloudFormation takes one item in place of a list.
func Listed(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

// Written returns a resolved value as the template of the stack has to write it: what AWS generates at deployment as functions of the resources that have
// it. ok is false if that is of another template, or of something that is no resource.
func (s *Stack) Written(value any) (written any, ok bool) {
	switch v := value.(type) {
	case string:
		return s.writtenText(v)
	case []string:
		all := make([]any, len(v))
		for i, one := range v {
			if all[i], ok = s.writtenText(one); !ok {
				return nil, false
			}
		}
		return all, true
	case []any:
		all := make([]any, len(v))
		for i, one := range v {
			if all[i], ok = s.Written(one); !ok {
				return nil, false
			}
		}
		return all, true
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, one := range v {
			if !policy.IsKnown(key) {
				return nil, false
			}
			if all[key], ok = s.Written(one); !ok {
				return nil, false
			}
		}
		return all, true
	}
	return value, true
}

func (s *Stack) writtenText(text string) (any, bool) {
	if policy.IsKnown(text) {
		return text, true
	}
	for _, r := range s.Resources {
		switch text {
		case r.Ref:
			return map[string]any{"Ref": r.LogicalID}, true
		case r.ARN:
			return map[string]any{"Fn::GetAtt": []any{r.LogicalID, "Arn"}}, true
		}
	}
	var parts []any
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "\x00")
		if before != "" {
			parts = append(parts, before)
		}
		if !found {
			break
		}
		name, behind, closed := strings.Cut(after, "\x00")
		function, ok := s.functionOf(name)
		if !closed || !ok {
			return nil, false
		}
		parts, rest = append(parts, function), behind
	}
	if len(parts) == 1 {
		return parts[0], true
	}
	return map[string]any{"Fn::Join": []any{"", parts}}, true
}

// functionOf is the function whose unknown value has a name.
func (s *Stack) functionOf(name string) (any, bool) {
	rest, ok := strings.CutPrefix("\x00"+name+"\x00", strings.TrimSuffix(policy.Unresolved(s.Label+"."), "\x00"))
	if !ok {
		return nil, false
	}
	rest = strings.TrimSuffix(rest, "\x00")
	if pseudo, ok := strings.CutPrefix(rest, "AWS.."); ok {
		return map[string]any{"Ref": "AWS::" + pseudo}, true
	}
	id, attribute, isAttribute := strings.Cut(rest, ".")
	i := slices.IndexFunc(s.Resources, func(r *Resource) bool { return r.LogicalID == id })
	switch {
	case i < 0:
		return nil, false
	case isAttribute:
		return map[string]any{"Fn::GetAtt": []any{id, attribute}}, true
	case s.Resources[i].Ref == "\x00"+name+"\x00":
		return map[string]any{"Ref": id}, true
	}
	return nil, false
}
