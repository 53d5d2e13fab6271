package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// report is what a run measured, and where.
type report struct {
	Date     string            `json:"date"`
	Machine  string            `json:"machine"`
	Versions map[string]string `json:"versions"`
	Figures  []figure          `json:"figures"`
}

func newReport(b *bench) *report {
	return &report{Date: time.Now().UTC().Format(time.DateOnly), Machine: machine(), Versions: b.versions}
}

func (r *report) header(out io.Writer) {
	fmt.Fprintf(out, "%s, %s\n", r.Date, r.Machine)
	for _, name := range versionNames {
		if v := r.Versions[name]; v != "" {
			fmt.Fprintf(out, "  %-8s %s\n", name, v)
		}
	}
	fmt.Fprintf(out, "\n%-44s %10s %10s %10s\n%s\n", "medians of the rounds' ratios", "before", "must be", "measured", strings.Repeat("-", 96))
}

func (r *report) add(out io.Writer, row string, figures []figure) {
	for _, f := range figures {
		r.Figures = append(r.Figures, f)
		if f.Problem != "" {
			fmt.Fprintf(out, "%-44s %s\n", f.Name, "NOT MEASURED: "+f.Problem)
			continue
		}
		mark := ""
		if !f.met() {
			mark = "  MISSED"
		}
		fmt.Fprintf(out, "%-44s %10s %10s %10s%s\n", f.Name, f.Before, f.limit(), number(f.Measured)+f.Unit, mark)
		if f.Of != "" {
			fmt.Fprintf(out, "    %s (%d rounds)\n", f.Of, f.Rounds)
		}
	}
	fmt.Fprintln(out)
}

func (f figure) limit() string {
	switch {
	case f.Limit == 0:
		return ""
	case f.AtLeast:
		return ">= " + number(f.Limit) + f.Unit
	}
	return "<= " + number(f.Limit) + f.Unit
}

// number has three digits that count.
func number(v float64) string {
	switch {
	case v >= 99.5:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// problems are the figures that miss their limit or could not be measured.
func (r *report) problems() error {
	var all []error
	for _, f := range r.Figures {
		switch {
		case f.Problem != "":
			all = append(all, fmt.Errorf("%s: not measured: %s", f.Name, f.Problem))
		case !f.met():
			all = append(all, fmt.Errorf("%s: found %s%s, expected %s", f.Name, number(f.Measured), f.Unit, f.limit()))
		}
	}
	return errors.Join(all...)
}

// The stored figures, and the document that has their table, below the root of the module.
const (
	figuresFile = "bench/figures/functions.json"
	document    = "docs/performance.md"
)

// store writes the figures below dir, as JSON and as the table of the document.
func (r *report) store(dir string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, filepath.FromSlash(figuresFile))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return err
	}
	file = filepath.Join(dir, filepath.FromSlash(document))
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, _, after, err := table(string(page))
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(before+r.markdown()+after), 0o644)
}

// The table of figures is between these lines.
const tableBegins, tableEnds = "<!-- figures: make bench FIGURES=-update -->\n", "<!-- end of figures -->\n"

// table splits the document around its table.
func table(page string) (before, inside, after string, err error) {
	before, rest, begins := strings.Cut(page, tableBegins)
	inside, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return "", "", "", fmt.Errorf("%s: found no place for the figures, expected %q and %q", document, strings.TrimSpace(tableBegins), strings.TrimSpace(tableEnds))
	}
	return before + tableBegins, inside, tableEnds + after, nil
}

// markdown is the table for the document.
func (r *report) markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%s, %s.", r.Date, r.Machine)
	for _, name := range versionNames {
		if v := r.Versions[name]; v != "" {
			fmt.Fprintf(&out, " %s %s.", name, v)
		}
	}
	out.WriteString("\n\n| figure | before | must be | measured | of |\n|---|---|---|---|---|\n")
	for _, f := range r.Figures {
		measured := number(f.Measured) + f.Unit
		switch {
		case f.Problem != "":
			measured = "not measured: " + f.Problem
		case !f.met():
			measured = "**" + measured + "**"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", f.Name, f.Before, strings.NewReplacer("<=", "≤", ">=", "≥").Replace(f.limit()), measured, f.Of)
	}
	out.WriteString("\n")
	return out.String()
}
