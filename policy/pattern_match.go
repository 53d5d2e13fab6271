package policy

import (
	"strings"
	"unicode/utf8"
)

// how says how to match a pattern.
type how uint8

const (
	fold  how = 1 << iota // without regard to the case of ASCII letters; the pattern is in lower case
	loose                 // wildcards go beyond the segment of an ARN
)

// match says whether the pattern is the whole of s; vars are the values of its variables, in order.
//
// On a mismatch it lets the last star take one character more. Earlier stars need not change, since the last can take whatever they
// would have; only one that must stop at a ":" may fail for good, and then the last star that need not stop goes on. So the time is at
// most len(pattern) * len(s), in practice len(s).
func (p *pattern) match(s string, vars []string, h how) bool {
	if len(p.pieces) == 1 && p.pieces[0].kind == textPiece {
		return len(s) == len(p.pieces[0].text) && hasPrefix(s, p.pieces[0].text, h)
	}
	i, now := 0, mark{}
	star, free := mark{piece: -1}, mark{piece: -1}
	for {
		ok := false
		if i < len(p.pieces) {
			switch q := &p.pieces[i]; q.kind {
			case manyPiece, manyHerePiece:
				if i == len(p.pieces)-1 && (q.kind == manyPiece || h&loose != 0) {
					return true
				}
				star = mark{i, now.at, now.variable}
				if q.kind == manyPiece || h&loose != 0 {
					free = star
				}
				i++
				continue
			case onePiece, oneHerePiece:
				if ok = now.at < len(s) && (q.kind == onePiece || h&loose != 0 || s[now.at] != ':'); ok {
					now.at += width(s[now.at:])
				}
			case textPiece:
				if ok = hasPrefix(s[now.at:], q.text, h); ok {
					now.at += len(q.text)
				}
			default:
				if ok = strings.HasPrefix(s[now.at:], vars[now.variable]); ok {
					now.at += len(vars[now.variable])
					now.variable++
				}
			}
			i++
		} else if now.at == len(s) {
			return true
		}
		if ok {
			continue
		}
		if star.piece != free.piece && (star.at == len(s) || s[star.at] == ':') {
			star = free
		}
		if star.piece < 0 || star.at == len(s) {
			return false
		}
		star.at += width(s[star.at:])
		if star.piece == free.piece {
			free = star
		}
		i, now = star.piece+1, star
	}
}

// mark is a place in a match: up to where a star reaches, and how many variables came before it.
type mark struct{ piece, at, variable int }

// width is the length of the first character of s, which is not empty: "?" is a character, not a byte.
func width(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func hasPrefix(s, prefix string, h how) bool {
	if h&fold == 0 {
		return strings.HasPrefix(s, prefix)
	}
	if len(s) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
