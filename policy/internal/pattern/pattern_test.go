package pattern

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// slowMatch is the plain definition of a wildcard match, as a reference.
func slowMatch(pattern, s string) bool {
	p, r := []rune(pattern), []rune(s)
	table := make([][]bool, len(p)+1)
	for i := range table {
		table[i] = make([]bool, len(r)+1)
	}
	for i := len(p); i >= 0; i-- {
		for j := len(r); j >= 0; j-- {
			switch {
			case i == len(p):
				table[i][j] = j == len(r)
			case p[i] == '*':
				table[i][j] = table[i+1][j] || j < len(r) && table[i][j+1]
			case p[i] == '§': // a star that stays within a segment
				table[i][j] = table[i+1][j] || j < len(r) && r[j] != ':' && table[i][j+1]
			default:
				table[i][j] = j < len(r) && (p[i] == '?' || p[i] == r[j]) && table[i+1][j+1]
			}
		}
	}
	return table[0][0]
}

func FuzzMatchWildcard(f *testing.F) {
	for _, s := range [][2]string{{"*a*a*b", "aaab"}, {"?é*", "éé"}, {"a:§b:*c", "a:xb:y:c"}, {"*:§b:§c§", "a:xb:b:bc"}, {"§*§?", "::"}, {"", ""}, {"***", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, s string) {
		if !utf8.ValidString(text) || !utf8.ValidString(s) || len(text) > 200 || len(s) > 200 {
			return
		}
		p := Compile(text, Wildcards)
		if p.HasUnresolved {
			return // which is for matchTokens
		}
		confined := false
		var pieces []piece
		for _, q := range p.pieces {
			if q.kind != literal {
				pieces = append(pieces, q)
				continue
			}
			for i, part := range strings.Split(q.text, "§") {
				if i > 0 {
					pieces, confined = append(pieces, piece{kind: segmentText}), true
				}
				if part != "" {
					pieces = append(pieces, piece{kind: literal, text: part})
				}
			}
		}
		p.pieces = pieces
		if got, want := p.match(s, nil, 0), slowMatch(text, s); got != want {
			t.Errorf("%q of %q: found %v, expected %v", text, s, got, want)
		}
		if got, want := p.match(s, nil, AcrossSegments), slowMatch(strings.ReplaceAll(text, "§", "*"), s); got != want {
			t.Errorf("across segments %q of %q: found %v, expected %v", text, s, got, want)
		}
		if !confined {
			folded := Compile(strings.ToLower(text), Wildcards)
			if ascii(text) && ascii(s) && folded.match(s, nil, FoldCase) != slowMatch(strings.ToLower(text), strings.ToLower(s)) {
				t.Errorf("%q of %q without regard to case", text, s)
			}
		}
	})
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// longPatterns would take a naive matcher longer than the world lasts, on 10,000 letters a.
var longPatterns = map[string]string{
	"four stars": "*a*a*a*b", "500 stars": "*" + strings.Repeat("a*", 500) + "b", "question marks": "*a?a?a?a*b", "in an ARN": "arn:*a*a*a*b",
}

func BenchmarkWildcards(b *testing.B) {
	s := strings.Repeat("a", 10_000)
	for name, text := range longPatterns {
		b.Run(name, func(b *testing.B) {
			for p := Compile(text, Wildcards); b.Loop(); {
				p.match(s, nil, 0)
			}
		})
	}
}

func TestLongPatternsEnd(t *testing.T) {
	s := strings.Repeat("a", 10_000)
	for name, text := range longPatterns {
		if p := Compile(text, Wildcards); p.match(s, nil, 0) {
			t.Errorf("%s: found a match, expected none", name)
		}
	}
	if p := Compile("*a*a*a*a", Wildcards); !p.match(s, nil, 0) {
		t.Error("found no match, expected one")
	}
}
