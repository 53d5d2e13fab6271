package policy

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string; one without escapes is a part of the document, not a copy.
func (s *scanner) str() (string, error) {
	s.at++
	start := s.at
	for s.at < len(s.text) {
		switch b := s.text[s.at]; {
		case b == '"':
			t := s.text[start:s.at]
			s.at++
			if !utf8.ValidString(t) {
				s.at = start
				return "", s.expected("UTF-8")
			}
			return t, nil
		case b == '\\':
			return s.escaped(start)
		case b < ' ':
			return "", s.expected("a control character to be escaped")
		}
		s.at++
	}
	return "", s.expected("the end of the string")
}

// escaped reads a string on from its first escape.
func (s *scanner) escaped(start int) (string, error) {
	out := []byte(s.text[start:s.at])
	for s.at < len(s.text) {
		switch b := s.text[s.at]; {
		case b == '"':
			s.at++
			if !utf8.Valid(out) {
				s.at = start
				return "", s.expected("UTF-8")
			}
			return string(out), nil
		case b == '\\':
			r, ok := s.escape()
			if !ok {
				return "", s.expected("a JSON escape")
			}
			out = utf8.AppendRune(out, r)
		case b < ' ':
			return "", s.expected("a control character to be escaped")
		default:
			out = append(out, b)
			s.at++
		}
	}
	return "", s.expected("the end of the string")
}

// escape reads one escape; half of a surrogate pair becomes U+FFFD, as encoding/json does.
func (s *scanner) escape() (rune, bool) {
	rest := s.text[s.at:]
	if len(rest) < 2 {
		return 0, false
	}
	if r, ok := escapes[rest[1]]; ok {
		s.at += 2
		return r, true
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

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
