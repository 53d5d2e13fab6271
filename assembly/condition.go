package assembly

import (
	"reflect"
	"slices"

	"github.com/crossgrant/crossgrant/policy"
)

// truth is what is known of a condition.
type truth uint8

const (
	undecided truth = iota
	yes
	no
)

// condition is one of a template's conditions.
type condition struct {
	node  any
	known bool // whether value is
	value truth
}

// holds decides a condition of the template by its name.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
func (e *evaluation) holds(name string) truth {
	c := e.scope.conditions[name]
	if c == nil {
		e.note("found condition %s, expected one of the template's", name)
		return undecided
	}
	if !c.known && e.enter(step{e.scope, "condition", name}) {
		inner := &evaluation{resolver: e.resolver, scope: e.scope, id: name}
		c.value, c.known = inner.decide(c.node), true
		e.leave()
	}
	return c.value
}

// decide decides a condition function.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
func (e *evaluation) decide(node any) truth {
	if o := object(node); len(o) == 1 && word(o["Condition"]) != "" {
		return e.holds(word(o["Condition"]))
	}
	c, _ := node.(*call)
	if c == nil || !slices.Contains(conditionFunctions, c.name) {
		e.note("found no condition, expected Fn::And, Fn::Or, Fn::Not, Fn::Equals or Condition")
		return undecided
	}
	e.path = append(e.path, segment{key: c.name})
	defer func() { e.path = e.path[:len(e.path)-1] }()
	l := list(c.argument)
	switch {
	case c.name == "Fn::Equals" && len(l) == 2:
		return equal(e.at(0, l[0]), e.at(1, l[1]))
	case c.name == "Fn::Not" && len(l) == 1:
		return [...]truth{undecided: undecided, yes: no, no: yes}[e.decideAt(0, l[0])]
	case c.name == "Fn::And" && len(l) > 0:
		return e.all(l, no, yes)
	case c.name == "Fn::Or" && len(l) > 0:
		return e.all(l, yes, no)
	}
	e.note("found %d arguments, expected those of %s", len(l), c.name)
	return undecided
}

func (e *evaluation) decideAt(i int, node any) truth {
	e.path = append(e.path, segment{index: i})
	defer func() { e.path = e.path[:len(e.path)-1] }()
	return e.decide(node)
}

// all is decisive if one of the conditions is, and otherwise if all of them are otherwise.
func (e *evaluation) all(conditions []any, decisive, otherwise truth) truth {
	result := otherwise
	for i, c := range conditions {
		switch e.decideAt(i, c) {
		case decisive:
			return decisive
		case undecided:
			result = undecided
		}
	}
	return result
}

// equal compares as CloudFormation does, for which a number and a boolean are texts.
func equal(a, b any) truth {
	if s, ok := text(a); ok {
		a = s
	}
	if s, ok := text(b); ok {
		b = s
	}
	switch {
	case reflect.DeepEqual(a, b):
		return yes
	case isKnown(a) && isKnown(b):
		return no
	}
	return undecided
}

// branch is Fn::If: unknown if its condition is, unless that makes no difference.
func (e *evaluation) branch(argument any) any {
	l, ok := arguments(argument, 3, 3)
	name, is := "", false
	if ok {
		name, is = l[0].(string)
	}
	if !is {
		return e.unknown("found no list of three, expected a condition and two values")
	}
	switch e.holds(name) {
	case yes:
		return e.at(1, l[1])
	case no:
		return e.at(2, l[2])
	}
	a, b := e.at(1, l[1]), e.at(2, l[2])
	if reflect.DeepEqual(a, b) {
		return a
	}
	unknown := e.derived("Fn::If", e.scope.Label, name, a, b)
	if e.lacking(a) || e.lacking(b) {
		e.optional[unknown] = true
	}
	return unknown
}

// lacking says whether a value may be none.
func (e *evaluation) lacking(v any) bool {
	s, _ := v.(string)
	return v == absent{} || !policy.IsKnown(s) && e.optional[s]
}
