package policy

import "github.com/crossgrant/crossgrant/policy/internal/unresolved"

// Unresolved returns a text whose value is not known yet, such as a name that AWS generates at deployment. In documents and requests it may be
// alone or within other text. It equals itself for certain; whatever depends on a comparison with other text is decided as Unknown.
// The name says what is unknown, such as "Stack.Bucket". ":", "/" and "," in it become ".".
func Unresolved(name string) string { return unresolved.Text(name) }

// IsKnown reports whether no part of the text is unresolved.
func IsKnown(text string) bool { return unresolved.IsKnown(text) }

// Readable returns a text with its unresolved parts in angle quotation marks: "arn:aws:s3:::‹Stack.Bucket›/in/*".
func Readable(text string) string { return unresolved.Readable(text) }
