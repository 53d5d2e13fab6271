package assembly

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A template is read as map[string]any, []any, string, bool, json.Number, nil, and *call where CloudFormation has a function.

// call is a function with its argument: {"Fn::Join": […]}, {"Ref": "…"}.
type call struct {
	name     string
	argument any
}

// isCall says whether an object with this one key is a function. Ref takes a text, or a function since AWS::LanguageExtensions; what a
// loop is called is part of its key, so it stays an object.
func isCall(key string, argument any) bool {
	if key == "Ref" {
		switch argument.(type) {
		case string, *call:
			return true
		}
		return false
	}
	return strings.HasPrefix(key, "Fn::") && !strings.HasPrefix(key, loopPrefix)
}

// functionIn is a function, such as a macro, that stands among the keys of an object; the first by name, or "".
func functionIn(o map[string]any) (first string) {
	for key := range o {
		if strings.HasPrefix(key, "Fn::") && (first == "" || key < first) {
			first = key
		}
	}
	return first
}

// plain returns what the template says, with functions as the objects that they are written as.
func plain(node any) any {
	switch v := node.(type) {
	case *call:
		return map[string]any{v.name: plain(v.argument)}
	case map[string]any:
		for key, value := range v {
			v[key] = plain(value)
		}
	case []any:
		for i, value := range v {
			v[i] = plain(value)
		}
	}
	return node
}

// text returns a text, number or boolean as CloudFormation writes it into text.
func text(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return string(v), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

const (
	// deepest is how far lists and objects of a template may nest: readers and resolver call themselves for each.
	deepest = 200
	// mostValues bounds the memory that a template takes. One of CloudFormation's 1 MB has half of it at most.
	mostValues = 1_000_000
)

// budget counts what a template makes.
type budget struct{ values int }

func (b *budget) take() error {
	if b.values++; b.values > mostValues {
		return fmt.Errorf("found more than %d values, expected a template that CloudFormation takes, of 1 MB at most", mostValues)
	}
	return nil
}
