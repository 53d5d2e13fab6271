package intrinsic

import (
	"reflect"
	"slices"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/policy"
)

// conditionFunctions are valid only in conditions.
var conditionFunctions = []string{"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"}

// Condition evaluates a condition function.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
func (e *Evaluation) Condition(node any) policy.Answer {
	if o := document.Object(node); len(o) == 1 && document.String(o["Condition"]) != "" {
		return e.Template.Condition(e, document.String(o["Condition"]))
	}
	c, _ := node.(*document.Call)
	if c == nil || !slices.Contains(conditionFunctions, c.Name) {
		e.Note("found something else than a condition, expected Fn::And, Fn::Or, Fn::Not, Fn::Equals or Condition")
		return policy.Indeterminate
	}
	e.path = append(e.path, segment{key: c.Name})
	defer func() { e.path = e.path[:len(e.path)-1] }()
	l := document.List(c.Argument)
	switch {
	case c.Name == "Fn::Equals" && len(l) == 2:
		return equal(e.at(0, l[0]), e.at(1, l[1]))
	case c.Name == "Fn::Not" && len(l) == 1:
		return not(e.conditionAt(0, l[0]))
	case c.Name == "Fn::And" && len(l) > 0:
		return e.all(l, policy.No, policy.Yes)
	case c.Name == "Fn::Or" && len(l) > 0:
		return e.all(l, policy.Yes, policy.No)
	}
	e.Note("found %d arguments, expected those of %s", len(l), c.Name)
	return policy.Indeterminate
}

func (e *Evaluation) conditionAt(i int, node any) policy.Answer {
	e.path = append(e.path, segment{index: i})
	defer func() { e.path = e.path[:len(e.path)-1] }()
	return e.Condition(node)
}

func not(a policy.Answer) policy.Answer {
	switch a {
	case policy.Yes:
		return policy.No
	case policy.No:
		return policy.Yes
	}
	return policy.Indeterminate
}

// all returns decisive if one of the conditions is, and otherwise if each of them is.
func (e *Evaluation) all(conditions []any, decisive, otherwise policy.Answer) policy.Answer {
	result := otherwise
	for i, c := range conditions {
		switch e.conditionAt(i, c) {
		case decisive:
			return decisive
		case policy.Indeterminate:
			result = policy.Indeterminate
		}
	}
	return result
}

// equal compares as CloudFormation does, which treats numbers and booleans as strings.
func equal(a, b any) policy.Answer {
	if s, ok := document.Text(a); ok {
		a = s
	}
	if s, ok := document.Text(b); ok {
		b = s
	}
	switch {
	case reflect.DeepEqual(a, b):
		return policy.Yes
	case isKnown(a) && isKnown(b):
		return policy.No
	}
	return policy.Indeterminate
}

// conditional evaluates Fn::If. It is unknown if its condition is, unless both values are equal.
func (e *Evaluation) conditional(argument any) any {
	l, ok := arguments(argument, 3, 3)
	name, is := "", false
	if ok {
		name, is = l[0].(string)
	}
	if !is {
		return e.Unknown("found a value that is not a list of three, expected a condition and two values")
	}
	switch e.Template.Condition(e, name) {
	case policy.Yes:
		return e.at(1, l[1])
	case policy.No:
		return e.at(2, l[2])
	}
	a, b := e.at(1, l[1]), e.at(2, l[2])
	if reflect.DeepEqual(a, b) {
		return a
	}
	unknown := e.Derived("Fn::If", e.Label, name, a, b)
	if e.State.mayBeAbsent(a) || e.State.mayBeAbsent(b) {
		e.State.optional[unknown] = true
	}
	return unknown
}
