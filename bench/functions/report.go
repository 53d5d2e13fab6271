package main

import (
	"errors"
	"fmt"
	"io"
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
	case v >= 100:
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
