// Package columns breaks text into lines of a given width, for reports that people read. It knows no colours and no terminal.
package columns

import (
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
