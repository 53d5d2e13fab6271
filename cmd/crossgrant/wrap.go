package main

import "strings"

// columns is how wide a line of a report may be.
const columns = 100

// wrap writes a text after a label, in lines of at most columns, the later ones indented as far as the label reaches. A word that fits on
// no line is cut.
func wrap(out *strings.Builder, label, text string) {
	indent := strings.Repeat(" ", width(label))
	room := columns - len(indent)
	line := ""
	flush := func() {
		out.WriteString(label + line + "\n")
		label, line = indent, ""
	}
	for i, word := range strings.Split(text, " ") {
		if i > 0 && width(line)+1+width(word) <= room {
			line += " " + word
			continue
		}
		if i > 0 {
			flush()
		}
		for width(word) > room {
			line, word = cut(word, room)
			flush()
		}
		line = word
	}
	flush()
}

// cut cuts a word after as many columns as there is room for.
func cut(word string, room int) (head, tail string) {
	for i, r := range word {
		if room -= width(string(r)); room < 0 {
			return word[:i], word[i:]
		}
	}
	return word, ""
}

// width is how many columns a text may take: the scripts that take two for a letter all come after U+1100.
func width(text string) (columns int) {
	for _, r := range text {
		if columns++; r >= 0x1100 {
			columns++
		}
	}
	return columns
}
