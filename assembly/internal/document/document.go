// Package document reads files of a cloud assembly, JSON or YAML, into values: map[string]any, []any, string, bool, json.Number, nil, and
// *[Call] for a CloudFormation function. It limits the size, the depth and the number of values of a document. It evaluates no function and
// knows no section of a template.
package document

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Call is a CloudFormation function with its argument: {"Fn::Join": […]}, {"Ref": "…"}.
type Call struct {
	Name     string
	Argument any
}

// Duplicate is the name of a call that stands for the value of a key that an object has twice, with two values. Its argument is the last of them: which
// one CloudFormation takes, its documentation does not say.
const Duplicate = "a key that is there twice"

// Last returns the last value of a key that an object has twice, and whether it has it twice; and any other value as it is.
func Last(node any) (any, bool) {
	if c, is := node.(*Call); is && c.Name == Duplicate {
		return c.Argument, true
	}
	return node, false
}

// twice is the value of a key that has one value already.
func twice(before, value any) any {
	before, again := Last(before)
	if !again && reflect.DeepEqual(before, value) {
		return value
	}
	return &Call{Duplicate, value}
}

// LoopPrefix begins the key of a loop; the name of the loop follows.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
const LoopPrefix = "Fn::ForEach"

// isCall reports whether an object with this one key is a function. Ref takes a string, or a function since AWS::LanguageExtensions. A loop
// remains an object, because its name is part of the key.
func isCall(key string, argument any) bool {
	if key == "Ref" {
		switch argument.(type) {
		case string, *Call:
			return true
		}
		return false
	}
	return strings.HasPrefix(key, "Fn::") && !strings.HasPrefix(key, LoopPrefix)
}

// FunctionIn returns the first function by name, such as a macro, among the keys of an object; "" for none.
func FunctionIn(o map[string]any) (first string) {
	for key := range o {
		if strings.HasPrefix(key, "Fn::") && (first == "" || key < first) {
			first = key
		}
	}
	return first
}

// Macro is how messages call a function that is not run: with the name of the macro, which Fn::Transform has in its argument.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-transform.html
func Macro(function string, argument any) string {
	if name := String(Object(argument)["Name"]); name != "" && function == "Fn::Transform" {
		return function + " " + name
	}
	return function
}

// AsWritten turns calls back into the objects that they are written as. It changes the node itself.
func AsWritten(node any) any {
	switch v := node.(type) {
	case *Call:
		if v.Name == Duplicate {
			return AsWritten(v.Argument)
		}
		return map[string]any{v.Name: AsWritten(v.Argument)}
	case map[string]any:
		for key, value := range v {
			v[key] = AsWritten(value)
		}
	case []any:
		for i, value := range v {
			v[i] = AsWritten(value)
		}
	}
	return node
}

// Text returns a string, number or boolean as CloudFormation writes it into a string; false for any other value.
func Text(value any) (string, bool) {
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

// Object returns a value that should be an object, or nil.
func Object(v any) map[string]any { m, _ := v.(map[string]any); return m }

// List returns a value that should be a list, or nil.
func List(v any) []any { l, _ := v.([]any); return l }

// String returns a value that should be a string, or "".
func String(v any) string { s, _ := v.(string); return s }

// Limits of files, in bytes.
const (
	MaxSize     = 32 << 20
	MaxYAMLSize = 4 << 20
)

const (
	// maxDepth limits how deep lists and objects nest: reading and evaluating them is recursive.
	maxDepth = 200
	// maxValues limits the memory that a document takes. A template of 1 MB, the largest that CloudFormation takes, has half as many at most.
	maxValues = 1_000_000
)

// Budget counts the values made from a document. The zero value is ready to use.
type Budget struct{ values int }

// Take counts one value. It returns an error if there are too many.
func (b *Budget) Take() error { return b.TakeMany(1) }

// TakeMany counts n values. It returns an error if there are too many.
func (b *Budget) TakeMany(n int) error {
	if b.values += n; b.values > maxValues {
		return fmt.Errorf("found more than %d values, expected a template of at most 1 MB, the largest that CloudFormation takes", maxValues)
	}
	return nil
}
