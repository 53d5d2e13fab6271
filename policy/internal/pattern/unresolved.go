package pattern

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
	"github.com/crossgrant/crossgrant/policy/internal/unresolved"
)

// token is one character, wildcard or unresolved text.
type token struct {
	kind kind   // literal for a character
	char rune   // of an unresolved character, its index
	text string // of an unresolved text
	// stranger: it is a digit of the account that no unresolved account is.
	stranger bool
}

// textTokens appends the tokens of a text that has no wildcards.
func textTokens(to []token, s string) []token {
	for s != "" {
		if n := unresolved.Length(s); n > 0 {
			if count := unresolved.Characters(s[:n]); count > 0 {
				for i := range count {
					to = append(to, token{kind: unresolvedChar, char: rune(i), text: s[:n]})
				}
			} else {
				to = append(to, token{kind: unresolvedText, text: s[:n]})
			}
			s = s[n:]
			continue
		}
		if rest, is := strings.CutPrefix(s, unresolved.Stranger); is {
			for _, digit := range unresolved.Stranger {
				to = append(to, token{char: digit, stranger: true})
			}
			s = rest
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		to, s = append(to, token{char: r}), s[n:]
	}
	return to
}

func (p *Pattern) tokens(values []string) []token {
	var to []token
	for i := range p.pieces {
		switch q := &p.pieces[i]; q.kind {
		case literal, unresolvedText:
			to = textTokens(to, q.text)
		case variableText:
			to, values = textTokens(to, values[0]), values[1:]
		default:
			to = append(to, token{kind: q.kind, text: q.text})
		}
	}
	return to
}

// matchTokens matches where some text is unresolved.
func matchTokens(p, s []token, m Mode) truth.Value {
	switch {
	case matchSome(p, s, m, false):
		return truth.Yes
	case matchSome(p, s, m, true):
		return truth.Unknown
	}
	return truth.No
}

// matchSome reports whether the pattern matches the text. If free is true, each unresolved text may be any text, otherwise it is only itself.
func matchSome(p, s []token, m Mode, free bool) bool {
	// reach[j]: the pattern so far matches the first j tokens of the text.
	reach := make([]bool, len(s)+1)
	reach[0] = true
	for j := range s { // unresolved text at the beginning may be empty
		reach[j+1] = reach[j] && free && s[j].kind == unresolvedText
	}
	for i := range p {
		next := make([]bool, len(s)+1)
		many := p[i].matchesMany(free)
		for j := range reach {
			if reach[j] && many {
				next[j] = true
			}
			if j == 0 {
				continue
			}
			switch q := &s[j-1]; {
			case many && next[j-1] && p[i].matches(q, m, free),
				reach[j-1] && p[i].matches(q, m, free),
				// Unresolved text may have any length: it matches this token and what the next ones match.
				free && q.kind == unresolvedText && (reach[j-1] || next[j-1] || reach[j]):
				next[j] = true
			}
		}
		reach = next
	}
	return reach[len(s)]
}

// matchesMany reports whether the token of a pattern matches any number of tokens of a text.
func (t *token) matchesMany(free bool) bool {
	return t.kind == anyText || t.kind == segmentText || free && t.kind == unresolvedText
}

// matches reports whether the token of a pattern matches one of a text.
func (t *token) matches(q *token, m Mode, free bool) bool {
	// An unresolved text might contain a colon.
	separates := m&AcrossSegments == 0 && (q.kind == unresolvedText && !free || q.kind == literal && q.char == ':')
	switch t.kind {
	case anyText:
		return true
	case segmentText:
		return !separates
	case anyChar:
		return q.kind != unresolvedText
	case segmentChar:
		return q.kind != unresolvedText && !separates
	case unresolvedText:
		return free || q.kind == unresolvedText && q.text == t.text
	case unresolvedChar:
		return q.kind == unresolvedChar && (free || q.text == t.text && q.char == t.char) || free && q.kind == literal && t.mayBe(q)
	}
	if q.kind == unresolvedChar {
		return free && q.mayBe(t)
	}
	return q.kind == literal && (q.char == t.char || m&FoldCase != 0 && strings.EqualFold(string(q.char), string(t.char)))
}

// mayBe reports whether an unresolved character may be one of a text. The ID of an account has digits.
func (t *token) mayBe(q *token) bool {
	if unresolved.IsAccount(t.text) {
		return '0' <= q.char && q.char <= '9' && !q.stranger
	}
	return isLetterOrDigit(q.char)
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
