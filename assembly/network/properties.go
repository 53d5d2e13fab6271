package network

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// text returns a property that is a string or a number, "" if there is none.
func text(properties any, name string) string {
	fields, _ := properties.(map[string]any)
	switch v := fields[name].(type) {
	case string:
		return v
	case json.Number:
		return string(v)
	}
	return ""
}

// list returns a property that is a list. A list that is unknown as a whole is one unknown item.
func list(properties any, name string) []any {
	fields, _ := properties.(map[string]any)
	switch v := fields[name].(type) {
	case []any:
		return v
	case string:
		return []any{v}
	}
	return nil
}

// texts returns the strings of a property that is a list.
func texts(properties any, name string) (all []string) {
	for _, item := range list(properties, name) {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// flag returns a boolean property; CloudFormation takes strings as well.
func flag(properties any, name string, byDefault policy.Answer) policy.Answer {
	fields, _ := properties.(map[string]any)
	switch v := fields[name].(type) {
	case nil:
		return byDefault
	case bool:
		return answer(v)
	case string:
		if is, err := strconv.ParseBool(v); err == nil {
			return answer(is)
		}
	}
	return policy.Indeterminate
}

// number returns a property that is an integer; false if there is none, or if it is unknown.
func number(properties any, name string) (int, bool) {
	n, err := strconv.Atoi(text(properties, name))
	return n, err == nil
}

// isUnknown reports whether the value of a property is unknown as a whole.
func isUnknown(properties any, name string) bool { return !policy.IsKnown(text(properties, name)) }

// label returns the name of a resource for messages: its logical id, or its ID and the file of the facts that have it.
func label(r *assembly.Resource) string {
	if r.Stack.Facts != "" {
		return r.Name + by(r)
	}
	return r.LogicalID
}

// by names the file of facts that has a resource; "" for one of a template.
func by(r *assembly.Resource) string {
	if r.Stack.Facts == "" {
		return ""
	}
	return " (by " + r.Stack.DisplayName + ")"
}

// found returns the value of a property for messages.
func found(r *assembly.Resource, property string) string {
	if r.Properties[property] == nil {
		return "not set"
	}
	return fmt.Sprint(r.Properties[property])
}

// all returns yes if every answer is yes, and no if any is no.
func all(answers ...policy.Answer) policy.Answer {
	sum := policy.Yes
	for _, a := range answers {
		if a == policy.No || sum == policy.Yes {
			sum = a
		}
		if sum == policy.No {
			break
		}
	}
	return sum
}

// some returns yes if any answer is yes, and no if every answer is no.
func some(answers ...policy.Answer) policy.Answer {
	sum := policy.No
	for _, a := range answers {
		if a == policy.Yes || sum == policy.No {
			sum = a
		}
		if sum == policy.Yes {
			break
		}
	}
	return sum
}

// unanimous returns the answer that all have in common, and indeterminate if they differ.
func unanimous(answers ...policy.Answer) policy.Answer {
	for _, a := range answers {
		if a != answers[0] {
			return policy.Indeterminate
		}
	}
	return answers[0]
}

func answer(b bool) policy.Answer {
	if b {
		return policy.Yes
	}
	return policy.No
}

// same reports whether two strings are equal. An unknown one is known to equal only itself.
func same(a, b string) policy.Answer {
	if a != b && !(policy.IsKnown(a) && policy.IsKnown(b)) {
		return policy.Indeterminate
	}
	return answer(a == b)
}

// ifUnknown returns the end of a negative sentence whose answer is indeterminate.
func ifUnknown(a policy.Answer) string {
	if a == policy.Indeterminate {
		return ", as far as is known"
	}
	return ""
}

// not negates an answer.
func not(a policy.Answer) policy.Answer {
	if a == policy.Indeterminate {
		return a
	}
	return answer(a == policy.No)
}
