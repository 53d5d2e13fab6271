package policy

import "strings"

// pieceKind is what one piece of a pattern matches.
type pieceKind uint8

const (
	textPiece     pieceKind = iota // its text
	onePiece                       // one character
	manyPiece                      // any number of characters
	oneHerePiece                   // one character but ":"; in a loose match any
	manyHerePiece                  // any number of characters but ":"; in a loose match any
	variablePiece                  // the value of a variable
	openPiece                      // text that is unresolved
)

type piece struct {
	kind pieceKind
	text string // of a textPiece, or the name of the variable as it is written
	// key is the variable's name in lower case.
	key string
	// fallback is what stands for a variable without a value, if hasFallback; wild says that it has wildcards.
	fallback          string
	hasFallback, wild bool
}

// pattern is a string of a policy, taken apart: text, wildcards and policy variables.
type pattern struct {
	raw       string
	pieces    []piece
	variables int
	// broken: a variable stands where AWS takes none or cannot be read, so nobody can say what the pattern means.
	broken bool
	// open: some of its text is unresolved.
	open bool
}

// syntax says what in a string of a policy is more than text.
type syntax uint8

const (
	wildcards syntax = 1 << iota
	variables
)

// compile takes a string apart.
func compile(raw string, s syntax) pattern {
	p := pattern{raw: raw}
	text := 0
	flush := func(to int) {
		if to > text {
			p.pieces = append(p.pieces, piece{kind: textPiece, text: raw[text:to]})
		}
	}
	for i := 0; i < len(raw); {
		b := raw[i]
		switch {
		case s&wildcards != 0 && (b == '*' || b == '?'):
			flush(i)
			kind := manyPiece
			if b == '?' {
				kind = onePiece
			}
			if last := len(p.pieces) - 1; kind == onePiece || last < 0 || p.pieces[last].kind != manyPiece {
				p.pieces = append(p.pieces, piece{kind: kind})
			}
			i++
			text = i
		case b == quote:
			end := openLength(raw[i:])
			if end < 2 {
				p.broken = true
				end = 1
			}
			flush(i)
			p.open = true
			p.pieces = append(p.pieces, piece{kind: openPiece, text: raw[i : i+end]})
			i += end
			text = i
		case s&variables != 0 && strings.HasPrefix(raw[i:], "${"):
			end := variableEnd(raw[i:])
			if end < 0 {
				p.broken = true
				i += 2
				continue
			}
			flush(i)
			v, ok := variable(raw[i+2 : i+end-1])
			p.broken = p.broken || !ok
			v.wild = v.wild && s&wildcards != 0 // elsewhere they are text
			if v.kind == variablePiece {
				p.variables++
			}
			p.pieces = append(p.pieces, v)
			i += end
			text = i
		default:
			i++
		}
	}
	flush(len(raw))
	return p
}

// variableEnd is the length of the variable that s begins with, -1 if it has no end. The default value may contain "}".
func variableEnd(s string) int {
	quoted := false
	for i := 2; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == '}' && !quoted:
			return i + 1
		}
	}
	return -1
}

// variable reads what stands between "${" and "}".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: special characters, default values.
func variable(s string) (piece, bool) {
	if s == "*" || s == "?" || s == "$" {
		return piece{kind: textPiece, text: s}, true
	}
	name, fallback, has := strings.Cut(s, ",")
	v := piece{kind: variablePiece, text: strings.TrimSpace(name), hasFallback: has}
	v.key = strings.ToLower(v.text)
	if has {
		// The documentation has a comma and a space.
		spaced := strings.HasPrefix(fallback, " ")
		fallback = strings.TrimSpace(fallback)
		if !spaced || len(fallback) < 2 || fallback[0] != '\'' || strings.IndexByte(fallback[1:], '\'') != len(fallback)-2 {
			return v, false
		}
		v.fallback = fallback[1 : len(fallback)-1]
		v.wild = strings.ContainsAny(v.fallback, "*?")
	}
	return v, v.text != "" && !strings.ContainsAny(v.text, "${}*?")
}
