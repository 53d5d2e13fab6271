// Package pattern compiles and matches the strings of a policy that are more than text: wildcards, policy variables and unresolved text. It
// knows no request: the caller provides the values of variables. It does not know what an action, a principal or a condition is.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
package pattern

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/unresolved"
)

// Syntax says what is special in a string. The zero value is none: the string is text, except for what is unresolved.
type Syntax uint8

const (
	// Wildcards makes "*" any text and "?" any character.
	Wildcards Syntax = 1 << iota
	// Variables makes "${key}" and "${key, 'default'}" the value of a condition key.
	Variables
)

// Mode says how to match.
type Mode uint8

const (
	// FoldCase ignores the case of ASCII letters. The pattern must be in lower case.
	FoldCase Mode = 1 << iota
	// AcrossSegments lets confined wildcards match colons.
	AcrossSegments
)

// Pattern is a compiled string. It is safe for use by several goroutines.
type Pattern struct {
	pieces []piece
	// HasUnresolved says that some of the text is unresolved.
	HasUnresolved bool
	// Malformed says that a variable cannot be read or is where AWS accepts none, so that the meaning of the pattern is not known.
	Malformed bool
	// Raw is the string as written.
	Raw string
	// Variables are in the order of the string. Matches takes their values in this order.
	Variables []Variable
}

// Variable is a policy variable.
type Variable struct {
	// Name is the condition key as written, Key in lower case.
	Name, Key string
	// Default replaces the variable if the key has no value and HasDefault is true.
	Default    string
	HasDefault bool
	// WildcardDefault says that Default has a wildcard, in a pattern where those are special. AWS does not document what it means there.
	WildcardDefault bool
}

// piece is a part of a pattern.
type piece struct {
	kind kind
	text string // of a literal or an unresolved text
}

// kind is what a piece matches.
type kind uint8

const (
	literal      kind = iota
	anyChar           // "?"
	anyText           // "*"
	segmentChar       // "?", but not ":" unless AcrossSegments
	segmentText       // "*", but not ":" unless AcrossSegments
	variableText      // the value of a variable
	unresolvedText
	unresolvedChar // one letter or digit of an unresolved text whose length is known
)

// Compile reads a string.
func Compile(raw string, s Syntax) Pattern {
	p := Pattern{Raw: raw}
	start := 0 // of the literal that is being read
	add := func(from, to int, q piece) {
		if from > start {
			p.pieces = append(p.pieces, piece{kind: literal, text: raw[start:from]})
		}
		if q.kind != literal || q.text != "" {
			p.pieces = append(p.pieces, q)
		}
		start = to
	}
	for i := 0; i < len(raw); {
		end := i + 1
		switch b := raw[i]; {
		case s&Wildcards != 0 && b == '?':
			add(i, end, piece{kind: anyChar})
		case s&Wildcards != 0 && b == '*':
			for end < len(raw) && raw[end] == '*' {
				end++
			}
			add(i, end, piece{kind: anyText})
		case b == unresolved.Quote:
			length := unresolved.Length(raw[i:])
			p.Malformed = p.Malformed || length == 1
			p.HasUnresolved = true
			end = i + length
			add(i, end, piece{kind: unresolvedText, text: raw[i:end]})
		case s&Variables != 0 && strings.HasPrefix(raw[i:], "${"):
			length := variableLength(raw[i:])
			if length < 0 {
				p.Malformed = true
				end = i + 2
				break
			}
			end = i + length
			add(i, end, p.variable(raw[i+2:end-1], s))
		}
		i = end
	}
	add(len(raw), len(raw), piece{})
	return p
}

// variableLength returns the length of the variable that s begins with, -1 if it has no end. Its default may contain "}".
func variableLength(s string) int {
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

// variable reads what is between "${" and "}": a special character, or a condition key and perhaps a default.
func (p *Pattern) variable(s string, syntax Syntax) piece {
	if s == "*" || s == "?" || s == "$" {
		return piece{kind: literal, text: s}
	}
	name, value, hasDefault := strings.Cut(s, ",")
	v := Variable{Name: strings.TrimSpace(name), HasDefault: hasDefault}
	v.Key = strings.ToLower(v.Name)
	valid := v.Name != "" && !strings.ContainsAny(v.Name, "${}*?")
	if hasDefault {
		// The documentation shows a comma and a space.
		spaced := strings.HasPrefix(value, " ")
		value = strings.TrimSpace(value)
		if spaced && len(value) >= 2 && value[0] == '\'' && strings.IndexByte(value[1:], '\'') == len(value)-2 {
			v.Default = value[1 : len(value)-1]
			v.WildcardDefault = syntax&Wildcards != 0 && strings.ContainsAny(v.Default, "*?")
		} else {
			valid = false
		}
	}
	p.Malformed = p.Malformed || !valid
	p.Variables = append(p.Variables, v)
	return piece{kind: variableText}
}

// IsVariable reports whether the whole pattern is one variable.
func (p *Pattern) IsVariable() bool { return len(p.pieces) == 1 && p.pieces[0].kind == variableText }

// IsUnresolved reports whether the whole pattern is one unresolved text.
func (p *Pattern) IsUnresolved() bool {
	return len(p.pieces) == 1 && p.pieces[0].kind == unresolvedText
}
