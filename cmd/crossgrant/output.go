package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/fatih/color"            // colours of terminals, with NO_COLOR: in the module graph already, MIT
	"github.com/muesli/reflow/ansi"     // width of text in columns, without colours: MIT
	"github.com/muesli/reflow/wordwrap" // wrapping at spaces, MIT
	"github.com/muesli/reflow/wrap"     // cutting words that are longer than a line, MIT

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// maxColumns is the longest line of a report and of the help.
const maxColumns = 100

// printer formats the result of a command and writes it in one piece.
type printer struct {
	text    strings.Builder
	out     io.Writer
	colours bool
}

// newPrinter prints to out. Only a terminal gets colours, and none if NO_COLOR is set (https://no-color.org) or TERM is "dumb".
func newPrinter(out io.Writer) *printer {
	return &printer{out: out, colours: out == io.Writer(os.Stdout) && !color.NoColor}
}

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(&p.text, format, args...) }

// wrap prints text after a label, in lines of at most maxColumns; the lines after the first are indented by the width of the label. It breaks
// lines at spaces only, so that ARNs stay whole, and cuts a word only if it is longer than a line.
func (p *printer) wrap(label, text string) {
	indent := strings.Repeat(" ", ansi.PrintableRuneWidth(label))
	room := maxColumns - len(indent)
	words := strings.Split(text, " ")
	for i, word := range words {
		words[i] = wrap.String(word, room)
	}
	lines := wordwrap.NewWriter(room)
	lines.Breakpoints = nil // the default is the hyphen
	_, _ = io.WriteString(lines, strings.Join(words, " "))
	_ = lines.Close() // neither fails: it writes to memory
	p.printf("%s%s\n", label, strings.ReplaceAll(lines.String(), "\n", "\n"+indent))
}

// remedy prints the first line of a remedy wrapped, and the statement below it unchanged, so that it can be pasted.
func (p *printer) remedy(label, remedy string) {
	sentence, statement, _ := strings.Cut(remedy, "\n")
	p.wrap(label, sentence)
	for line := range strings.Lines(statement) {
		p.printf("%s%s\n", strings.Repeat(" ", len(label)), strings.TrimSuffix(line, "\n"))
	}
}

// paint colours text, or returns it unchanged where colours are off.
func (p *printer) paint(c color.Attribute, text string) string {
	paint := color.New(c)
	paint.DisableColor()
	if p.colours {
		paint.EnableColor()
	}
	return paint.Sprint(text)
}

func (p *printer) verdict(v proof.Verdict, text string) string {
	return p.paint(map[proof.Verdict]color.Attribute{proof.Proved: color.FgGreen, proof.Broken: color.FgRed, proof.Undecided: color.FgYellow, proof.NothingDeclared: color.FgYellow}[v], text)
}

func (p *printer) answer(a policy.Answer, text string) string {
	return p.paint(map[policy.Answer]color.Attribute{policy.Yes: color.FgGreen, policy.No: color.FgRed, policy.Indeterminate: color.FgYellow}[a], text)
}

// flush writes everything that was printed.
func (p *printer) flush() error {
	if _, err := io.WriteString(p.out, p.text.String()); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

func printJSON(out io.Writer, value any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("print the result as JSON: %w", err)
	}
	return nil
}

// writeFile writes a file completely or not at all: to a temporary file in the same directory, which it then renames.
func writeFile(name string, write func(io.Writer) error) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("%w, expected a directory that can be written to", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	if err := errors.Join(write(temporary), temporary.Chmod(0o644), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(temporary.Name(), name); err != nil {
		return fmt.Errorf("%w, expected a valid file name", err)
	}
	return nil
}
