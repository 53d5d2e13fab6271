// Package terminal prints text for people: in lines of a width, in colours on a terminal, in one piece. It knows no command and no report.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fatih/color"            // colours of terminals, with NO_COLOR: in the module graph already, MIT
	"github.com/muesli/reflow/ansi"     // width of text in columns, without colours: MIT
	"github.com/muesli/reflow/wordwrap" // wrapping at spaces, MIT
	"github.com/muesli/reflow/wrap"     // cutting words that are longer than a line, MIT

	"github.com/crossgrant/crossgrant/policy"
)

// MaxColumns is the longest line of a report and of the help.
const MaxColumns = 100

// Printer formats the result of a command and writes it in one piece.
type Printer struct {
	text    strings.Builder
	out     io.Writer
	colours bool
}

// New prints to out. Only a terminal gets colours, and none if NO_COLOR is set (https://no-color.org) or TERM is "dumb".
func New(out io.Writer) *Printer {
	return &Printer{out: out, colours: out == io.Writer(os.Stdout) && !color.NoColor}
}

// Printf prints text as it is.
func (p *Printer) Printf(format string, args ...any) { fmt.Fprintf(&p.text, format, args...) }

// Wrap prints text after a label, in lines of at most MaxColumns; the lines after the first are indented by the width of the label. It breaks
// lines at spaces only, so that ARNs stay whole, and cuts a word only if it is longer than a line.
func (p *Printer) Wrap(label, text string) {
	indent := strings.Repeat(" ", ansi.PrintableRuneWidth(label))
	room := MaxColumns - len(indent)
	words := strings.Split(text, " ")
	for i, word := range words {
		words[i] = wrap.String(word, room)
	}
	lines := wordwrap.NewWriter(room)
	lines.Breakpoints = nil // the default is the hyphen
	_, _ = io.WriteString(lines, strings.Join(words, " "))
	_ = lines.Close() // neither fails: it writes to memory
	p.Printf("%s%s\n", label, strings.ReplaceAll(lines.String(), "\n", "\n"+indent))
}

// Remedy prints the first line of a remedy wrapped, and the statement below it unchanged, so that it can be pasted.
func (p *Printer) Remedy(label, remedy string) {
	sentence, statement, _ := strings.Cut(remedy, "\n")
	p.Wrap(label, sentence)
	for line := range strings.Lines(statement) {
		p.Printf("%s%s\n", strings.Repeat(" ", len(label)), strings.TrimSuffix(line, "\n"))
	}
}

// Paint colours text, or returns it unchanged where colours are off.
func (p *Printer) Paint(c color.Attribute, text string) string {
	paint := color.New(c)
	paint.DisableColor()
	if p.colours {
		paint.EnableColor()
	}
	return paint.Sprint(text)
}

// Answer colours text by an answer: green for yes, red for no, yellow for unknown.
func (p *Printer) Answer(a policy.Answer, text string) string {
	return p.Paint(map[policy.Answer]color.Attribute{policy.Yes: color.FgGreen, policy.No: color.FgRed, policy.Indeterminate: color.FgYellow}[a], text)
}

// Flush writes everything that was printed.
func (p *Printer) Flush() error {
	if _, err := io.WriteString(p.out, p.text.String()); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
