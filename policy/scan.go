package policy

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// nodeKind is what a JSON value is.
type nodeKind uint8

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	stringNode
	listNode
	objectNode
)

// node is one JSON value. Unlike a map it keeps the order and every duplicate of an object's keys, since a duplicate is an error.
type node struct {
	kind  nodeKind
	text  string   // of a string, number or boolean
	keys  []string // of an object, beside items
	items []node
}

// deepest is how far lists and objects may nest: a policy needs six levels, and the scanner calls itself for each.
const deepest = 16

// scanner reads JSON as RFC 8259 has it. encoding/json is too slow with duplicates noticed: a parse of 20 kB must stay well under 1 ms.
type scanner struct {
	text  string
	at    int
	depth int
}

// scan reads one JSON value that fills the whole text.
func scan(document []byte) (node, error) {
	s := scanner{text: string(document)}
	s.space()
	n, err := s.value()
	if err != nil {
		return n, err
	}
	if s.space(); s.at < len(s.text) {
		return n, s.expected("the end of the document")
	}
	return n, nil
}

func (s *scanner) value() (node, error) {
	if s.at == len(s.text) {
		return node{}, s.expected("a value")
	}
	switch b := s.text[s.at]; {
	case b == '{':
		return s.nested(s.object)
	case b == '[':
		return s.nested(s.list)
	case b == '"':
		t, err := s.str()
		return node{kind: stringNode, text: t}, err
	case b == '-' || digit(b):
		return s.number()
	}
	for word, kind := range words {
		if len(s.text)-s.at >= len(word) && s.text[s.at:s.at+len(word)] == word {
			s.at += len(word)
			return node{kind: kind, text: word}, nil
		}
	}
	return node{}, s.expected("a value")
}

var words = map[string]nodeKind{"true": boolNode, "false": boolNode, "null": nullNode}

func (s *scanner) nested(read func() (node, error)) (node, error) {
	if s.depth++; s.depth > deepest {
		return node{}, s.expected("at most %d levels of lists and objects", deepest)
	}
	s.at++
	s.space()
	n, err := read()
	s.depth--
	return n, err
}

func (s *scanner) object() (node, error) {
	n := node{kind: objectNode}
	if s.take('}') {
		return n, nil
	}
	n.keys, n.items = make([]string, 0, 6), make([]node, 0, 6)
	for {
		if s.at == len(s.text) || s.text[s.at] != '"' {
			return n, s.expected("a key in quotation marks")
		}
		key, err := s.str()
		if err != nil {
			return n, err
		}
		if s.space(); !s.take(':') {
			return n, s.expected(`":"`)
		}
		s.space()
		v, err := s.value()
		if err != nil {
			return n, err
		}
		n.keys, n.items = append(n.keys, key), append(n.items, v)
		if s.space(); s.take('}') {
			return n, nil
		}
		if !s.take(',') {
			return n, s.expected(`"," or "}"`)
		}
		s.space()
	}
}

func (s *scanner) list() (node, error) {
	n := node{kind: listNode}
	if s.take(']') {
		return n, nil
	}
	n.items = make([]node, 0, 4)
	for {
		v, err := s.value()
		if err != nil {
			return n, err
		}
		n.items = append(n.items, v)
		if s.space(); s.take(']') {
			return n, nil
		}
		if !s.take(',') {
			return n, s.expected(`"," or "]"`)
		}
		s.space()
	}
}

func (s *scanner) number() (node, error) {
	start := s.at
	s.take('-')
	if !s.take('0') && !s.digits() {
		return node{}, s.expected("a digit")
	}
	if s.take('.') && !s.digits() {
		return node{}, s.expected("a digit")
	}
	if s.take('e') || s.take('E') {
		_ = s.take('+') || s.take('-')
		if !s.digits() {
			return node{}, s.expected("a digit")
		}
	}
	return node{kind: numberNode, text: s.text[start:s.at]}, nil
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && digit(s.text[s.at]) {
		s.at++
	}
	return s.at > start
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

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

// expected is the error that something else was found at the scanner's place.
func (s *scanner) expected(what string, args ...any) error {
	line, column := 1, 1
	for _, b := range []byte(s.text[:s.at]) {
		if column++; b == '\n' {
			line, column = line+1, 1
		}
	}
	found := "the end of the document"
	if s.at < len(s.text) {
		r, _ := utf8.DecodeRuneInString(s.text[s.at:])
		found = strconv.QuoteRune(r)
	}
	return fmt.Errorf("line %d, column %d: found %s, expected %s", line, column, found, fmt.Sprintf(what, args...))
}
