package main

import (
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// finding is something to change in a template, or to suppress with a reason.
type finding struct{ template, path, rule, message string }

// report is the result for all templates.
type report struct {
	templates  int
	findings   []finding
	suppressed map[string]int // count by rule and reason
}

func newReport(templates int) report {
	return report{templates: templates, suppressed: map[string]int{}}
}

// message is an annotation or other metadata of a construct.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.MetadataEntry.html
type message struct {
	Type string
	Data any
}

// The forms of cdk-nag's messages, with "[FINDING]" if a rule has several findings:
//
//	RULE[FINDING]: TEXT
//	CdkNagSuppression[FINDING]: RULE was triggered but suppressed. Provided reason: "[FINDING] REASON"
var (
	ruleMessage        = regexp.MustCompile(`(?s)^([\w-]+(?:\[.*?\])?): (.*)$`)
	suppressionMessage = regexp.MustCompile(`(?s)^CdkNagSuppression(?:\[(.*?)\])?: ([\w-]+) was triggered but suppressed\. (?:Provided reason: )?"?(?:\[.*?\] )?(.*?)"?$`)
)

// add adds the messages of one template, by construct. Each error and each warning is a finding.
func (r *report) add(t template, messages map[string][]message) {
	used := map[suppressedRule]bool{}
	for _, construct := range slices.Sorted(maps.Keys(messages)) {
		id := path.Base(construct)
		for _, m := range messages[construct] {
			text := strings.TrimSpace(fmt.Sprint(m.Data))
			switch m.Type {
			case "aws:cdk:info":
				if parts := suppressionMessage.FindStringSubmatch(text); parts != nil {
					// A rule that could not decide has its own name instead of the finding.
					used[suppressedRule{id, parts[2]}], used[suppressedRule{id, parts[1]}] = true, true
					r.suppressed[parts[2]+": "+parts[3]]++
				}
			case "aws:cdk:error", "aws:cdk:warning":
				f := finding{t.file, t.path(id), "CDK", text}
				if parts := ruleMessage.FindStringSubmatch(text); parts != nil {
					f.rule, f.message = parts[1], parts[2]
				}
				r.findings = append(r.findings, f)
			}
		}
	}
	r.findings = append(r.findings, t.unusedSuppressions(used)...)
}

// print prints the findings and the number of suppressed findings by rule and reason, and returns the exit code.
func (r report) print(out io.Writer) int {
	for _, f := range r.findings {
		fmt.Fprintf(out, "%s: %s: %s: %s\n", f.template, f.path, f.rule, f.message)
	}
	for _, reason := range slices.Sorted(maps.Keys(r.suppressed)) {
		fmt.Fprintf(out, "suppressed %d: %s\n", r.suppressed[reason], reason)
	}
	if len(r.findings) > 0 {
		fmt.Fprintf(out, "found %d findings in templates: %d, expected none: change the construct, or add a suppression with the reason (metadata cdk_nag)\n", len(r.findings), r.templates)
		return findings
	}
	fmt.Fprintf(out, "found no findings in templates: %d\n", r.templates)
	return clean
}
