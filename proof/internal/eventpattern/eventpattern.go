// Package eventpattern matches events against the event patterns of EventBridge, and of Lambda's event filters, which are written in the same
// way. It knows no rule and no target.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
package eventpattern

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// Open is an object of an event that may have other fields than these.
type Open map[string]any

// fields are those of an object, and whether it has a field: no, or perhaps, for one that is not among them.
func fields(event any) (found map[string]any, others policy.Answer) {
	if open, ok := event.(Open); ok {
		return open, policy.Indeterminate
	}
	found, _ = event.(map[string]any)
	return found, policy.No
}

// Matches says whether a pattern matches an event. Both are decoded JSON with numbers as json.Number or float64. It is indeterminate where the
// pattern has an operator that AWS does not document, or where a value is unknown before deployment.
func Matches(pattern, event any) policy.Answer {
	wanted, ok := pattern.(map[string]any)
	if !ok {
		return policy.Indeterminate
	}
	result := policy.Yes
	found, others := fields(event)
	for key, want := range wanted {
		if key == "$or" {
			result = and(result, either(want, event))
			continue
		}
		value, has := found[key]
		exists := others
		if has {
			exists = policy.Yes
		} else if _, isObject := want.(map[string]any); isObject && others == policy.Indeterminate {
			value = Open{} // of which nothing is known
		}
		result = and(result, field(want, value, exists))
	}
	return result
}

// either matches if one of several patterns does.
func either(want, event any) policy.Answer {
	patterns, ok := want.([]any)
	if !ok {
		return policy.Indeterminate
	}
	result := policy.No
	for _, pattern := range patterns {
		result = or(result, Matches(pattern, event))
	}
	return result
}

// field matches the value of a key: an object within the event by an object of the pattern, or else by one of a list. A list in the event matches
// if one of its items does.
func field(want, value any, exists policy.Answer) policy.Answer {
	switch w := want.(type) {
	case map[string]any:
		if items, ok := value.([]any); ok {
			result := policy.No
			for _, item := range items {
				result = or(result, Matches(w, item))
			}
			return result
		}
		return Matches(w, value)
	case []any:
		result := policy.No
		for _, one := range w {
			result = or(result, leaf(one, value, exists))
		}
		return result
	}
	return policy.Indeterminate // AWS refuses the pattern, or it is unknown
}

// leaf matches a value by one literal or one operator.
func leaf(want, value any, exists policy.Answer) policy.Answer {
	operator, ok := want.(map[string]any)
	if name, argument, one := only(operator); ok && one && name == "exists" {
		switch argument {
		case true:
			return exists
		case false:
			return not(exists)
		}
		return policy.Indeterminate
	}
	if exists != policy.Yes {
		return exists
	}
	if items, is := value.([]any); is {
		result := policy.No
		for _, item := range items {
			result = or(result, leaf(want, item, policy.Yes))
		}
		return result
	}
	if ok {
		return compare(operator, value)
	}
	return equal(want, value)
}

// compare applies an operator to a value.
func compare(operator map[string]any, value any) policy.Answer {
	name, argument, one := only(operator)
	if !one {
		return policy.Indeterminate
	}
	text, isText := value.(string)
	switch name {
	case "anything-but":
		return anythingBut(argument, value)
	case "numeric":
		return numeric(argument, value)
	case "prefix", "suffix", "wildcard", "equals-ignore-case", "cidr":
		if !isText {
			return policy.No
		}
		return compareText(name, argument, text)
	}
	return policy.Indeterminate
}

func compareText(name string, argument any, text string) policy.Answer {
	if folded, ok := argument.(map[string]any); ok && (name == "prefix" || name == "suffix") {
		if kind, inner, one := only(folded); one && kind == "equals-ignore-case" {
			argument, text = lower(inner), strings.ToLower(text)
		}
	}
	want, ok := argument.(string)
	if !ok || !policy.IsKnown(want) || !policy.IsKnown(text) {
		if ok && (want == text || name == "prefix" && strings.HasPrefix(text, want) || name == "suffix" && strings.HasSuffix(text, want)) {
			return policy.Yes
		}
		return policy.Indeterminate
	}
	switch name {
	case "prefix":
		return answer(strings.HasPrefix(text, want))
	case "suffix":
		return answer(strings.HasSuffix(text, want))
	case "equals-ignore-case":
		return answer(strings.EqualFold(want, text))
	case "wildcard":
		return wildcard(want, text)
	}
	block, err := netip.ParsePrefix(want)
	if err != nil {
		return policy.Indeterminate
	}
	address, err := netip.ParseAddr(text)
	return answer(err == nil && block.Contains(address))
}

// anythingBut matches whatever its argument does not: a value, values, or one operator on text with a value or values.
func anythingBut(argument, value any) policy.Answer {
	if operator, ok := argument.(map[string]any); ok {
		name, inner, one := only(operator)
		if !one || name != "prefix" && name != "suffix" && name != "wildcard" && name != "equals-ignore-case" {
			return policy.Indeterminate
		}
		result := policy.No
		for _, item := range list(inner) {
			result = or(result, compare(map[string]any{name: item}, value))
		}
		return not(result)
	}
	result := policy.No
	for _, item := range list(argument) {
		result = or(result, equal(item, value))
	}
	return not(result)
}

// numeric compares a number by pairs of a relation and a number, such as [">", 0, "<=", 5].
func numeric(argument, value any) policy.Answer {
	pairs, ok := argument.([]any)
	if !ok || len(pairs) == 0 || len(pairs)%2 != 0 {
		return policy.Indeterminate
	}
	found, ok := number(value)
	if text, isText := value.(string); isText && !policy.IsKnown(text) {
		return policy.Indeterminate
	}
	if !ok {
		return policy.No
	}
	for i := 0; i < len(pairs); i += 2 {
		limit, ok := number(pairs[i+1])
		if !ok {
			return policy.Indeterminate
		}
		holds := false
		switch pairs[i] {
		case "=":
			holds = found == limit
		case "<":
			holds = found < limit
		case "<=":
			holds = found <= limit
		case ">":
			holds = found > limit
		case ">=":
			holds = found >= limit
		default:
			return policy.Indeterminate
		}
		if !holds {
			return policy.No
		}
	}
	return policy.Yes
}

// wildcard matches text by a pattern in which * is any number of characters, and \* and \\ are these characters.
func wildcard(pattern, text string) policy.Answer {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern) && (pattern[i+1] == '*' || pattern[i+1] == '\\'):
			i++
			part.WriteByte(pattern[i])
		case c == '\\', c == '*' && i+1 < len(pattern) && pattern[i+1] == '*':
			return policy.Indeterminate // AWS refuses it
		case c == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	last := part.String()
	if len(parts) == 0 {
		return answer(text == last)
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	for _, middle := range parts[1:] {
		i := strings.Index(rest, middle)
		if ok = ok && i >= 0; !ok {
			return policy.No
		}
		rest = rest[i+len(middle):]
	}
	return answer(ok && strings.HasSuffix(rest, last))
}

// equal compares a literal with a value. Numbers are equal by value, all others as JSON writes them.
func equal(want, value any) policy.Answer {
	a, isA := want.(string)
	b, isB := value.(string)
	if isA && isB {
		if a != b && (!policy.IsKnown(a) || !policy.IsKnown(b)) {
			return policy.Indeterminate
		}
		return answer(a == b)
	}
	if isA && !policy.IsKnown(a) || isB && !policy.IsKnown(b) {
		return policy.Indeterminate
	}
	if x, ok := number(want); ok {
		y, isNumber := number(value)
		return answer(isNumber && x == y)
	}
	switch want.(type) {
	case nil, bool:
		return answer(want == value)
	}
	return answer(false)
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(string(n), 64)
		return f, err == nil
	case float64:
		return n, true
	}
	return 0, false
}

// only returns the one key of an object with its value; false if it has none or more.
func only(object map[string]any) (name string, argument any, one bool) {
	for name, argument = range object {
	}
	return name, argument, len(object) == 1
}

func list(value any) []any {
	if items, ok := value.([]any); ok {
		return items
	}
	return []any{value}
}

func lower(value any) any {
	if text, ok := value.(string); ok {
		return strings.ToLower(text)
	}
	return value
}

func answer(holds bool) policy.Answer {
	if holds {
		return policy.Yes
	}
	return policy.No
}

func and(a, b policy.Answer) policy.Answer {
	switch {
	case a == policy.No || b == policy.No:
		return policy.No
	case a == policy.Indeterminate || b == policy.Indeterminate:
		return policy.Indeterminate
	}
	return policy.Yes
}

func or(a, b policy.Answer) policy.Answer { return not(and(not(a), not(b))) }

func not(a policy.Answer) policy.Answer {
	switch a {
	case policy.Yes:
		return policy.No
	case policy.No:
		return policy.Yes
	}
	return a
}
