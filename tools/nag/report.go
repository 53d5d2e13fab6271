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

// finding is something that a template has to have changed, or explained.
type finding struct{ template, path, rule, message string }

// report is what was found in all templates.
type report struct {
	templates  int
	findings   []finding
	suppressed map[string]int // how often, by rule and reason
}

func newReport(templates int) report {
	return report{templates: templates, suppressed: map[string]int{}}
}

// message is an annotation of a construct, or other metadata of it.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.MetadataEntry.html
type message struct {
	Type string
	Data any
}

// How cdk-nag words what it says, "[FINDING]" if a rule tells several apart:
//
//	RULE[FINDING]: TEXT
//	CdkNagSuppression[FINDING]: RULE was triggered but suppressed. Provided reason: "[FINDING] REASON"
var (
	ruleMessage        = regexp.MustCompile(`(?s)^([\w-]+(?:\[.*?\])?): (.*)$`)
	suppressionMessage = regexp.MustCompile(`(?s)^CdkNagSuppression(?:\[(.*?)\])?: ([\w-]+) was triggered but suppressed\. (?:Provided reason: )?"?(?:\[.*?\] )?(.*?)"?$`)
)

// add sorts what was said of one template, by construct. Whatever it is, an error or a warning is a finding.
func (r *report) add(t template, said map[string][]message) {
	used := map[suppressedRule]bool{}
	for _, construct := range slices.Sorted(maps.Keys(said)) {
		id := path.Base(construct)
		for _, m := range said[construct] {
			text := strings.TrimSpace(fmt.Sprint(m.Data))
			switch m.Type {
			case "aws:cdk:info":
				if parts := suppressionMessage.FindStringSubmatch(text); parts != nil {
					// A rule that could not decide has its own name in the place of the finding.
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
	r.findings = append(r.findings, t.idle(used)...)
}

// print lists the findings and counts what was suppressed, by its reason.
func (r report) print(out io.Writer) int {
	for _, f := range r.findings {
		fmt.Fprintf(out, "%s: %s: %s: %s\n", f.template, f.path, f.rule, f.message)
	}
	for _, reason := range slices.Sorted(maps.Keys(r.suppressed)) {
		fmt.Fprintf(out, "suppressed, %d times: %s\n", r.suppressed[reason], reason)
	}
	if len(r.findings) > 0 {
		fmt.Fprintf(out, "found %d in templates: %d, expected none: change the construct, or say beside it why it is right (metadata cdk_nag)\n", len(r.findings), r.templates)
		return findings
	}
	fmt.Fprintf(out, "found nothing against the rules in templates: %d\n", r.templates)
	return clean
}
