package intrinsic

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/policy"
)

const (
	// maxText is the longest text that a function may make, in bytes: a template has 1 MB.
	maxText = 1 << 20
	// maxStackText is all text that the functions of one stack may make, in bytes.
	maxStackText = 64 << 20
)

// State is what the evaluations of all stacks of an assembly share. It is not safe for concurrent use.
type State struct {
	simple   map[string]bool // unknown values of letters, digits, "-" and "_" only
	optional map[string]bool // unknown values that may turn out to be AWS::NoValue
	err      error
}

// NewState returns a state that knows no unknown value.
func NewState() *State { return &State{simple: map[string]bool{}, optional: map[string]bool{}} }

// Err returns the first error that ends the evaluation, or nil.
func (s *State) Err() error { return s.err }

// Fail ends the evaluation with an error, unless it has one.
func (s *State) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// MarkSimple declares that an unknown value has only letters, digits, "-" and "_", such as a name that CloudFormation generates.
func (s *State) MarkSimple(unknown string) { s.simple[unknown] = true }

// IsSimple reports whether every unknown part of a text has only letters, digits, "-" and "_".
func (s *State) IsSimple(text string) bool {
	for !policy.IsKnown(text) {
		start := strings.IndexByte(text, 0)
		end := start + 1 + strings.IndexByte(text[start+1:], 0) + 1
		if !s.simple[text[start:end]] {
			return false
		}
		text = text[end:]
	}
	return true
}

// CutLast returns the part of a text after the last delimiter, or the text if it has none; false if an unknown part may have the delimiter.
func (s *State) CutLast(text, delimiter string) (string, bool) {
	if !policy.IsKnown(text) && !(splits(delimiter) && s.IsSimple(text)) {
		return "", false
	}
	if i := strings.LastIndex(text, delimiter); i >= 0 {
		text = text[i+len(delimiter):]
	}
	return text, true
}

// splits reports whether no part of a delimiter can be in a simple unknown value.
func splits(delimiter string) bool {
	return delimiter != "" && !strings.ContainsFunc(delimiter, func(r rune) bool {
		return r == '-' || r == '_' || r == 0 || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	})
}

// mayBeAbsent reports whether a value is AWS::NoValue, or may be.
func (s *State) mayBeAbsent(v any) bool {
	text, _ := v.(string)
	return v == Absent{} || !policy.IsKnown(text) && s.optional[text]
}

// anyMayBeAbsent reports whether an item may turn out to be AWS::NoValue.
func (s *State) anyMayBeAbsent(items []any) bool { return slices.ContainsFunc(items, s.mayBeAbsent) }

// Named returns an unknown value by its name: that of the stack, the logical id and the attribute, with "." between them. Different names
// give different values, which policy.Unresolved alone does not guarantee.
func Named(name string) string {
	if strings.ContainsAny(name, ":/,") {
		name += "#" + digest(name)
	}
	return policy.Unresolved(name)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
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

// Dynamic replaces dynamic references, whose values are unknown before deployment.
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
		out.WriteString(s.Derived("resolve", reference, s.Account, s.Region))
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

// writeJSON writes a value as JSON with sorted keys, and stops after more bytes than a stack may have. Unknown values are not escaped.
func writeJSON(out *strings.Builder, value any) {
	if out.Len() > maxStackText {
		return
	}
	switch v := value.(type) {
	case string:
		writeString(out, v)
	case []any:
		out.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSON(out, item)
		}
		out.WriteByte(']')
	case map[string]any:
		out.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				out.WriteByte(',')
			}
			writeString(out, key)
			out.WriteByte(':')
			writeJSON(out, v[key])
		}
		out.WriteByte('}')
	case Absent:
		out.WriteString("AWS::NoValue")
	default:
		if s, ok := document.Text(v); ok {
			out.WriteString(s)
		} else {
			out.WriteString("null")
		}
	}
}

func writeString(out *strings.Builder, s string) {
	out.WriteByte('"')
	for i, part := range strings.Split(s, "\x00") {
		if i > 0 {
			out.WriteByte(0)
		}
		if i%2 == 1 { // within an unknown value
			out.WriteString(part)
			continue
		}
		out.WriteString(escaped(part))
	}
	out.WriteByte('"')
}

// escaped returns a string as it stands between the quotation marks of JSON.
func escaped(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
		return s
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always has a JSON form
	return strings.TrimSuffix(out.String()[1:], "\"\n")
}
