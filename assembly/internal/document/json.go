package document

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON (RFC 8259). Unlike encoding/json it refuses duplicate keys and turns objects into calls as it reads them. Strings are
// substrings of the document, not copies: a large assembly would take several seconds longer otherwise.
type scanner struct {
	text      string
	at, depth int
	budget    Budget
}

// ReadJSON reads a document that consists of one value. Errors name the line and the column.
func ReadJSON(document string) (any, error) {
	s := scanner{text: document}
	s.space()
	v, err := s.value()
	if err != nil {
		return nil, err
	}
	if s.space(); s.at < len(s.text) {
		return nil, s.expected("the end of the file")
	}
	return v, nil
}

func (s *scanner) value() (any, error) {
	if s.at == len(s.text) {
		return nil, s.expected("a value")
	}
	if err := s.budget.Take(); err != nil {
		return nil, err
	}
	switch b := s.text[s.at]; {
	case b == '{':
		return s.nested(s.object)
	case b == '[':
		return s.nested(s.list)
	case b == '"':
		return s.str()
	case b == '-' || '0' <= b && b <= '9':
		return s.number()
	}
	for _, w := range literals {
		if strings.HasPrefix(s.text[s.at:], w.text) {
			s.at += len(w.text)
			return w.value, nil
		}
	}
	return nil, s.expected("a value")
}

var literals = []struct {
	text  string
	value any
}{{"true", true}, {"false", false}, {"null", nil}}

func (s *scanner) nested(read func() (any, error)) (any, error) {
	if s.depth++; s.depth > maxDepth {
		return nil, s.expected(fmt.Sprintf("at most %d levels of lists and objects", maxDepth))
	}
	s.at++
	s.space()
	v, err := read()
	s.depth--
	return v, err
}

func (s *scanner) object() (any, error) {
	if s.take('}') {
		return map[string]any{}, nil
	}
	var object map[string]any
	for {
		start := s.at
		if s.at == len(s.text) || s.text[s.at] != '"' {
			return nil, s.expected("a key in quotation marks")
		}
		key, err := s.str()
		if err != nil {
			return nil, err
		}
		if s.space(); !s.take(':') {
			return nil, s.expected(`":"`)
		}
		s.space()
		v, err := s.value()
		if err != nil {
			return nil, err
		}
		s.space()
		end := s.take('}')
		if object == nil {
			if end && isCall(key, v) {
				return &Call{key, v}, nil
			}
			object = map[string]any{}
		}
		if _, twice := object[key]; twice {
			s.at = start
			return nil, s.found(strconv.Quote(key)+" twice in one object", "it once")
		}
		if object[key] = v; end {
			return object, nil
		}
		if !s.take(',') {
			return nil, s.expected(`"," or "}"`)
		}
		s.space()
	}
}

func (s *scanner) list() (any, error) {
	list := []any{}
	if s.take(']') {
		return list, nil
	}
	for {
		v, err := s.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if s.space(); s.take(']') {
			return list, nil
		}
		if !s.take(',') {
			return nil, s.expected(`"," or "]"`)
		}
		s.space()
	}
}

func (s *scanner) number() (any, error) {
	start := s.at
	for s.at < len(s.text) && strings.IndexByte("+-.0123456789Ee", s.text[s.at]) >= 0 {
		s.at++
	}
	if n := s.text[start:s.at]; isNumber(n) {
		return json.Number(n), nil
	}
	s.at = start
	return nil, s.expected("a number")
}

// isNumber reports whether s is a number in JSON. Leading zeros are not allowed, so an account such as 012345678901 is not a number.
func isNumber(s string) bool {
	return s != "" && (s[0] == '-' || '0' <= s[0] && s[0] <= '9') && json.Valid([]byte(s))
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) take(b byte) bool {
	if s.at < len(s.text) && s.text[s.at] == b {
		s.at++
		return true
	}
	return false
}

// expected returns the error that the next character is not what is expected.
func (s *scanner) expected(what string) error {
	if s.at >= len(s.text) {
		return s.found("the end of the file", what)
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.at:])
	return s.found(strconv.QuoteRune(r), what)
}

func (s *scanner) found(found, expected string) error {
	before := s.text[:min(s.at, len(s.text))]
	line, column := 1+strings.Count(before, "\n"), len(before)-strings.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d, column %d: found %s, expected %s", line, column, found, expected)
}

// str reads a string. Without escapes it is a substring of the document.
func (s *scanner) str() (string, error) {
	s.at++
	start := s.at
	for s.at < len(s.text) {
		switch b := s.text[s.at]; {
		case b == '"':
			return s.closed(start, s.text[start:s.at])
		case b == '\\':
			return s.escaped(start)
		case b < ' ':
			return "", s.expected("a control character to be escaped")
		}
		s.at++
	}
	return "", s.expected("the end of the string")
}

// escaped reads the rest of a string from its first escape.
func (s *scanner) escaped(start int) (string, error) {
	var out strings.Builder
	out.WriteString(s.text[start:s.at])
	for s.at < len(s.text) {
		switch b := s.text[s.at]; {
		case b == '"':
			return s.closed(start, out.String())
		case b == '\\':
			before := s.at
			r, ok := s.escape()
			if !ok {
				return "", s.expected("a JSON escape")
			}
			if r == 0 {
				s.at = before
				return "", s.found(`the character \u0000`, "a string without it: IAM allows none, and this package marks unknown values with it")
			}
			out.WriteRune(r)
		case b < ' ':
			return "", s.expected("a control character to be escaped")
		default:
			out.WriteByte(b)
			s.at++
		}
	}
	return "", s.expected("the end of the string")
}

// closed ends the string that begins at start.
func (s *scanner) closed(start int, text string) (string, error) {
	if !utf8.ValidString(text) {
		s.at = start
		return "", s.found("bytes that are not UTF-8", "UTF-8")
	}
	s.at++
	return text, nil
}

// escape reads one escape. Half of a surrogate pair becomes U+FFFD, as in encoding/json.
func (s *scanner) escape() (rune, bool) {
	rest := s.text[s.at:]
	if len(rest) < 2 {
		return 0, false
	}
	if i := strings.IndexByte(`"\/bfnrt`, rest[1]); i >= 0 {
		s.at += 2
		return rune("\"\\/\b\f\n\r\t"[i]), true
	}
	r, ok := unicodeEscape(rest)
	if !ok {
		return 0, false
	}
	s.at += 6
	if utf16.IsSurrogate(r) {
		if low, ok := unicodeEscape(rest[6:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				s.at += 6
				return both, true
			}
		}
		return utf8.RuneError, true
	}
	return r, true
}

func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
