package findings

import (
	"fmt"
	"io"
	"strings"
)

// writeGitHub writes workflow commands, which become annotations of the run. GitHub shows ten errors, ten warnings and ten notices of a step, so the
// gravest findings come first.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func writeGitHub(out io.Writer, r Report) error {
	var text strings.Builder
	for _, f := range r.Findings {
		var properties []string
		if len(f.Places) > 0 {
			properties = append(properties, "file="+propertyEscapes.Replace(f.Places[0].File))
			if f.Places[0].Line > 0 {
				properties = append(properties, fmt.Sprintf("line=%d", f.Places[0].Line))
			}
		}
		message := f.message()
		for _, p := range f.Places {
			message += "\nat " + p.Name()
		}
		properties = append(properties, "title="+propertyEscapes.Replace("crossgrant "+f.Verdict+" "+f.Rule))
		command := map[Level]string{Error: "error", Warning: "warning", Note: "notice"}[f.Level]
		fmt.Fprintf(&text, "::%s %s::%s\n", command, strings.Join(properties, ","), dataEscapes.Replace(message+"\n"+f.ID))
	}
	command := "error"
	if r.Passed {
		command = "notice"
	}
	fmt.Fprintf(&text, "::%s title=%s::%s\n", command, propertyEscapes.Replace("crossgrant "+r.Command), dataEscapes.Replace(r.Verdict+": "+r.Summary))
	_, err := io.WriteString(out, text.String())
	return err
}

// How the runner unescapes the data and the properties of a command.
// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
