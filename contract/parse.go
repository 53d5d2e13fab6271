package contract

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/jsonread"
)

// parse returns a document as maps, lists, strings and numbers. It errs at a key that an object has twice.
func parse(document []byte) (any, error) {
	r := jsonread.New(string(document), jsonread.Options{MaxDepth: maxDepth})
	v := parseValue(r)
	return v, r.End()
}

// maxDepth is how deep lists and objects of a contract may nest. A grant needs eight levels.
const maxDepth = 32

func parseValue(r *jsonread.Reader) any {
	switch kind, text := r.Next(); kind {
	case jsonread.List:
		list := []any{}
		for r.Item() {
			list = append(list, parseValue(r))
		}
		return list
	case jsonread.Object:
		object := map[string]any{}
		for r.Field() {
			key := r.Key()
			if _, ok := object[key]; ok {
				r.Duplicate()
			}
			object[key] = parseValue(r)
		}
		return object
	case jsonread.String:
		return text
	case jsonread.Number:
		return json.Number(text)
	case jsonread.Bool:
		return text == "true"
	}
	return nil
}

// difference returns where a document differs first from what would be written for it, or nil.
func difference(where string, found, expected any) error {
	switch e := expected.(type) {
	case map[string]any:
		f, ok := found.(map[string]any)
		if !ok {
			break
		}
		for _, key := range slices.Sorted(maps.Keys(f)) {
			if _, known := e[key]; !known {
				return fmt.Errorf("%s: found %q without effect, expected names as a synthesis writes them, and what is none left out", where, key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(e)) {
			if err := difference(where+"."+key, f[key], e[key]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		f, ok := found.([]any)
		if !ok || len(f) != len(e) {
			break
		}
		for i := range e {
			if err := difference(fmt.Sprintf("%s[%d]", where, i), f[i], e[i]); err != nil {
				return err
			}
		}
		return nil
	default:
		if found == expected {
			return nil
		}
	}
	return fmt.Errorf("%s: found something that a synthesis would write otherwise, expected sorted lists without repetition", where)
}

// problem says what encoding/json found wrong, in words of the file.
func problem(document []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(document[:min(int(syntax.Offset), len(document))], []byte("\n"))
		return fmt.Errorf("found no JSON: %w in line %d, expected contract.json as a synthesis of crossgrant writes it", err, line)
	case errors.As(err, &kind):
		expected := map[string]string{
			"string": "a text", "int": "a whole number", "bool": "true or false", "slice": "a list",
		}[kind.Type.Kind().String()]
		return fmt.Errorf("%s: found %s, expected %s", cmp.Or(kind.Field, "contract"), kind.Value, cmp.Or(expected, "an object"))
	}
	return errors.New("found " + strings.TrimPrefix(err.Error(), "json: ") + ", expected contract.json as a synthesis of crossgrant writes it")
}
