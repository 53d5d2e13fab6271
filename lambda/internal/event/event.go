// Package event reads the JSON object with which a function is invoked, strictly and field by field. It does not know the fields of any
// function or the events of any AWS service.
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

	"github.com/agnivade/levenshtein" // one function without dependencies, MIT
)

// Invalid is an error in an event.
type Invalid struct{ Field, Found, Expected string }

// Error names the field, what was found and what is expected.
func (e *Invalid) Error() string {
	return fmt.Sprintf("%s: found %s, expected %s", e.Field, e.Found, e.Expected)
}

// Object is the event: the JSON text of each field.
type Object map[string]json.RawMessage

// Parse reads one JSON object. An empty payload and null are an empty object. A duplicate name, data after the object and bytes that are not
// UTF-8 are errors.
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

// Only returns an error for the first field, by name, that is not among known.
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

// Text returns the string of a field, at most limit bytes, and whether it is set; null means absent.
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

// Whole returns the whole number of a field, from least to most, or absent if the field is absent or null.
func (o Object) Whole(name string, least, most, absent int) (int, error) {
	raw, ok := o[name]
	if !ok || string(raw) == "null" {
		return absent, nil
	}
	return whole(fieldName(name), string(raw), Describe(raw), least, most)
}

// ParseWhole reads a whole number from least to most from text that is not JSON; field names its source in the error.
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

// replaced reports whether decoding put U+FFFD where the JSON text has none, as it does for an unpaired surrogate: such a string would name
// another key than the caller did.
func replaced(raw json.RawMessage, text string) bool {
	written := strings.Count(string(raw), "\uFFFD") + strings.Count(strings.ToLower(string(raw)), `\ufffd`)
	return strings.Count(text, "\uFFFD") > written
}

// maxQuoted is the most bytes of a value from outside that a message repeats.
const maxQuoted = 40

// Describe describes a JSON value, shortened if it is long.
func Describe(raw json.RawMessage) string {
	text := strings.TrimSpace(string(raw))
	switch {
	case text == "":
		return "nothing"
	case text[0] == '"':
		var s string
		if json.Unmarshal([]byte(text), &s) != nil {
			return "a malformed string"
		}
		return "the string " + Quote(s)
	case text[0] == '{':
		return "an object"
	case text[0] == '[':
		return "an array"
	case text == "true", text == "false", text == "null":
		return text
	case json.Valid([]byte(text)):
		return "the number " + shorten(text)
	}
	return "malformed JSON"
}

// Quote quotes a value from outside, shortened if it is long.
func Quote(text string) string { return strconv.Quote(shorten(text)) }

func shorten(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	cut := maxQuoted
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

func fieldName(name string) string { return "field " + Quote(name) }

// Unknown is the error for a name that is not among known; kind is what it names, such as "field".
func Unknown(kind, name string, known []string) *Invalid {
	expected := "only " + strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		expected += "; the nearest is " + near
	}
	return &Invalid{kind + " " + Quote(name), "an unknown name", expected}
}

// nearest returns the known name that differs from name only in case or in at most two letters.
func nearest(name string, known []string) string {
	if len(name) > maxQuoted {
		return ""
	}
	best, least := "", 3
	for _, candidate := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}
