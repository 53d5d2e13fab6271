package trailfile

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/lambda/internal/jsontext"
)

// Instead of a position, the methods of parser return why there is none.
const (
	unfinished = -1 - iota // the text ends within the value
	malformed
	notUTF8
	tooDeep
)

// pad is how many zeros follow the text. No JSON has one, so that each loop ends there without a comparison of its position, and a word of
// eight bytes can be read at each position of the text.
const pad = 8

// parser finds the end of a JSON value and, of a record, the fields, in one pass over its bytes. It takes exactly what json.Valid takes and what
// is UTF-8: a fuzz test compares them.
type parser struct {
	text    []byte // with the zeros
	fields  Fields
	escaped bool // whether the last string has an escape
}

func (p *parser) reset(text []byte) { *p = parser{text: text} }

// broken is the result where the byte at i is none of those that may be there.
func (p *parser) broken(i int) int {
	if i >= len(p.text)-pad {
		return unfinished
	}
	return malformed
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// over returns the position after white space.
func over(b []byte, i int) int {
	for space(b[i]) {
		i++
	}
	return i
}

// value returns the position after the value that begins at i, in depth objects and arrays. at is the place of an object in a record.
func (p *parser) value(i, depth int, at place) int {
	switch p.text[i] {
	case '"':
		return p.string(i + 1)
	case '{':
		return p.object(i+1, depth+1, at)
	case '[':
		return p.array(i+1, depth+1)
	case 't':
		return p.word(i, "true")
	case 'f':
		return p.word(i, "false")
	case 'n':
		return p.word(i, "null")
	}
	return p.number(i)
}

// object is value after the opening bracket.
func (p *parser) object(i, depth int, at place) int {
	if depth > maxDepth {
		return tooDeep
	}
	b := p.text
	if i = over(b, i); b[i] == '}' {
		return i + 1
	}
	for {
		if b[i] != '"' {
			return p.broken(i)
		}
		p.escaped = false
		from := i
		if i = p.string(i + 1); i < 0 {
			return i
		}
		var field *[]byte
		inner := elsewhere
		if at != elsewhere {
			field, inner = p.fields.named(at, p.unquoted(from, i))
		}
		if b[i] != ':' {
			if i = over(b, i); b[i] != ':' {
				return p.broken(i)
			}
		}
		i = over(b, i+1)
		if b[i] == '"' {
			p.escaped = false
			from = i
			if i = p.string(i + 1); i < 0 {
				return i
			}
			if field != nil {
				*field = p.unquoted(from, i)
			}
		} else if i = p.value(i, depth, inner); i < 0 {
			return i
		}
		if b[i] != ',' {
			switch i = over(b, i); b[i] {
			case '}':
				return i + 1
			case ',':
			default:
				return p.broken(i)
			}
		}
		i = over(b, i+1)
	}
}

// array is value after the opening bracket.
func (p *parser) array(i, depth int) int {
	if depth > maxDepth {
		return tooDeep
	}
	b := p.text
	if i = over(b, i); b[i] == ']' {
		return i + 1
	}
	for {
		if i = p.value(i, depth, elsewhere); i < 0 {
			return i
		}
		switch i = over(b, i); b[i] {
		case ']':
			return i + 1
		case ',':
			i = over(b, i+1)
		default:
			return p.broken(i)
		}
	}
}

// string is value after the opening quote of a string.
func (p *parser) string(i int) int {
	b := p.text
	for {
		w := jsontext.Special(binary.LittleEndian.Uint64(b[i:]))
		if w == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(w) >> 3
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			p.escaped = true
			if i = p.escape(i + 1); i < 0 {
				return i
			}
		case c >= utf8.RuneSelf:
			if i = p.runes(i); i < 0 {
				return i
			}
		default:
			return p.broken(i)
		}
	}
}

// escape returns the position after an escape, whose backslash is before i.
func (p *parser) escape(i int) int {
	b := p.text
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for range 4 {
			if i++; !hex(b[i]) {
				return p.broken(i)
			}
		}
		return i + 1
	}
	return p.broken(i)
}

func hex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

// runes returns the position after the characters from i on that are not ASCII.
func (p *parser) runes(i int) int {
	b := p.text[:len(p.text)-pad]
	for i < len(b) && b[i] >= utf8.RuneSelf {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			if !utf8.FullRune(b[i:]) {
				return unfinished
			}
			return notUTF8
		}
		i += n
	}
	return i
}

func (p *parser) word(i int, word string) int {
	for n := range len(word) {
		if p.text[i+n] != word[n] {
			return p.broken(i + n)
		}
	}
	return i + len(word)
}

func (p *parser) number(i int) int {
	b := p.text
	if b[i] == '-' {
		i++
	}
	if b[i] == '0' {
		i++
	} else if i = p.digits(i); i < 0 {
		return i
	}
	if b[i] == '.' {
		if i = p.digits(i + 1); i < 0 {
			return i
		}
	}
	if b[i] == 'e' || b[i] == 'E' {
		if i++; b[i] == '+' || b[i] == '-' {
			i++
		}
		if i = p.digits(i); i < 0 {
			return i
		}
	}
	if i >= len(b)-pad { // it may go on
		return unfinished
	}
	return i
}

// digits returns the position after one or more digits.
func (p *parser) digits(i int) int {
	from := i
	for '0' <= p.text[i] && p.text[i] <= '9' {
		i++
	}
	if i == from {
		return p.broken(i)
	}
	return i
}

// unquoted returns the text of the string in text[from:to], which p.escaped is about, without a copy if it has no escapes.
func (p *parser) unquoted(from, to int) []byte {
	raw := p.text[from:to:to]
	if !p.escaped {
		return raw[1 : len(raw)-1]
	}
	return unquote(raw)
}

// unquote returns the text of a valid JSON string.
func unquote(raw []byte) []byte {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil
	}
	return []byte(text)
}
