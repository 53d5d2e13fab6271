package statemachine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// choice reads the rules of a Choice.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
func (r *definitionReader) choice(f *fields, s *state) {
	s.fallback = f.text("Default")
	rules := f.objects("Choices")
	if len(rules) == 0 {
		r.problem(f.where, "found no Choices")
	}
	for _, one := range rules {
		one.text("Comment")
		s.choices = append(s.choices, choice{next: one.need("Next"), test: r.condition(one)})
		one.done()
	}
}

// tests are the comparisons by the field that has the other operand.
var tests = map[string]func(value any, present bool, operand any) (result, ok bool){
	"IsPresent": func(_ any, present bool, operand any) (bool, bool) { return is(present, operand) },
	"IsNull":    func(value any, present bool, operand any) (bool, bool) { return is(present && value == nil, operand) },
	"BooleanEquals": func(value any, _ bool, operand any) (bool, bool) {
		_, ok := operand.(bool)
		return value == operand, ok
	},
	"StringEquals": func(value any, _ bool, operand any) (bool, bool) {
		_, ok := operand.(string)
		return value == operand, ok
	},
	"NumericEquals":            numeric(func(a, b float64) bool { return a == b }),
	"NumericGreaterThan":       numeric(func(a, b float64) bool { return a > b }),
	"NumericGreaterThanEquals": numeric(func(a, b float64) bool { return a >= b }),
	"NumericLessThan":          numeric(func(a, b float64) bool { return a < b }),
	"NumericLessThanEquals":    numeric(func(a, b float64) bool { return a <= b }),
}

func is(fact bool, operand any) (result, ok bool) {
	wanted, ok := operand.(bool)
	return fact == wanted, ok
}

func numeric(compare func(a, b float64) bool) func(any, bool, any) (bool, bool) {
	return func(value any, _ bool, operand any) (bool, bool) {
		b, ok := numberOf(operand)
		a, isNumber := numberOf(value)
		return isNumber && compare(a, b), ok
	}
}

// condition reads a rule: one comparison, or And, Or, Not.
func (r *definitionReader) condition(f *fields) condition {
	switch {
	case f.left["Not"] != nil:
		inner := f.object("Not")
		test := r.condition(inner)
		inner.done()
		return func(input, context any) (bool, error) {
			matches, err := test(input, context)
			return !matches, err
		}
	case f.left["And"] != nil:
		return r.conditions(f, "And", false)
	case f.left["Or"] != nil:
		return r.conditions(f, "Or", true)
	}
	return r.comparison(f)
}

// conditions reads And or Or; the first rule whose result is until decides.
func (r *definitionReader) conditions(f *fields, name string, until bool) condition {
	var inner []condition
	for _, one := range f.objects(name) {
		inner = append(inner, r.condition(one))
		one.done()
	}
	return func(input, context any) (bool, error) {
		for _, test := range inner {
			if matches, err := test(input, context); err != nil || matches == until {
				return until, err
			}
		}
		return !until, nil
	}
}

// withPath are the comparisons whose other operand may be selected by a path, in a field whose name ends in Path.
var withPath = []string{"StringEquals", "NumericEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "NumericLessThan", "NumericLessThanEquals"}

func (r *definitionReader) comparison(f *fields) condition {
	if f.left["Variable"] == nil {
		r.problem(f.where, "found no Variable")
	}
	variable := f.path("Variable", false)
	var names []string
	for name := range tests {
		for _, name := range []string{name, name + "Path"} {
			plain, dynamic := strings.CutSuffix(name, "Path")
			if dynamic && !slices.Contains(withPath, plain) {
				continue
			}
			f.known = append(f.known, name)
			if _, ok := f.left[name]; ok {
				names = append(names, name)
			}
		}
	}
	if len(names) != 1 {
		slices.Sort(names)
		r.problem(f.where, fmt.Sprintf("found the comparisons [%s], expected one that this interpreter knows", strings.Join(names, " ")))
		return func(any, any) (bool, error) { return false, nil }
	}
	name, dynamic := strings.CutSuffix(names[0], "Path")
	test := tests[name]
	if dynamic {
		other := f.path(names[0], false)
		return func(input, context any) (bool, error) {
			value, present := variable.lookUp(input, context)
			operand, there := other.lookUp(input, context)
			if !present || !there {
				return false, fmt.Errorf("the path %s or %s selects nothing", variable.text, other.text)
			}
			matches, ok := test(value, true, operand)
			if !ok {
				return false, fmt.Errorf("the path %s selects %s, which %s does not compare with", other.text, kindOf(operand), name)
			}
			return matches, nil
		}
	}
	operand := f.left[name]
	delete(f.left, name)
	if _, ok := test(json.Number("0"), true, operand); !ok {
		r.problem(f.where+"/"+name, "found "+kindOf(operand)+", which it does not compare with")
	}
	return func(input, context any) (bool, error) {
		value, present := variable.lookUp(input, context)
		if !present && name != "IsPresent" {
			return false, fmt.Errorf("the path %s selects nothing", variable.text)
		}
		matches, _ := test(value, present, operand)
		return matches, nil
	}
}
