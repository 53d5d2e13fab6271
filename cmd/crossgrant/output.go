package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fatih/color" // colours of terminals, with NO_COLOR: in the module graph already, MIT

	"github.com/crossgrant/crossgrant/internal/terminal"
	"github.com/crossgrant/crossgrant/proof"
)

// printer formats the result of a command.
type printer struct{ *terminal.Printer }

func newPrinter(out io.Writer) *printer { return &printer{terminal.New(out)} }

func (p *printer) verdict(v proof.Verdict, text string) string {
	return p.Paint(map[proof.Verdict]color.Attribute{proof.Proved: color.FgGreen, proof.Broken: color.FgRed, proof.Undecided: color.FgYellow, proof.NothingDeclared: color.FgYellow}[v], text)
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
