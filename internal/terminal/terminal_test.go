package terminal

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/fatih/color"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/policy"
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
		"characters of two columns":    {strings.Repeat("報", 47), "label: " + strings.Repeat("報", 46) + "\n       報\n"},
		"two spaces in a name":         {`"a  b"`, "label: \"a  b\"\n"},
	} {
		p := New(io.Discard)
		p.Wrap("label: ", c.text)
		if diff := cmp.Diff(c.expected, p.text.String()); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", name, diff)
		}
	}
}

func TestColoursTakeNoColumns(t *testing.T) {
	p := New(io.Discard)
	p.colours = true
	p.Wrap(p.Answer(policy.No, "NO")+" ", strings.Repeat("x", 90)+" "+p.Answer(policy.Yes, "ok")+" "+p.Answer(policy.Indeterminate, "?"))
	const red, green, yellow, reset = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"
	expected := red + "NO" + reset + " " + strings.Repeat("x", 90) + " " + green + "ok" + reset + " " + yellow + "?" + reset + "\n"
	if diff := cmp.Diff(expected, p.text.String()); diff != "" {
		t.Errorf("exactly 100 columns (-expected +found):\n%s", diff)
	}
}

// Only standard output can be the terminal that github.com/fatih/color has looked at.
func TestColoursAreForTerminals(t *testing.T) {
	was := color.NoColor
	t.Cleanup(func() { color.NoColor = was })
	for name, c := range map[string]struct {
		out      io.Writer
		noColour bool
		expected bool
	}{
		"a terminal":                  {os.Stdout, false, true},
		"a terminal, without colours": {os.Stdout, true, false}, // also a pipe, or NO_COLOR
		"a buffer":                    {io.Discard, false, false},
	} {
		color.NoColor = c.noColour
		if p := New(c.out); p.colours != c.expected || strings.Contains(p.Paint(color.FgRed, "x"), "\x1b") != c.expected {
			t.Errorf("%s: found colours %t, expected %t", name, p.colours, c.expected)
		}
	}
}
