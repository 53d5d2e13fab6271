package main

import (
	"reflect"
	"slices"
	"strings"
)

// view is a statement as rules look at it: resolved, before or after the change. Nil stands for none.
type view struct {
	effect                               string
	actions, resources, arns, services   []string
	everybody                            bool
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
	v.everybody = s["Principal"] == "*" || slices.Contains(v.arns, "*")
	return v
}

func texts(node any) (all []string) {
	for _, item := range list(node) {
		all = append(all, word(item))
	}
	return all
}

// plain says that the statement says what it is about, and not what it is not about.
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

// covers says that the resources take in a bucket and all of its objects.
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
