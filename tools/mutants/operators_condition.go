package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

func conditionOperators() []*operator {
	return []*operator{
		{name: "drop the condition", statement: func(s *statement) []change {
			if s.raw["Condition"] == nil {
				return nil
			}
			return []change{s.set("Condition", nothing{}, "none")}
		}},
		{name: "drop a condition key", statement: eachKey(func(s *statement, operator, key string) []change {
			conditions := object(s.raw["Condition"])
			if len(conditions) == 1 && len(object(conditions[operator])) == 1 {
				return nil // which is to drop the condition
			}
			return []change{s.set("Condition", with(conditions, place{operator, key}, nothing{}), "no more", operator, key)}
		})},
		{name: "flip the operator", statement: eachKey(func(s *statement, operator, key string) []change {
			to := flipped(operator)
			if to == "" {
				return nil
			}
			return []change{s.renamed(operator, to)}
		})},
		{name: "operator to …IfExists", statement: eachKey(func(s *statement, operator, key string) []change {
			if strings.HasSuffix(operator, "IfExists") || operator == "Null" {
				return nil
			}
			return []change{s.renamed(operator, operator+"IfExists")}
		})},
		{name: "change a condition value", statement: eachValue(func(operator, value string) string {
			switch value {
			case "true":
				return "false"
			case "false":
				return "true"
			case "1.2":
				return "1.3"
			}
			if base, ok := strings.CutSuffix(value, "/*"); ok {
				return base + "-other/*"
			}
			return value + "-other"
		})},
		{name: "widen a condition value", statement: eachValue(func(operator, value string) string {
			if strings.HasPrefix(operator, "Arn") {
				cut := strings.LastIndexAny(strings.TrimSuffix(value, "*"), "/:")
				return value[:cut+1] + "*"
			}
			if strings.HasPrefix(operator, "StringLike") {
				return "*"
			}
			return value
		})},
		{name: "append * to a condition value", statement: eachValue(func(operator, value string) string {
			if strings.HasPrefix(operator, "Arn") || strings.HasPrefix(operator, "StringLike") {
				return strings.TrimRight(value, "/*") + "*"
			}
			return value
		})},
		{name: "add a condition value", statement: eachKey(func(s *statement, operator, key string) []change {
			values := list(object(object(s.raw["Condition"])[operator])[key])
			more := ""
			switch arn := s.elementText("Condition", operator, key, 0); {
			case nameOf(arn) != "":
				more = withPart(arn, 5, "role/another")
			case strings.HasPrefix(operator, "String"):
				more = "another/*"
			default:
				return nil
			}
			changed := with(s.raw["Condition"], place{operator, key}, append(slices.Clone(values), more))
			return []change{s.set("Condition", changed, "and "+more, operator, key)}
		})},
		{name: "condition value's account", statement: eachValue(func(_, value string) string { return withPart(value, 4, foreignAccount) })},
		{name: "drop a condition value", statement: eachKey(func(s *statement, operator, key string) (all []change) {
			values := list(object(object(s.raw["Condition"])[operator])[key])
			for i := range values {
				if len(values) > 1 {
					changed := with(s.raw["Condition"], place{operator, key}, without(values, i))
					all = append(all, s.set("Condition", changed, "without "+word(values[i]), operator, key, i))
				}
			}
			return all
		})},
	}
}

// flipped is the operator that is true where another is false. "" if there is none.
func flipped(operator string) string {
	for _, pair := range [][2]string{{"StringEquals", "StringNotEquals"}, {"StringLike", "StringNotLike"}, {"ArnEquals", "ArnNotEquals"},
		{"ArnLike", "ArnNotLike"}, {"NumericLessThan", "NumericGreaterThanEquals"}, {"NumericEquals", "NumericNotEquals"},
		{"IpAddress", "NotIpAddress"}} {
		for i, one := range pair {
			if rest, ok := strings.CutPrefix(operator, one); ok && (rest == "" || rest == "IfExists") {
				return pair[1-i] + rest
			}
		}
	}
	return ""
}

// renamed is the statement with another operator for all keys of one.
func (s *statement) renamed(from, to string) change {
	conditions := maps.Clone(object(s.raw["Condition"]))
	keys := maps.Clone(object(conditions[to]))
	if keys == nil {
		keys = map[string]any{}
	}
	maps.Copy(keys, object(conditions[from]))
	delete(conditions, from)
	conditions[to] = keys
	return s.set("Condition", conditions, to, from)
}

// eachKey calls an operator for each key of each condition.
func eachKey(of func(s *statement, operator, key string) []change) func(*statement) []change {
	return func(s *statement) (all []change) {
		conditions := object(s.raw["Condition"])
		for _, operator := range sorted(conditions) {
			for _, key := range sorted(object(conditions[operator])) {
				all = append(all, of(s, operator, key)...)
			}
		}
		return all
	}
}

// eachValue replaces each value.
func eachValue(other func(operator, value string) string) func(*statement) []change {
	return eachKey(func(s *statement, operator, key string) (all []change) {
		values := list(object(object(s.raw["Condition"])[operator])[key])
		for i := range values {
			value := s.elementText("Condition", operator, key, i)
			if number, ok := values[i].(interface{ String() string }); ok {
				value = number.String()
			}
			if to := other(operator, value); value != "" && policy.IsKnown(value) && to != value {
				all = append(all, s.set("Condition", with(s.raw["Condition"], place{operator, key}, instead(values, i, to)), to, operator, key, i))
			}
		}
		return all
	})
}
