package findings

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
)

// The part of SARIF 2.1.0 that is written, and how GitHub reads it.
//
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
// https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool       `json:"tool"`
		Automation sarifAutomation `json:"automationDetails"`
		ColumnKind string          `json:"columnKind"`
		Results    []sarifResult   `json:"results"`
		Properties map[string]any  `json:"properties"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string         `json:"id"`
		ShortDescription sarifMessage   `json:"shortDescription"`
		FullDescription  sarifMessage   `json:"fullDescription"`
		Help             sarifMessage   `json:"help"`
		HelpURI          string         `json:"helpUri"`
		Configuration    sarifLevel     `json:"defaultConfiguration"`
		Properties       map[string]any `json:"properties"`
	}
	sarifLevel struct {
		Level Level `json:"level"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        Level             `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]any    `json:"properties"`
	}
	sarifLocation struct {
		ID       int            `json:"id,omitempty"`
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifMessage  `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name          string `json:"name"`
		QualifiedName string `json:"fullyQualifiedName"`
		Kind          string `json:"kind"`
	}
)

const (
	home        = "https://github.com/crossgrant/crossgrant"
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// fingerprint is the name of a result's fingerprint, with the version of how it is made. GitHub compares another one only, which it makes of the line
	// itself where there is none: two findings about one resource would be one then.
	fingerprint, fingerprintOfGitHub = "crossgrantFindingId/v1", "primaryLocationLineHash"
)

// writeSARIF writes one run. The remedies of a rule's findings are its help, which GitHub shows beside each of them; each result has its own remedy, too.
func writeSARIF(out io.Writer, r Report) error {
	run := sarifRun{Automation: sarifAutomation{"crossgrant-" + r.Command + "/"}, ColumnKind: "utf16CodeUnits", Results: []sarifResult{},
		Properties: map[string]any{"verdict": r.Verdict, "summary": r.Summary, "counts": r.JSON().Counts, "notes": slices.Concat([]string{}, r.Notes)}}
	run.Tool.Driver = sarifDriver{Name: "crossgrant", InformationURI: home, Rules: []sarifRule{}}
	rules := r.rules()
	for _, rule := range rules {
		help, markdown := []string{rule.About}, []string{escapeMarkdown(rule.About)}
		for _, f := range r.Findings {
			for _, remedy := range f.Remedy {
				if f.Rule == rule.ID && !slices.Contains(help, remedy) {
					help, markdown = append(help, remedy), append(markdown, "- "+remedyMarkdown(remedy, "  "))
				}
			}
		}
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: rule.ID, ShortDescription: sarifMessage{Text: rule.About}, FullDescription: sarifMessage{Text: rule.About},
			Help: sarifMessage{strings.Join(help, "\n"), strings.Join(markdown, "\n")}, HelpURI: home + "/blob/main/docs/commands.md", Configuration: sarifLevel{Error},
			Properties: map[string]any{"tags": []string{"security"}}})
	}
	for _, f := range r.Findings {
		one := sarifResult{RuleID: f.Rule, RuleIndex: slices.IndexFunc(rules, func(rule Rule) bool { return rule.ID == f.Rule }), Level: f.Level, Message: sarifMessage{Text: f.message()},
			Locations: []sarifLocation{}, Fingerprints: map[string]string{fingerprint: f.ID, fingerprintOfGitHub: digest(f.ID) + ":1"}, Properties: map[string]any{"verdict": f.Verdict, "checks": slices.Concat([]string{}, f.Checks)}}
		for i, p := range f.Places {
			location := sarifLocation{Physical: physical(p.File, p.Line), Logical: []sarifLogical{{p.LogicalID, p.Name(), "resource"}}}
			if i == 0 {
				one.Locations = append(one.Locations, location)
				continue
			}
			location.ID, location.Message = i, &sarifMessage{Text: "to change as well: " + p.Name()}
			one.Related = append(one.Related, location)
		}
		if len(one.Locations) == 0 && r.File != "" {
			one.Locations = append(one.Locations, sarifLocation{Physical: physical(r.File, 1)})
		}
		run.Results = append(run.Results, one)
	}
	return encode(out, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

// digest is 16 hexadecimal digits, as in GitHub's fingerprints.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func physical(file string, line int) *sarifPhysical {
	p := &sarifPhysical{Artifact: sarifArtifact{uri(file)}}
	if line > 0 {
		p.Region = &sarifRegion{line}
	}
	return p
}

// uri is a file as a URI, or as a reference relative to the working directory.
func uri(file string) string {
	u := url.URL{Path: file}
	if path.IsAbs(file) {
		u.Scheme = "file"
	}
	return strings.TrimPrefix(u.String(), "./")
}
