package intrinsic

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/policy"
)

// Absent is the value of AWS::NoValue: a property that has it is removed.
type Absent struct{}

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

const (
	// maxText is the longest text that a function may make, in bytes: a template has 1 MB.
	maxText = 1 << 20
	// maxStackText is all text that the functions of one stack may make, in bytes.
	maxStackText = 64 << 20
)

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
