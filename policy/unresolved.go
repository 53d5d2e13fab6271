package policy

import "strings"

// quote begins and ends an unknown text. No policy of AWS's may have it: its characters begin at U+0020, but for tab and line breaks.
const quote = '\x00'

// Unresolved is a text that nobody knows yet, such as a name that AWS makes up at deployment. In documents and requests it may stand alone or
// within other text. It surely equals itself, and of anything else nobody can say: what depends on that is decided as Unknown.
// The name says what is unknown, such as "Stack.Bucket"; ":", "/" and "," in it become ".".
func Unresolved(name string) string {
	return string(quote) + separators.Replace(name) + string(quote)
}

// IsKnown says that no part of the text is unknown.
func IsKnown(text string) bool { return strings.IndexByte(text, quote) < 0 }

// Readable writes a text so that people can read what is unknown in it: "arn:aws:s3:::‹Stack.Bucket›/in/*".
func Readable(text string) string {
	for !IsKnown(text) {
		text = strings.Replace(strings.Replace(text, string(quote), "‹", 1), string(quote), "›", 1)
	}
	return text
}

var separators = strings.NewReplacer(":", ".", "/", ".", ",", ".", string(quote), "")
