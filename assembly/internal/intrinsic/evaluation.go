// Package intrinsic evaluates CloudFormation's intrinsic functions, conditions and loops. What a function refers to, such as a resource or
// a parameter, it asks of a [Template]; what that does not know becomes an unknown value with a name. It reads no file and knows no
// resource type.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
package intrinsic

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/policy"
)

// Template is what the functions of one stack refer to. Its methods note on the evaluation what they do not find.
type Template interface {
	// Reference returns the value of Ref.
	Reference(e *Evaluation, name string) any
	// Attribute returns the value of Fn::GetAtt.
	Attribute(e *Evaluation, id, name string) any
	// Condition evaluates a condition of the template.
	Condition(e *Evaluation, name string) policy.Answer
	// Mapping returns the value at two keys of a mapping, as the template has it; false if there is none.
	Mapping(name, top, second string) (any, bool)
	// Import returns the output that is exported by a name in the stack's account and region; false if it is unknown.
	Import(e *Evaluation, name string) (any, bool)
	// StackOutput returns an output of another stack; false if it is unknown.
	StackOutput(account, region, stack, output string) (any, bool)
	// Note records what could not be understood, and where: the logical id, "" for the template, and the place in it.
	Note(id, place, why string)
}

// Scope is one stack in which functions are evaluated.
type Scope struct {
	Template Template
	State    *State
	// Label begins the names of the stack's unknown values; DisplayName is for messages.
	Label, DisplayName string
	// Account and Region are where the stack is deployed.
	Account, Region string

	written int // bytes of text made by functions
}

// Evaluation evaluates one part of a template, such as a property of a resource.
type Evaluation struct {
	*Scope
	id   string    // logical id, "" for the template
	path []segment // from there, for notes
}

// segment is a key, or an index where the key is "".
type segment struct {
	key   string
	index int
}

// Absent is the value of AWS::NoValue: a property that has it is removed.
type Absent struct{}

// At returns the evaluation of a part of the template: of the logical id, "" for the template, and the keys that lead to the part.
func (s *Scope) At(id string, keys ...string) *Evaluation {
	e := &Evaluation{Scope: s, id: id, path: make([]segment, len(keys), len(keys)+6)}
	for i, key := range keys {
		e.path[i].key = key
	}
	return e
}

// Value evaluates a node. Values may share parts with the template and with each other.
func (e *Evaluation) Value(node any) any {
	v, _ := e.value(node)
	return v
}

// value evaluates a node, and reports whether the value differs from the node: what has no function in it is not copied.
func (e *Evaluation) value(node any) (any, bool) {
	switch v := node.(type) {
	case string:
		if strings.Contains(v, "{{resolve:") {
			return e.Dynamic(v), true
		}
	case *document.Call:
		return e.call(v), true
	case map[string]any:
		return e.object(v)
	case []any:
		return e.list(v)
	}
	return node, false
}

func (e *Evaluation) object(m map[string]any) (any, bool) {
	if function := document.FunctionIn(m); function != "" {
		return e.Unknown("found %s, which was not run: it may change the keys beside it", function), true
	}
	var changed map[string]any
	for key, node := range m {
		e.path = append(e.path, segment{key: key})
		v, is := e.value(node)
		e.path = e.path[:len(e.path)-1]
		if !is {
			continue
		}
		if changed == nil {
			changed = make(map[string]any, len(m))
			for k, n := range m {
				changed[k] = n
			}
		}
		if v == (Absent{}) {
			delete(changed, key)
		} else {
			changed[key] = v
		}
	}
	if changed == nil {
		return m, false
	}
	return changed, true
}

func (e *Evaluation) list(l []any) (any, bool) {
	var changed []any
	for i, node := range l {
		e.path = append(e.path, segment{index: i})
		v, is := e.value(node)
		e.path = e.path[:len(e.path)-1]
		if is && changed == nil {
			changed = append(make([]any, 0, len(l)), l[:i]...)
		}
		if changed != nil && v != (Absent{}) {
			changed = append(changed, v)
		}
	}
	if changed == nil {
		return l, false
	}
	return changed, true
}

// Properties evaluates each property by itself. A macro among them leaves the others as they are written, and its own key is unknown.
func (e *Evaluation) Properties(p map[string]any) map[string]any {
	if document.FunctionIn(p) == "" {
		m, _ := e.Value(p).(map[string]any)
		return m
	}
	all := map[string]any{}
	for key, node := range p {
		e.path = append(e.path, segment{key: key})
		if strings.HasPrefix(key, "Fn::") {
			all[key] = e.Unknown("found %s, which was not run: it may change the other properties", key)
		} else if v := e.Value(node); v != (Absent{}) {
			all[key] = v
		}
		e.path = e.path[:len(e.path)-1]
	}
	return all
}

// Note records what was not understood.
func (e *Evaluation) Note(format string, args ...any) {
	e.Template.Note(e.id, e.place("."), fmt.Sprintf(format, args...))
}

// Unknown records what was not understood, and returns an unknown value that belongs to this place.
func (e *Evaluation) Unknown(format string, args ...any) string {
	e.Note(format, args...)
	return Named(e.Label + "." + e.id + "/" + e.place("/"))
}

func (e *Evaluation) place(separator string) string {
	parts := make([]string, len(e.path))
	for i, s := range e.path {
		if parts[i] = s.key; s.key == "" {
			parts[i] = strconv.Itoa(s.index)
		}
	}
	return strings.Join(parts, separator)
}

// isKnown reports whether no part of a value is unknown.
func isKnown(value any) bool {
	switch v := value.(type) {
	case string:
		return policy.IsKnown(v)
	case []any:
		for _, item := range v {
			if !isKnown(item) {
				return false
			}
		}
	case map[string]any:
		for key, item := range v {
			if !policy.IsKnown(key) || !isKnown(item) {
				return false
			}
		}
	}
	return true
}
