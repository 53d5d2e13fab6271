package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// is says whether the pattern is the whole of s. Where neither has an unresolved text, that is sure.
func (p *pattern) is(c *call, s string, vars []string, h how) verdict {
	if !p.open && (!c.open || IsKnown(s) && !slices.ContainsFunc(vars, func(v string) bool { return !IsKnown(v) })) {
		return verdictOf(p.match(s, vars, h))
	}
	// Of a copy, since s may be in the call's own memory, which would move to the heap.
	return openMatch(p.tokens(vars), textTokens(nil, strings.Clone(s)), h)
}

// token is one character, wildcard or unresolved text.
type token struct {
	kind pieceKind // textPiece for a character
	char rune
	text string // of an openPiece
}

// textTokens takes a text apart that has no wildcards.
func textTokens(to []token, s string) []token {
	for s != "" {
		if n := openLength(s); n > 0 {
			to, s = append(to, token{kind: openPiece, text: s[:n]}), s[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		to, s = append(to, token{char: r}), s[n:]
	}
	return to
}

// openLength is the length of the unresolved text that s begins with, 0 if there is none.
func openLength(s string) int {
	if s[0] != quote {
		return 0
	}
	return strings.IndexByte(s[1:], quote) + 2
}

func (p *pattern) tokens(vars []string) []token {
	var to []token
	for i := range p.pieces {
		switch q := &p.pieces[i]; q.kind {
		case textPiece:
			to = textTokens(to, q.text)
		case variablePiece:
			to, vars = textTokens(to, vars[0]), vars[1:]
		default:
			to = append(to, token{kind: q.kind, text: q.text})
		}
	}
	return to
}

// openMatch matches where some text is unresolved. It is sure if the pattern is the text whatever the unresolved parts turn out to be, and
// open if it is for some.
func openMatch(p, s []token, h how) verdict {
	switch {
	case walk(p, s, h, false):
		return yes
	case walk(p, s, h, true):
		return unknown
	}
	return no
}

// walk looks for a way through pattern and text; may says that an unresolved text may be any.
func walk(p, s []token, h how, may bool) bool {
	// reach[j] says that the pattern so far can be the first j tokens of the text.
	reach := make([]bool, len(s)+1)
	reach[0] = true
	spread(reach, s, may)
	for i := range p {
		next := make([]bool, len(s)+1)
		many := p[i].many(may)
		for j := range reach {
			if reach[j] && many {
				next[j] = true
			}
			if j == 0 {
				continue
			}
			switch q := &s[j-1]; {
			case many && next[j-1] && p[i].takes(q, h, may),
				reach[j-1] && p[i].takes(q, h, may),
				// What is unresolved in the text may be as long as it likes: it takes this token and has room for the next.
				may && q.kind == openPiece && (reach[j-1] || next[j-1] || reach[j]):
				next[j] = true
			}
		}
		reach = next
	}
	return reach[len(s)]
}

// spread lets unresolved text at the beginning be empty.
func spread(reach []bool, s []token, may bool) {
	for j := range s {
		reach[j+1] = reach[j] && may && s[j].kind == openPiece
	}
}

// many says that the token of a pattern takes any number of a text's.
func (t *token) many(may bool) bool {
	return t.kind == manyPiece || t.kind == manyHerePiece || may && t.kind == openPiece
}

// takes says whether the token of a pattern takes one of a text's.
func (t *token) takes(q *token, h how, may bool) bool {
	here := h&loose == 0 && (q.kind == openPiece && !may || q.char == ':')
	switch t.kind {
	case manyPiece:
		return true
	case manyHerePiece:
		return !here
	case onePiece:
		return q.kind == textPiece
	case oneHerePiece:
		return q.kind == textPiece && !here
	case openPiece:
		return may || q.kind == openPiece && q.text == t.text
	}
	return q.kind == textPiece && (q.char == t.char || h&fold != 0 && strings.EqualFold(string(q.char), string(t.char)))
}
