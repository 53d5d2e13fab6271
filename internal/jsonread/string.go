package jsonread

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

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
				r.err = r.position(at, `the character \u0000`, "text without it")
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
