package event

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein" // one function without dependencies, MIT
)

// maxQuoted is how many bytes of a foreign value a message repeats.
const maxQuoted = 40

// Describe says what a JSON value is, shortened where it is long.
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

// Quote puts a foreign value in quotes, shortened where it is long.
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

// Unknown is the error for a name that is not among known; kind says what it is a name of, such as "field".
func Unknown(kind, name string, known []string) *Invalid {
	expected := "only " + strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		expected += "; the nearest is " + near
	}
	return &Invalid{kind + " " + Quote(name), "an unknown name", expected}
}

// nearest returns the known name that differs from name in case only or in at most two letters.
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
