// Package jsonread reads JSON (RFC 8259) value by value and says at which line and column a document is wrong. It is for the packages
// that build a tree of their own and must see each key, also one that an object repeats: encoding/json keeps the last of them silently.
// It does not decode into structs, does not write JSON, and does not read from a stream: it holds the whole document.
//
// A reader of a tree is one recursive function:
//
//	func read(r *jsonread.Reader) any {
//		switch kind, text := r.Next(); kind {
//		case jsonread.List:
//			list := []any{}
//			for r.Item() {
//				list = append(list, read(r))
//			}
//			return list
//		case jsonread.Object:
//			object := map[string]any{}
//			for r.Field() {
//				key := r.Key()
//				object[key] = read(r)
//			}
//			return object
//		default:
//			return text
//		}
//	}
//
// The first error ends the reading: afterwards Next returns [Invalid], Item and Field return false, and Err and End return the error.
package jsonread

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the type of a JSON value.
type Kind uint8

const (
	// Invalid is no value: there is an error.
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	List
	Object
)

// Options are the bounds that a document must keep.
type Options struct {
	// MaxDepth is how deep lists and objects may nest, 1 or more. Required: readers call themselves for each level.
	MaxDepth int
	// NoNUL refuses the character U+0000 in strings.
	NoNUL bool
}

// Reader reads one document. Strings without escapes are parts of the document, not copies.
type Reader struct {
	text    string
	options Options
	at      int
	depth   int
	// first: the next item or field is the first of its list or object, so that no comma precedes it.
	first bool
	key   string
	keyAt int
	// valueAt is where the value begins that Next read last.
	valueAt int
	err     error
}

// New returns a reader of the document.
func New(document string, options Options) *Reader {
	return &Reader{text: document, options: options}
}

// Next reads the next value. Of a string it returns the text, of a number, boolean or null the text as written. Of a list or an object it
// reads the beginning only: Item or Field must be called until they return false.
func (r *Reader) Next() (Kind, string) {
	if r.err != nil {
		return Invalid, ""
	}
	r.space()
	if r.at == len(r.text) {
		return r.invalid("a value")
	}
	r.valueAt = r.at
	switch b := r.text[r.at]; b {
	case '{':
		return r.enter(Object)
	case '[':
		return r.enter(List)
	case '"':
		if text, ok := r.str(); ok {
			return String, text
		}
		return Invalid, ""
	case 't':
		return r.word(Bool, "true")
	case 'f':
		return r.word(Bool, "false")
	case 'n':
		return r.word(Null, "null")
	default:
		if b == '-' || digit(b) {
			return r.number()
		}
		return r.invalid("a value")
	}
}

// Item reports whether the list has another item, which Next reads.
func (r *Reader) Item() bool { return r.more(']', `"," or "]"`) }

// Field reports whether the object has another field, and reads its key. Next reads its value.
func (r *Reader) Field() bool {
	if !r.more('}', `"," or "}"`) {
		return false
	}
	r.space()
	r.keyAt = r.at
	if r.at == len(r.text) || r.text[r.at] != '"' {
		return r.fail("a key in quotation marks")
	}
	var ok bool
	if r.key, ok = r.str(); !ok {
		return false
	}
	if r.space(); !r.take(':') {
		return r.fail(`":"`)
	}
	return true
}

// Key returns the key that Field read last.
func (r *Reader) Key() string { return r.key }

// Duplicate ends the reading with the error that the object has the key that Field read last twice.
func (r *Reader) Duplicate() { r.Fail(r.Duplicated()) }

// Duplicated returns the error that the object has the key that Field read last twice.
func (r *Reader) Duplicated() error {
	return r.position(r.keyAt, strconv.Quote(r.key)+" twice in one object", "it once")
}

// RefuseKey ends the reading with the error that the key that Field read last is not one of the expected.
func (r *Reader) RefuseKey(expected string) {
	r.Fail(r.position(r.keyAt, strconv.Quote(r.key), expected))
}

// Place is where the value begins that Next read last, for [Reader.RefuseAt].
func (r *Reader) Place() int { return r.valueAt }

// RefuseAt ends the reading with the error that something else than expected was found at a place.
func (r *Reader) RefuseAt(place int, found, expected string) {
	r.Fail(r.position(place, found, expected))
}

// Fail ends the reading with an error of the caller, unless there is one already.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// End returns the first error, which may be that something follows the value.
func (r *Reader) End() error {
	if r.err == nil {
		if r.space(); r.at < len(r.text) {
			r.fail("the end of the document")
		}
	}
	return r.err
}

// more reads the comma before another item or field, or the closing bracket.
func (r *Reader) more(closing byte, expected string) bool {
	if r.err != nil {
		return false
	}
	r.space()
	if r.take(closing) {
		r.first = false
		r.depth--
		return false
	}
	if !r.first && !r.take(',') {
		return r.fail(expected)
	}
	r.first = false
	return true
}

func (r *Reader) enter(kind Kind) (Kind, string) {
	if r.depth++; r.depth > r.options.MaxDepth {
		return r.invalid(fmt.Sprintf("at most %d levels of lists and objects", r.options.MaxDepth))
	}
	r.at++
	r.first = true
	return kind, ""
}

func (r *Reader) word(kind Kind, word string) (Kind, string) {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return r.invalid("a value")
	}
	r.at += len(word)
	return kind, word
}

func (r *Reader) number() (Kind, string) {
	start := r.at
	r.take('-')
	if !r.take('0') && !r.digits() {
		return r.invalid("a digit")
	}
	if r.take('.') && !r.digits() {
		return r.invalid("a digit")
	}
	if r.take('e') || r.take('E') {
		_ = r.take('+') || r.take('-')
		if !r.digits() {
			return r.invalid("a digit")
		}
	}
	return Number, r.text[start:r.at]
}

func (r *Reader) digits() bool {
	start := r.at
	for r.at < len(r.text) && digit(r.text[r.at]) {
		r.at++
	}
	return r.at > start
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// str reads a string; false after an error. A string without escapes is a part of the document.
func (r *Reader) str() (string, bool) {
	r.at++
	start := r.at
	var bits byte // of all characters: at most 0x7f if all are ASCII
	for r.at < len(r.text) {
		b := r.text[r.at]
		switch {
		case b == '"':
			return r.closed(start, r.text[start:r.at], bits < utf8.RuneSelf)
		case b == '\\':
			return r.escaped(start)
		case b < ' ':
			return "", r.fail("a control character to be escaped")
		}
		bits |= b
		r.at++
	}
	return "", r.fail("the end of the string")
}

// escaped reads a string on from its first escape.
func (r *Reader) escaped(start int) (string, bool) {
	out := append(make([]byte, 0, r.at-start+64), r.text[start:r.at]...)
	for r.at < len(r.text) {
		switch b := r.text[r.at]; {
		case b == '"':
			return r.closed(start, string(out), false)
		case b == '\\':
			at := r.at
			c, ok := r.escape()
			if !ok {
				return "", r.fail("a JSON escape")
			}
			if c == 0 && r.options.NoNUL {
				r.err = r.position(at, `the character \u0000`, "a string without it")
				return "", false
			}
			out = utf8.AppendRune(out, c)
		case b < ' ':
			return "", r.fail("a control character to be escaped")
		default:
			out = append(out, b)
			r.at++
		}
	}
	return "", r.fail("the end of the string")
}

// closed ends the string that began at start.
func (r *Reader) closed(start int, text string, ascii bool) (string, bool) {
	if !ascii && !utf8.ValidString(text) {
		r.err = r.position(start, "bytes that are not UTF-8", "UTF-8")
		return "", false
	}
	r.at++
	return text, true
}

// escape reads one escape. One half of a surrogate pair becomes U+FFFD, as in encoding/json.
func (r *Reader) escape() (rune, bool) {
	rest := r.text[r.at:]
	if len(rest) < 2 {
		return 0, false
	}
	if i := strings.IndexByte(`"\/bfnrt`, rest[1]); i >= 0 {
		r.at += 2
		return rune("\"\\/\b\f\n\r\t"[i]), true
	}
	c, ok := unicodeEscape(rest)
	if !ok {
		return 0, false
	}
	r.at += 6
	if utf16.IsSurrogate(c) {
		if low, ok := unicodeEscape(rest[6:]); ok {
			if both := utf16.DecodeRune(c, low); both != utf8.RuneError {
				r.at += 6
				return both, true
			}
		}
		return utf8.RuneError, true
	}
	return c, true
}

func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

func (r *Reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

func (r *Reader) take(b byte) bool {
	if r.at < len(r.text) && r.text[r.at] == b {
		r.at++
		return true
	}
	return false
}

// invalid is fail for Next.
func (r *Reader) invalid(expected string) (Kind, string) {
	r.fail(expected)
	return Invalid, ""
}

// fail ends the reading with the error that something else than expected stands here, and returns false.
func (r *Reader) fail(expected string) bool {
	found := "the end of the document"
	if r.at < len(r.text) {
		c, _ := utf8.DecodeRuneInString(r.text[r.at:])
		found = strconv.QuoteRune(c)
	}
	r.err = r.position(r.at, found, expected)
	return false
}

// position is an error about the byte at a place. Columns count bytes, from 1.
func (r *Reader) position(at int, found, expected string) error {
	before := r.text[:at]
	line, column := 1+strings.Count(before, "\n"), len(before)-strings.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d, column %d: found %s, expected %s", line, column, found, expected)
}
