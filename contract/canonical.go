package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// writeCanonical writes a value that [tree] returned as JSON with sorted keys and no space (RFC 8785). Numbers are whole and small, as the
// format has them. It errs at U+FFFD, which encoding/json puts in the place of what is no Unicode.
// https://www.rfc-editor.org/rfc/rfc8785
func writeCanonical(out *bytes.Buffer, value any) error {
	switch v := value.(type) {
	case map[string]any:
		out.WriteByte('{')
		for i, key := range slices.SortedFunc(maps.Keys(v), byUTF16) {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeCanonical(out, key); err != nil {
				return err
			}
			out.WriteByte(':')
			if err := writeCanonical(out, v[key]); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeCanonical(out, element); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case string:
		if strings.ContainsRune(v, utf8.RuneError) {
			return fmt.Errorf("found %q, expected Unicode", v)
		}
		writeString(out, v)
	case nil:
		out.WriteString("null")
	default: // a number, true or false
		fmt.Fprint(out, v)
	}
	return nil
}

// byUTF16 orders as RFC 8785 does, which differs from Go's order beyond U+D7FF.
func byUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// writeString escapes what RFC 8785 does; encoding/json escapes U+2028 and U+2029, too.
func writeString(out *bytes.Buffer, text string) {
	out.WriteByte('"')
	for _, r := range text {
		switch i := strings.IndexRune("\"\\\b\f\n\r\t", r); {
		case i >= 0:
			out.WriteByte('\\')
			out.WriteByte(`"\bfnrt`[i])
		case r < ' ':
			fmt.Fprintf(out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}

// tree returns the JSON of a value as maps, lists, texts and numbers.
func tree(value any) (any, error) {
	document, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return parse(document)
}
