package contract

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/internal/jsonread"
)

// WithDigest returns the grant in canonical order, with its digest: every list sorted and without repetition, resources as [Statement.AcrossAccounts]
// has them. It errs if a string is not Unicode. It does not change g.
func (g Grant) WithDigest() (Grant, error) {
	g = g.canonical()
	content, err := jsonTree(g)
	if err != nil {
		return g, err
	}
	g.Digest, err = digest(content)
	return g, err
}

func (g Grant) canonical() Grant {
	g.Grantees = sorted(g.Grantees)
	g.Permissions = slices.Clone(g.Permissions)
	for i, s := range g.Permissions {
		s.Actions, s.Resources, s.CrossAccountResources = sorted(s.Actions), sorted(s.AcrossAccounts()), nil
		var conditions map[string]map[string][]string
		for operator, keys := range s.Conditions {
			if conditions == nil {
				conditions = map[string]map[string][]string{}
			}
			conditions[operator] = map[string][]string{}
			for key, values := range keys {
				conditions[operator][key] = sorted(values)
			}
		}
		s.Conditions = conditions
		g.Permissions[i] = s
	}
	slices.SortStableFunc(g.Permissions, func(a, b Statement) int { return strings.Compare(a.Sid, b.Sid) })
	if g.Perimeter != nil {
		p := *g.Perimeter
		p.Values = sorted(p.Values)
		if len(p.Administrators) > 0 {
			p.Administrators = sorted(p.Administrators)
		}
		g.Perimeter = &p
	}
	if g.Environment = maps.Clone(g.Environment); len(g.Environment) == 0 {
		g.Environment = nil
	}
	return g
}

// digest returns "sha256:" and the hash of a grant's [jsonTree] without its digest, as JSON with sorted keys and no space (RFC 8785).
func digest(grant any) (string, error) {
	if fields, ok := grant.(map[string]any); ok {
		fields = maps.Clone(fields)
		delete(fields, "digest")
		grant = fields
	}
	var out bytes.Buffer
	if err := writeCanonical(&out, grant); err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	sum := sha256.Sum256(out.Bytes())
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// jsonTree returns the JSON of a value as maps, lists, strings and numbers.
func jsonTree(value any) (any, error) {
	document, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return parseTree(document)
}

// writeCanonical writes a value that [jsonTree] returned as JSON with sorted keys and no space (RFC 8785). Numbers are small integers, as in
// the format. It errs at U+FFFD, with which encoding/json replaces invalid Unicode.
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

// byUTF16 compares strings in the order of RFC 8785, which differs from Go's order above U+D7FF.
func byUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// writeString escapes as RFC 8785 does; encoding/json would also escape U+2028 and U+2029.
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

// sorted returns the strings in order, each once.
func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}

// maxDepth is how deep lists and objects may nest. A contract has eight levels.
const maxDepth = 32

// parseTree returns a JSON document as maps, lists, strings, numbers, booleans and nil. It errs if an object has a key twice.
func parseTree(document []byte) (any, error) {
	reader := jsonread.New(string(document), jsonread.Options{MaxDepth: maxDepth})
	tree := readTree(reader)
	return tree, reader.End()
}

func readTree(reader *jsonread.Reader) any {
	switch kind, text := reader.Next(); kind {
	case jsonread.Object:
		object := map[string]any{}
		for reader.Field() {
			key := reader.Key()
			if _, exists := object[key]; exists {
				reader.Duplicate()
			}
			object[key] = readTree(reader)
		}
		return object
	case jsonread.List:
		list := []any{}
		for reader.Item() {
			list = append(list, readTree(reader))
		}
		return list
	case jsonread.String:
		return text
	case jsonread.Bool:
		return text == "true"
	case jsonread.Number:
		return json.Number(text)
	default:
		return nil
	}
}
