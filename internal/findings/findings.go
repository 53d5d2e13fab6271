// Package findings writes what a command found for the tools that reviews are made with: JSON, SARIF, JUnit, Markdown and the annotations of GitHub
// Actions. A command fills in one [Report], whatever it judges. The package judges nothing, reads no templates, and writes no text for terminals.
package findings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Level is how much a finding matters, by the names of SARIF.
type Level string

const (
	// Error is for certain not as it has to be.
	Error Level = "error"
	// Warning may not be as it has to be: it is undecided.
	Warning Level = "warning"
	// Note is worth knowing.
	Note Level = "note"
)

// Levels are all levels, the gravest first.
func Levels() []Level { return []Level{Error, Warning, Note} }

// Report is what one run of a command found. Its texts are readable: unknown values are written as "‹name›".
type Report struct {
	// Command is the command, such as "prove". Required.
	Command string
	// Verdict is the outcome in the command's own words, such as "broken". Required.
	Verdict string
	// Passed says that the command ends with exit code 0.
	Passed bool
	// Summary is the outcome in one line. Required.
	Summary string
	// Counts are numbers of what was tried, by names in camel case. The counts of the findings are added by [Report.JSON].
	Counts map[string]int
	// Rules are those that findings can be of, in the order in which they are listed.
	Rules []Rule
	// Findings are in the order in which they are written: the gravest first.
	Findings []Finding
	// Cases are all that was tried, for JUnit. Default: one case for each finding.
	Cases []Case
	// Notes are what was taken as given, and what was not understood.
	Notes []string
	// File is what findings without a place are reported at, such as the manifest of the assembly: GitHub refuses SARIF results without a location.
	File string
}

// Rule is what findings are of.
type Rule struct {
	// ID is the rule's name, such as "OverGrant". Required.
	ID string
	// About is what the rule requires, in one sentence. Required.
	About string
}

// Finding is one thing to change, or to know.
type Finding struct {
	// ID is the same whenever the same is found: it has no line, no order and no path of a file. Unique in a report. Required.
	ID   string `json:"id"`
	Rule string `json:"rule"`
	// Level is how much it matters. Required.
	Level Level `json:"level"`
	// Verdict is the outcome in the command's own words, such as "undecided".
	Verdict string `json:"verdict"`
	// Title says in a few words what was found. Required.
	Title string `json:"title"`
	// Checks are the names of the requests or settings that show it.
	Checks []string `json:"checks"`
	// Says is why, sentence by sentence.
	Says []string `json:"says"`
	// Remedy is what to change, sentence by sentence. A statement to paste follows its sentence on lines of its own.
	Remedy []string `json:"remedy"`
	// RestsOn are the facts and defaults that the verdict rests on.
	RestsOn []string `json:"restsOn"`
	// Places are the resources to change, the first of them the one to begin with. None if no template has them.
	Places []Place `json:"places"`
}

// Place is a resource in a template.
type Place struct {
	// File is the template, relative to the working directory, or absolute if it is outside, with slashes.
	File string `json:"file"`
	// Line is where the resource begins, from 1. 0 if that is not known.
	Line int `json:"line,omitempty"`
	// Stack is the name of the stack, and LogicalID the resource in it.
	Stack     string `json:"stack"`
	LogicalID string `json:"logicalId"`
	// Path is the path of the construct. "" if the template does not have it.
	Path string `json:"path,omitempty"`
}

// Name is the path of the construct, or else the stack and the logical ID.
func (p Place) Name() string {
	if p.Path != "" {
		return p.Path
	}
	return p.Stack + "/" + p.LogicalID
}

// Outcome is how a case ended.
type Outcome string

const (
	// Passed is as it has to be.
	Passed Outcome = "passed"
	// Failed is for certain not as it has to be.
	Failed Outcome = "failed"
	// Unknown is undecided, which is no success.
	Unknown Outcome = "unknown"
)

// Case is one thing that was tried.
type Case struct {
	// Suite and Name say what was tried. Required.
	Suite, Name string
	Outcome     Outcome
	// Says and Remedy are as in [Finding]. None of a case that passed.
	Says, Remedy []string
}

// Version is that of the JSON: it is raised when a field is removed, or means something else.
const Version = 1

// JSON is the beginning of what each command writes with --format json. What follows is the command's own.
type JSON struct {
	Version int    `json:"version"`
	Command string `json:"command"`
	Verdict string `json:"verdict"`
	Summary string `json:"summary"`
	// Counts are of findings, by level, and of what the command tried.
	Counts   map[string]int `json:"counts"`
	Findings []Finding      `json:"findings"`
}

// JSON returns the report for other programs. No list of a finding is null.
func (r Report) JSON() JSON {
	j := JSON{Version, r.Command, r.Verdict, r.Summary, map[string]int{"findings": len(r.Findings), "errors": 0, "warnings": 0, "notes": 0}, []Finding{}}
	for name, n := range r.Counts {
		j.Counts[name] = n
	}
	for _, f := range r.Findings {
		j.Counts[string(f.Level)+"s"]++
		for _, list := range []*[]string{&f.Checks, &f.Says, &f.Remedy, &f.RestsOn} {
			if *list == nil {
				*list = []string{}
			}
		}
		if f.Places == nil {
			f.Places = []Place{}
		}
		j.Findings = append(j.Findings, f)
	}
	return j
}

// Sort puts the gravest findings first, and makes their IDs unique: of two things with one ID, the second has "-2" after it.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(Levels(), a.Level), slices.Index(Levels(), b.Level))
	})
	seen := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if seen[f.ID]++; seen[f.ID] > 1 {
			f.ID = fmt.Sprintf("%s-%d", f.ID, seen[f.ID])
		}
	}
}

// rules are the report's, and those that only its findings name.
func (r Report) rules() []Rule {
	all := slices.Clone(r.Rules)
	for _, f := range r.Findings {
		if !slices.ContainsFunc(all, func(one Rule) bool { return one.ID == f.Rule }) {
			all = append(all, Rule{f.Rule, f.Rule})
		}
	}
	return all
}

// message is what a finding says as plain text: what was found, why, and what to change.
func (f Finding) message() string {
	lines := slices.Concat([]string{f.Title}, f.Says)
	for _, name := range f.RestsOn {
		lines = append(lines, "rests on: "+name)
	}
	for _, remedy := range f.Remedy {
		if !slices.Contains(f.Says, remedy) {
			lines = append(lines, "fix: "+remedy)
		}
	}
	return strings.Join(lines, "\n")
}

// Format is a form in which a report is written.
type Format string

const (
	SARIF    Format = "sarif"
	JUnit    Format = "junit"
	Markdown Format = "markdown"
	GitHub   Format = "github"
)

// Formats are all formats.
func Formats() []Format { return []Format{SARIF, JUnit, Markdown, GitHub} }

// Write writes a report in a format.
func Write(out io.Writer, format Format, r Report) error {
	write := map[Format]func(io.Writer, Report) error{SARIF: writeSARIF, JUnit: writeJUnit, Markdown: writeMarkdown, GitHub: writeGitHub}[format]
	if write == nil {
		return fmt.Errorf("found format %q, expected one of %q", format, Formats())
	}
	if err := write(out, r); err != nil {
		return fmt.Errorf("write the result as %s: %w", format, err)
	}
	return nil
}

// encode writes JSON that people can read.
func encode(out io.Writer, value any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}
