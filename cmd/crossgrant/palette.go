package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty" // is in the tree already, MIT

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// palette colours text, or leaves it as it is.
type palette struct{ coloured bool }

// colours are for terminals, unless NO_COLOR is set (https://no-color.org) or the terminal is dumb.
func colours(w io.Writer) palette {
	f, ok := w.(*os.File)
	return palette{ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isatty.IsTerminal(f.Fd())}
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (p palette) paint(colour, text string) string {
	if !p.coloured {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p palette) verdict(v proof.Verdict, text string) string {
	return p.paint(map[proof.Verdict]string{proof.Proved: green, proof.Broken: red, proof.Undecided: yellow}[v], text)
}

// answer is a sign and a word, so that it is readable without colours.
func (p palette) answer(a policy.Answer) string {
	switch a {
	case policy.Yes:
		return p.paint(green, "ok ")
	case policy.No:
		return p.paint(red, "NO ")
	}
	return p.paint(yellow, " ? ")
}
