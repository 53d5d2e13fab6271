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
)

// parse returns a document, which has to be JSON, as maps, lists, texts and numbers. It errs at a key that an object has twice.
func parse(document []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	return parseValue(decoder)
}

func parseValue(decoder *json.Decoder) (any, error) {
	next, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch next {
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			element, err := parseValue(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		_, err = decoder.Token()
		return list, err
	case json.Delim('{'):
		object := map[string]any{}
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			if _, twice := object[key.(string)]; twice {
				return nil, fmt.Errorf("found %q twice in one object, expected it once", key)
			}
			if object[key.(string)], err = parseValue(decoder); err != nil {
				return nil, err
			}
		}
		_, err = decoder.Token()
		return object, err
	}
	return next, nil
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
