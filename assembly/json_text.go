package assembly

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// writeJSON writes a resolved value as JSON with sorted keys, as far as to more bytes than a stack may have. What is unknown stays as it is
// within its text, not escaped.
func writeJSON(out *strings.Builder, value any) {
	if out.Len() > mostText {
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
	case absent:
		out.WriteString("AWS::NoValue")
	default:
		if s, ok := text(v); ok {
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
		if i%2 == 1 { // within an unknown
			out.WriteString(part)
			continue
		}
		out.WriteString(quoted(part))
	}
	out.WriteByte('"')
}

// quoted is a text as it stands between the quotation marks of JSON.
func quoted(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
		return s
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a text always has a JSON form
	return strings.TrimSuffix(out.String()[1:], "\"\n")
}
