package findings

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// JUnit's XML, as the servers of CI read it.
//
// https://github.com/testmoapp/junitxml
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
		Output   string      `xml:"system-out,omitempty"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
	}
	junitProblem struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a case for each thing that was tried. What is undecided is an error, not a skipped case: servers take these for success. So that no
// report without a case is green that did not pass, such a one has a case that says so.
func writeJUnit(out io.Writer, r Report) error {
	cases := slices.Clone(r.Cases)
	if cases == nil {
		for _, f := range r.Findings {
			outcome := map[Level]Outcome{Error: Failed, Warning: Unknown, Note: Passed}[f.Level]
			cases = append(cases, Case{f.Rule, f.Title, outcome, f.Says, f.Remedy})
		}
	}
	if !r.Passed && !slices.ContainsFunc(cases, func(c Case) bool { return c.Outcome != Passed }) {
		cases = append(cases, Case{Suite: r.Command, Name: r.Verdict, Outcome: Unknown, Says: []string{r.Summary}})
	}
	all := junitSuites{Name: "crossgrant " + r.Command}
	suites, twins := map[string]int{}, map[string]int{}
	for _, c := range cases {
		i, ok := suites[c.Suite]
		if !ok {
			i = len(all.Suites)
			suites[c.Suite], all.Suites = i, append(all.Suites, junitSuite{Name: c.Suite})
		}
		s, one := &all.Suites[i], junitCase{Class: c.Suite, Name: c.Name}
		if twins[c.Suite+"\n"+c.Name]++; twins[c.Suite+"\n"+c.Name] > 1 { // servers take cases of one name for one case
			one.Name += fmt.Sprintf(" (%d)", twins[c.Suite+"\n"+c.Name])
		}
		problem := &junitProblem{Type: string(c.Outcome), Message: strings.Join(c.Says, "; "), Text: Finding{Title: c.Name, Says: c.Says, Remedy: c.Remedy}.message()}
		switch c.Outcome {
		case Failed:
			one.Failure, s.Failures, all.Failures = problem, s.Failures+1, all.Failures+1
		case Unknown:
			one.Error, s.Errors, all.Errors = problem, s.Errors+1, all.Errors+1
		}
		s.Cases, s.Tests, all.Tests = append(s.Cases, one), s.Tests+1, all.Tests+1
	}
	if len(all.Suites) > 0 {
		all.Suites[0].Output = strings.Join(r.Notes, "\n")
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(out)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}
