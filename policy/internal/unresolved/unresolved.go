// Package unresolved marks text whose value is not known yet within other text, such as a name that AWS generates at deployment. It neither
// resolves nor compares such text.
package unresolved

import (
	"strconv"
	"strings"
)

// Quote precedes and follows the name of an unresolved text. No policy that AWS accepts has it: its characters begin at U+0020, except for tab
// and line breaks.
const Quote = '\x00'

// Text returns an unresolved text with a name. ":", "/" and "," in the name become ".", so that it does not divide an ARN or a list.
func Text(name string) string {
	return string(Quote) + separators.Replace(name) + string(Quote)
}

var separators = strings.NewReplacer(":", ".", "/", ".", ",", ".", string(Quote), "")

// Account returns the unresolved ID of an account, 12 digits. of tells accounts apart; "" if there is one only.
func Account(of string) string { return place(account, of) }

// Region returns an unresolved region, as Account returns an account.
func Region(of string) string { return place(region, of) }

const account, region = "account", "region"

// Stranger is the ID of an account that no unresolved account is: one of AWS's documentation, and no customer's. So a question can be about an account that
// is certainly none of those in question.
const Stranger = "999999999999"

// accountCharacters is the length of the ID of an account.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
const accountCharacters = 12

func place(kind, of string) string {
	if of == "" {
		return Text(kind)
	}
	return Text(kind + " of " + of)
}

// IsAccount reports whether s is a text that [Account] returned.
func IsAccount(s string) bool { return isPlace(s, account) }

// IsRegion reports whether s is a text that [Region] returned.
func IsRegion(s string) bool { return isPlace(s, region) }

func isPlace(s, kind string) bool {
	name, ok := strings.CutPrefix(s, string(Quote)+kind)
	return ok && (name == string(Quote) || strings.HasPrefix(name, " of ") && strings.IndexByte(name, Quote) == len(name)-1)
}

// Characters returns how many letters and digits an unresolved text has, as a number in parentheses at the end of its name says: "Login.Suffix(6)".
// Those of [Account] have 12. 0 if that is not known either.
func Characters(text string) int {
	if IsAccount(text) {
		return accountCharacters
	}
	end := len(text) - len(")\x00")
	if end < 1 || text[end] != ')' {
		return 0
	}
	n, err := strconv.Atoi(text[strings.LastIndexByte(text, '(')+1 : end])
	if err != nil || n < 0 {
		return 0
	}
	return min(n, MaxCharacters)
}

// MaxCharacters is the most characters of an unresolved text that are told apart.
const MaxCharacters = 64

// IsKnown reports whether no part of the text is unresolved.
func IsKnown(text string) bool { return strings.IndexByte(text, Quote) < 0 }

// Length returns the length in bytes of the unresolved text that s begins with, 0 if s begins with other text, and 1 if the closing quote is
// missing. s must not be empty.
func Length(s string) int {
	if s[0] != Quote {
		return 0
	}
	return strings.IndexByte(s[1:], Quote) + 2
}

// Readable replaces the quotes by angle quotation marks: "arn:aws:s3:::‹Stack.Bucket›/in/*".
func Readable(text string) string {
	for !IsKnown(text) {
		text = strings.Replace(strings.Replace(text, string(Quote), "‹", 1), string(Quote), "›", 1)
	}
	return text
}
