package network

import (
	"encoding/json"
	"strconv"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// text is a property that is a text or a number, "" if there is none.
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

// list is a property that is a list. One that is unknown as a whole is one unknown item.
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

// texts is a list of texts.
func texts(properties any, name string) (all []string) {
	for _, item := range list(properties, name) {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// flag is a property that is true or false; CloudFormation takes the words, too.
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

// number is a property that is a whole number; false if there is none, or it is unknown.
func number(properties any, name string) (int, bool) {
	n, err := strconv.Atoi(text(properties, name))
	return n, err == nil
}

// isUnknown says that a property is there as one unknown text, whatever it should be.
func isUnknown(properties any, name string) bool { return !policy.IsKnown(text(properties, name)) }

// title is how a resource is called in what people read.
func title(r *assembly.Resource) string { return r.LogicalID }
