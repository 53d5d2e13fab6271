package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/findings"
	"github.com/crossgrant/crossgrant/policy"
)

// format is how a command writes what it found: for people, for programs, or for the tools that reviews are made with.
type format struct {
	name   string
	asJSON bool
}

const (
	asText = "text"
	asJSON = "json"
)

func formats() []string {
	all := []string{asText, asJSON}
	for _, f := range findings.Formats() {
		all = append(all, string(f))
	}
	return all
}

func (f *format) addFlags(c *cobra.Command) {
	c.Flags().StringVar(&f.name, "format", asText, "how to write what is found, a `FORMAT`: "+strings.Join(formats(), ", "))
	c.Flags().BoolVar(&f.asJSON, "json", false, "the same as --format json")
	completes(c, "format", formats())
}

// check errs about a format that there is not, and about two of them.
func (f *format) check(c *cobra.Command) error {
	if f.asJSON && c.Flags().Changed("format") && f.name != asJSON {
		return fmt.Errorf("found --json and --format %s, expected one of them", f.name)
	}
	if f.asJSON {
		f.name = asJSON
	}
	if !slices.Contains(formats(), f.name) {
		return fmt.Errorf("--format: found %q, expected one of %q", f.name, formats())
	}
	return nil
}

// write writes a report: as text what text prints, as JSON what value returns, and otherwise the report.
func (f *format) write(out io.Writer, r findings.Report, text func(*printer) error, value func() any) error {
	switch f.name {
	case asText:
		return text(newPrinter(out))
	case asJSON:
		return printJSON(out, value())
	}
	return findings.Write(out, findings.Format(f.name), r)
}

// places finds resources in the files of their templates.
type places struct {
	dir   string // of the assembly
	lines map[string]map[string]int
}

func newPlaces(dir string) *places { return &places{dir, map[string]map[string]int{}} }

// of are the places of some resources.
func (p *places) of(all []*assembly.Resource) (found []findings.Place) {
	for _, r := range all {
		one := findings.Place{Stack: policy.Readable(r.Stack.DisplayName), LogicalID: policy.Readable(r.LogicalID), Path: strings.TrimSuffix(policy.Readable(r.Path), "/Resource")}
		if r.Stack.Facts != "" {
			one.File = relative(r.Stack.Facts)
		} else {
			file := p.file(r.Stack)
			if p.lines[file] == nil {
				p.lines[file] = assembly.ResourceLines(file)
			}
			one.File, one.Line = relative(file), p.lines[file][r.LogicalID]
		}
		found = append(found, one)
	}
	return found
}

// file is the template of a stack: of one in the assembly, or else a path of its own.
func (p *places) file(s *assembly.Stack) string {
	within := filepath.Join(p.dir, filepath.FromSlash(s.Template))
	if _, err := os.Stat(within); err == nil && !filepath.IsAbs(s.Template) {
		return within
	}
	return s.Template
}

// whole is the file that stands for all that was read: the manifest of the assembly, or else the first template.
func (p *places) whole(a *assembly.Assembly) string {
	manifest := filepath.Join(p.dir, manifestName)
	if _, err := os.Stat(manifest); err == nil || len(a.Stacks) == 0 {
		return relative(manifest)
	}
	return relative(p.file(a.Stacks[0]))
}

// relative is a file as seen from the working directory, with slashes: as reviews find it in a repository. It is absolute if it is outside.
func relative(file string) string {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return filepath.ToSlash(file)
	}
	dir, err := os.Getwd()
	if err != nil {
		return filepath.ToSlash(absolute)
	}
	within, err := filepath.Rel(dir, absolute)
	if err != nil || !filepath.IsLocal(within) {
		return filepath.ToSlash(absolute)
	}
	return filepath.ToSlash(within)
}

// readable are texts as people read them.
func readable(all []string) []string {
	texts := []string{}
	for _, text := range all {
		texts = append(texts, policy.Readable(text))
	}
	return texts
}

// noteTexts are notes as people read them.
func noteTexts(all []assembly.Note) []string {
	texts := []string{}
	for _, n := range all {
		texts = append(texts, policy.Readable(n.String()))
	}
	return texts
}
