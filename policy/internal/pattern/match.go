package pattern

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
	"github.com/crossgrant/crossgrant/policy/internal/unresolved"
)

// Matches returns whether the pattern matches the whole of s. values are those of its variables, in order. allKnown says that s and values are
// known to have no unresolved text, which saves looking for it.
//
// Where there is unresolved text, Yes means that the pattern matches whatever it turns out to be, Unknown that it matches for some of its values.
func (p *Pattern) Matches(s string, values []string, m Mode, allKnown bool) truth.Value {
	if allKnown && !p.HasUnresolved || p.known(s, values) {
		return truth.Of(p.match(s, values, m))
	}
	// A copy, since s may be in memory of the caller that would move to the heap.
	return matchTokens(p.tokens(values), textTokens(nil, strings.Clone(s)), m)
}

// EqualFold is Matches under Unicode case folding, for a pattern without wildcards.
func (p *Pattern) EqualFold(s string, values []string, allKnown bool) truth.Value {
	if allKnown && !p.HasUnresolved || p.known(s, values) {
		return truth.Of(p.equalFold(s, values))
	}
	return matchTokens(p.tokens(values), textTokens(nil, strings.Clone(s)), FoldCase)
}

// known reports whether there is no unresolved text.
func (p *Pattern) known(s string, values []string) bool {
	return !p.HasUnresolved && unresolved.IsKnown(s) && !slices.ContainsFunc(values, func(v string) bool { return !unresolved.IsKnown(v) })
}

func (p *Pattern) equalFold(s string, values []string) bool {
	for i := range p.pieces {
		text := p.pieces[i].text
		if p.pieces[i].kind == variableText {
			text, values = values[0], values[1:]
		}
		// Upper and lower case of a letter may differ in length. Then only the last piece can match it.
		n := len(text)
		if i == len(p.pieces)-1 {
			n = len(s)
		}
		if len(s) < n || !strings.EqualFold(s[:n], text) {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

// match matches a pattern without unresolved text.
//
// On a mismatch it lets the last star match one character more. Earlier stars need not change, since the last can match whatever they
// would have; only one that is confined to a segment may fail for good, and then the last star that is not goes on. So the time is at
// most len(pattern) * len(s), in practice len(s).
func (p *Pattern) match(s string, values []string, m Mode) bool {
	if len(p.pieces) == 1 && p.pieces[0].kind == literal {
		return len(s) == len(p.pieces[0].text) && HasPrefix(s, p.pieces[0].text, m)
	}
	i, now := 0, mark{}
	star, free := mark{piece: -1}, mark{piece: -1}
	for {
		ok := false
		if i < len(p.pieces) {
			switch q := &p.pieces[i]; q.kind {
			case anyText, segmentText:
				if i == len(p.pieces)-1 && (q.kind == anyText || m&AcrossSegments != 0) {
					return true
				}
				star = mark{i, now.at, now.variable}
				if q.kind == anyText || m&AcrossSegments != 0 {
					free = star
				}
				i++
				continue
			case anyChar, segmentChar:
				if ok = now.at < len(s) && (q.kind == anyChar || m&AcrossSegments != 0 || s[now.at] != ':'); ok {
					now.at += width(s[now.at:])
				}
			case literal:
				if ok = HasPrefix(s[now.at:], q.text, m); ok {
					now.at += len(q.text)
				}
			default:
				if ok = strings.HasPrefix(s[now.at:], values[now.variable]); ok {
					now.at += len(values[now.variable])
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

// mark is a position in a match: up to where a star matches, and how many variables precede it.
type mark struct{ piece, at, variable int }

// width returns the length in bytes of the first character of s, which is not empty: "?" is a character, not a byte.
func width(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// HasPrefix reports whether s begins with prefix. With FoldCase, prefix must be in lower case.
func HasPrefix(s, prefix string, m Mode) bool {
	if m&FoldCase == 0 {
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
