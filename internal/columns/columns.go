// Package columns breaks text into lines of a given width, shortens lists and counts, for reports that people read. It knows no colours and no terminal.
package columns

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Wrap breaks text into lines of at most width characters. It breaks at spaces only, so that ARNs stay whole, and cuts a word only if it is
// longer than a line.
func Wrap(text string, width int) []string {
	var lines []string
	var line []string
	length := 0 // of line, with its spaces
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if len(line) > 0 && length+1+n > width {
			lines, line, length = append(lines, strings.Join(line, " ")), nil, 0
		}
		for n > width {
			runes := []rune(word)
			lines, word = append(lines, string(runes[:width])), string(runes[width:])
			n -= width
		}
		if len(line) > 0 {
			length++
		}
		line, length = append(line, word), length+n
	}
	if len(line) > 0 {
		lines = append(lines, strings.Join(line, " "))
	}
	return lines
}

// First joins the first of some texts, at most as many as most says, and says how many more there are: "a, b and 2 more".
func First(all []string, most int, separator string) string {
	text := strings.Join(all[:min(most, len(all))], separator)
	if more := len(all) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Count is a number with its noun: "1 grant", "2 grants".
func Count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
