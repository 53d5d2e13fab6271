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
	// Stored returns the value of a dynamic reference without "resolve:", such as "ssm:/path:3"; false if it is unknown.
	Stored(reference string) (string, bool)
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

	// Resolved are the dynamic references that were met, without "resolve:", by their text.
	Resolved map[string]bool

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
		return e.Unknown("found %s, which was not run: it may change the keys beside it", document.Macro(function, m[function])), true
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

// Chosen returns what is left of a node without Fn::If, as far as the conditions are known, and nil for AWS::NoValue.
func (e *Evaluation) Chosen(node any) any {
	for {
		c, is := node.(*document.Call)
		if !is {
			return node
		}
		l, three := arguments(c.Argument, 3, 3)
		switch {
		case c.Name == "Ref" && c.Argument == "AWS::NoValue":
			return nil
		case c.Name != "Fn::If" || !three:
			return node
		}
		switch e.Template.Condition(e, document.String(l[0])) {
		case policy.Yes:
			node = l[1]
		case policy.No:
			node = l[2]
		default:
			return node
		}
	}
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
			all[key] = e.Unknown("found %s, which was not run: it may change the other properties", document.Macro(key, node))
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

// function evaluates a function. The argument is as the template has it. The result is unknown if the argument is; a wrong argument is noted
// as well.
type function func(e *Evaluation, argument any) any

var functions map[string]function

func (e *Evaluation) call(c *document.Call) any {
	if c.Name == document.Duplicate {
		return e.Unknown("found two values, expected one: which of them CloudFormation takes, its documentation does not say")
	}
	e.path = append(e.path, segment{key: c.Name})
	defer func() { e.path = e.path[:len(e.path)-1] }()
	if f := functions[c.Name]; f != nil {
		return f(e, c.Argument)
	}
	if c.Name == "Fn::Transform" {
		return e.Unknown("found %s, which was not run", document.Macro(c.Name, c.Argument))
	}
	return e.Unknown("found %s, expected a function that is valid here", c.Name)
}

// at evaluates the argument at an index.
func (e *Evaluation) at(i int, node any) any {
	e.path = append(e.path, segment{index: i})
	defer func() { e.path = e.path[:len(e.path)-1] }()
	return e.Value(node)
}

// textAt evaluates the argument at an index, which has to be a string, number or boolean. The string may be unknown.
func (e *Evaluation) textAt(i int, node any) (string, bool) { return document.Text(e.at(i, node)) }

// arguments returns an argument that is a list of least to most items; false if it is not.
func arguments(argument any, least, most int) ([]any, bool) {
	l, ok := argument.([]any)
	return l, ok && least <= len(l) && len(l) <= most
}

// Derived returns what a function makes of something unknown: the same value for the same content, wherever it is used.
func (s *Scope) Derived(function string, content ...any) string {
	var out strings.Builder
	for _, c := range content {
		out.WriteByte(' ')
		writeJSON(&out, c)
	}
	s.spend(out.Len())
	name := strings.TrimPrefix(function, "Fn::") + withoutMarks.Replace(out.String()[:min(out.Len(), 200)])
	if len(name) > 60 {
		name = strings.ToValidUTF8(name[:60], "") + "…"
	}
	return policy.Unresolved(strings.ToValidUTF8(name, "") + "#" + digest(function+out.String()))
}

var withoutMarks = strings.NewReplacer("\x00", "", "[", "", "]", "", "{", "", "}", "", `"`, "")

// Dynamic replaces dynamic references. Before deployment their values are unknown, unless the template's are known otherwise.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func (s *Scope) Dynamic(text string) string {
	var out strings.Builder
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "{{resolve:")
		reference, behind, closed := strings.Cut(after, "}}")
		if !found || !closed || s.State.err != nil {
			if out.Len() == 0 {
				return rest
			}
			return out.String() + rest
		}
		out.WriteString(before)
		if s.Resolved == nil {
			s.Resolved = map[string]bool{}
		}
		s.Resolved[reference] = true
		if value, is := s.Template.Stored(reference); is {
			out.WriteString(value)
		} else {
			out.WriteString(s.Derived("resolve", reference, s.Account, s.Region))
		}
		rest = behind
	}
}

// made counts the text that a function made, and returns its value: a few functions can make very much of it from each other.
func (e *Evaluation) made(function, text string) any {
	if e.spend(len(text)); len(text) > maxText {
		return e.Unknown("found %s, which makes more than %d bytes, expected at most that", function, maxText)
	}
	return e.Dynamic(text)
}

// spend counts bytes that a function made; false if there are too many.
func (s *Scope) spend(bytes int) bool {
	if s.written += bytes; s.written > maxStackText {
		s.State.Fail(fmt.Errorf("stack %s: found functions that make more than %d bytes of text, expected at most that", s.DisplayName, maxStackText))
	}
	return s.State.err == nil
}
