package findings

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxMarkdown is how much Markdown is written at most, in bytes: GitHub takes 65,536 characters in a comment.
const maxMarkdown = 60_000

// writeMarkdown writes a comment for a pull request. If that is too long for one, the last findings are left out, and it says how many.
func writeMarkdown(out io.Writer, r Report) error {
	var text strings.Builder
	fmt.Fprintf(&text, "## crossgrant %s: %s\n\n%s\n", r.Command, escapeMarkdown(r.Verdict), escapeMarkdown(r.Summary))
	for i, f := range r.Findings {
		one := f.markdown()
		if text.Len()+len(one) > maxMarkdown {
			fmt.Fprintf(&text, "\n%d more findings do not fit here: `crossgrant %s` prints all.\n", len(r.Findings)-i, r.Command)
			break
		}
		text.WriteString(one)
	}
	if len(r.Notes) > 0 {
		var notes strings.Builder
		notes.WriteString("\n<details><summary>Taken as given, and not understood</summary>\n\n")
		for _, n := range r.Notes {
			fmt.Fprintf(&notes, "- %s\n", escapeMarkdown(n))
		}
		notes.WriteString("\n</details>\n")
		if text.Len()+notes.Len() <= maxMarkdown {
			text.WriteString(notes.String())
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// markdown is a section. What decides is at its top, and what takes many lines is folded.
func (f Finding) markdown() string {
	const most = 3
	var text strings.Builder
	fmt.Fprintf(&text, "\n### %s: %s\n\n%s\n\n", escapeMarkdown(f.Verdict), escapeMarkdown(f.Rule), escapeMarkdown(f.Title))
	item := func(label string, lines []string) {
		for _, line := range lines {
			fmt.Fprintf(&text, "- %s%s\n", label, escapeMarkdown(line))
		}
	}
	item("", f.Says)
	item("rests on: ", f.RestsOn)
	for i, p := range f.Places {
		if i == most {
			fmt.Fprintf(&text, "- and %d more places\n", len(f.Places)-most)
			break
		}
		line := ""
		if p.Line > 0 {
			line = fmt.Sprintf(":%d", p.Line)
		}
		fmt.Fprintf(&text, "- at %s (`%s`)\n", escapeMarkdown(p.Name()), strings.ReplaceAll(p.File+line, "`", "'"))
	}
	for _, remedy := range f.Remedy {
		if !slices.Contains(f.Says, remedy) {
			fmt.Fprintf(&text, "- **fix**: %s\n", remedyMarkdown(remedy, "  "))
		}
	}
	fmt.Fprintf(&text, "\n<sub>%s</sub>\n", escapeMarkdown(f.ID))
	return text.String()
}

// remedyMarkdown is a remedy in a list: its sentence, and the statement below it as code.
func remedyMarkdown(remedy, indent string) string {
	sentence, statement, _ := strings.Cut(remedy, "\n")
	text := escapeMarkdown(sentence)
	if statement == "" {
		return text
	}
	fence := "```"
	for strings.Contains(statement, fence) {
		fence += "`"
	}
	text += "\n\n" + indent + fence + "json\n"
	for line := range strings.Lines(statement) {
		text += indent + strings.TrimSuffix(line, "\n") + "\n"
	}
	return text + indent + fence
}

// escapeMarkdown makes text mean itself in GitHub's Markdown: no formatting, no HTML, and neither mentions of people nor references to issues.
//
// https://github.github.com/gfm/#backslash-escapes
var markdownEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "&#64;", "#", "&#35;", "\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]",
	"|", "\\|", "~", "\\~", "\r", " ", "\n", " ")

func escapeMarkdown(text string) string { return markdownEscapes.Replace(text) }
