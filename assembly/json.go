package assembly

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner reads JSON as RFC 8259 has it. Unlike encoding/json it notices duplicate keys, makes functions of objects at once, and its texts
// are parts of the document, not copies: large assemblies would take several seconds otherwise.
type scanner struct {
	text      string
	at, depth int
	budget    budget
}

// readJSON reads a document that is one value.
func readJSON(document string) (any, error) {
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
	if err := s.budget.take(); err != nil {
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
	if s.depth++; s.depth > deepest {
		return nil, s.expected(fmt.Sprintf("at most %d levels of lists and objects", deepest))
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
				return &call{key, v}, nil
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

// isNumber says whether JSON has this number: without leading zeros, so never an account such as 012345678901.
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

// expected is the error that something else stands at the scanner's place.
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
