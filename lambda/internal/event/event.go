// Package event reads the JSON object a function is invoked with, strictly and field by field. It
// knows no function's fields and no AWS service's event shapes.
package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Invalid is one thing in an event that is not as it must be.
type Invalid struct{ Field, Found, Expected string }

// Error names the field, what was found and what is expected.
func (e *Invalid) Error() string {
	return fmt.Sprintf("%s: found %s, expected %s", e.Field, e.Found, e.Expected)
}

// Object is the event: each field with its JSON text.
type Object map[string]json.RawMessage

// Parse reads one JSON object. Nothing at all and null are an empty object. A name that occurs twice,
// data after the object and bytes that are not UTF-8 are errors.
func Parse(payload []byte) (Object, error) {
	object := Object{}
	trimmed := bytes.TrimSpace(payload)
	if len(trimmed) == 0 || string(trimmed) == "null" {
		return object, nil
	}
	if !utf8.Valid(payload) {
		return nil, &Invalid{"event", "bytes that are not UTF-8", "a JSON object in UTF-8"}
	}
	if trimmed[0] != '{' {
		return nil, &Invalid{"event", Describe(trimmed), "a JSON object"}
	}
	decoder := json.NewDecoder(bytes.NewReader(trimmed))
	if _, err := decoder.Token(); err != nil {
		return nil, malformed(err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, malformed(err)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, malformed(err)
		}
		if _, twice := object[name.(string)]; twice {
			return nil, &Invalid{fieldName(name.(string)), "it twice", "it once"}
		}
		object[name.(string)] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, malformed(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &Invalid{"event", "data after the JSON object", "nothing after it"}
	}
	return object, nil
}

func malformed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Invalid{"event", "the end in the middle of the JSON object", "a whole JSON object"}
	}
	return &Invalid{"event", "malformed JSON (" + err.Error() + ")", "a JSON object"}
}

// Only errs for the first field, by name, that is not among known.
func (o Object) Only(known ...string) error {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(known, name) {
			return Unknown("field", name, known)
		}
	}
	return nil
}

// Text returns the string of a field of at most limit bytes, and whether it is there; null is as good as absent.
func (o Object) Text(name string, limit int) (string, bool, error) {
	raw, ok := o[name]
	if !ok || string(raw) == "null" {
		return "", false, nil
	}
	expected := fmt.Sprintf("a string of at most %d bytes", limit)
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", false, &Invalid{fieldName(name), Describe(raw), expected}
	}
	if len(text) > limit {
		return "", false, &Invalid{fieldName(name), fmt.Sprintf("a string of %d bytes", len(text)), expected}
	}
	if replaced(raw, text) {
		return "", false, &Invalid{fieldName(name), "half of a surrogate pair", "whole characters"}
	}
	return text, true, nil
}

// Whole returns the whole number of a field, which must lie in least..most, or absent where the field is
// absent or null.
func (o Object) Whole(name string, least, most, absent int) (int, error) {
	raw, ok := o[name]
	if !ok || string(raw) == "null" {
		return absent, nil
	}
	return whole(fieldName(name), string(raw), Describe(raw), least, most)
}

// ParseWhole reads a whole number in least..most from text that came from elsewhere than JSON; field
// says from where.
func ParseWhole(field, text string, least, most int) (int, error) {
	return whole(field, text, Quote(text), least, most)
}

func whole(field, text, found string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text || n < least || n > most {
		return 0, &Invalid{field, found, fmt.Sprintf("a whole number from %d to %d", least, most)}
	}
	return n, nil
}

// replaced reports whether decoding put U+FFFD where the JSON text has none, which is what becomes of
// an unpaired surrogate: such a string would name another key than the one asked for.
func replaced(raw json.RawMessage, text string) bool {
	written := strings.Count(string(raw), "\uFFFD") + strings.Count(strings.ToLower(string(raw)), `\ufffd`)
	return strings.Count(text, "\uFFFD") > written
}
