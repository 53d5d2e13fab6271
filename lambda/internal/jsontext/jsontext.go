// Package jsontext appends strings to JSON text as encoding/json writes them, without reflection, and finds the bytes of a string that JSON
// treats specially. It does not parse or validate JSON.
package jsontext

import (
	"math/bits"
	"unicode/utf8"
)

// ones and highs are a byte repeated eight times.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// Special returns a word with the high bit of the first byte of w set that is a quote, a backslash, a control character or not ASCII, and no
// bit below it; 0 if there is none. Bits above the first one mean nothing, since a subtraction borrows from the next byte. The first byte is
// the lowest one.
//
// https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
func Special(w uint64) uint64 {
	return (w | (w - 0x20*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones)) & highs
}

// AppendString appends s as a JSON string, byte for byte as encoding/json does without its escapes for HTML: U+2028 and U+2029 are escaped, and
// a byte that is not UTF-8 becomes U+FFFD.
func AppendString[T string | []byte](to []byte, s T) []byte {
	const digits = "0123456789abcdef"
	to = append(to, '"')
	from := 0 // of what is not appended yet
	for i := 0; i < len(s); {
		if i = plain(s, i); i >= len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			switch {
			case r == utf8.RuneError && n == 1:
				to = append(append(to, s[from:i]...), `\ufffd`...)
				from = i + n
			case r == '\u2028', r == '\u2029':
				to = append(append(to, s[from:i]...), `\u202`...)
				to = append(to, digits[r&0xf])
				from = i + n
			}
			i += n
			continue
		}
		to = append(append(to, s[from:i]...), '\\')
		switch c {
		case '"', '\\':
			to = append(to, c)
		case '\b':
			to = append(to, 'b')
		case '\f':
			to = append(to, 'f')
		case '\n':
			to = append(to, 'n')
		case '\r':
			to = append(to, 'r')
		case '\t':
			to = append(to, 't')
		default:
			to = append(to, 'u', '0', '0', digits[c>>4], digits[c&0xf])
		}
		i++
		from = i
	}
	return append(append(to, s[from:]...), '"')
}

// plain returns the position from i on of the first byte that is special, or the end of s.
func plain[T string | []byte](s T, i int) int {
	for ; i+8 <= len(s); i += 8 {
		w := s[i : i+8]
		word := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 | uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		if found := Special(word); found != 0 {
			return i + bits.TrailingZeros64(found)>>3
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// EndOfString returns the position of the closing quote of a string of JSON text whose content begins at i; negative if there is none, or if the
// string has a control character or bytes that are not UTF-8. escaped says that the content is not what AppendString writes for it: it has
// escapes, which are not validated, or U+2028 or U+2029.
func EndOfString(b []byte, i int) (end int, escaped bool) {
	for {
		if i = plain(b, i); i >= len(b) {
			return -1, false
		}
		switch c := b[i]; {
		case c == '"':
			return i, escaped
		case c == '\\':
			escaped = true
			i += 2
		case c < utf8.RuneSelf:
			return -1, false
		default:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n == 1 {
				return -1, false
			}
			escaped = escaped || r == '\u2028' || r == '\u2029'
			i += n
		}
	}
}
