package assembly

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string; one without escapes is a part of the document.
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

// escaped reads a string on from its first escape.
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
				return "", s.found(`the character \u0000`, "text without it: IAM has none, and it marks what is unknown")
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

// closed ends the string that began at start.
func (s *scanner) closed(start int, text string) (string, error) {
	if !utf8.ValidString(text) {
		s.at = start
		return "", s.found("bytes that are no UTF-8", "UTF-8")
	}
	s.at++
	return text, nil
}

// escape reads one escape; half of a surrogate pair becomes U+FFFD, as encoding/json does.
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
