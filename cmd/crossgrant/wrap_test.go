package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct{ text, expected string }{
		"nothing":                      {"", "label: \n"},
		"one line":                     {"a b", "label: a b\n"},
		"a line that is just full":     {x(90) + " yy", "label: " + x(90) + " yy\n"},
		"a line that is one too long":  {x(90) + " yyy", "label: " + x(90) + "\n       yyy\n"},
		"a word that is just a line":   {"a " + x(93) + " b", "label: a\n       " + x(93) + "\n       b\n"},
		"a word that is no line":       {"a " + x(94) + " b", "label: a\n       " + x(93) + "\n       x b\n"},
		"a first word that is no line": {x(94), "label: " + x(93) + "\n       x\n"},
		"letters of two columns":       {strings.Repeat("報", 47), "label: " + strings.Repeat("報", 46) + "\n       報\n"},
		"two spaces in a name":         {`"a  b"`, "label: \"a  b\"\n"},
	} {
		var out strings.Builder
		wrap(&out, "label: ", c.text)
		if diff := cmp.Diff(c.expected, out.String()); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", name, diff)
		}
	}
}
