package pattern

import "strings"

// Segments returns the colon-separated parts of the ARN that the pattern is, six if it is complete. A ":" in the name of a variable or of an
// unresolved text separates nothing.
func (p *Pattern) Segments() []Pattern {
	parts := make([]Pattern, 1, 6)
	last := func() *Pattern { return &parts[len(parts)-1] }
	variables := p.Variables
	for _, q := range p.pieces {
		for q.kind == literal && len(parts) < 6 {
			before, after, ok := strings.Cut(q.text, ":")
			if !ok {
				break
			}
			if before != "" {
				last().pieces = append(last().pieces, piece{kind: literal, text: before})
			}
			parts, q.text = append(parts, Pattern{}), after
		}
		if q.kind == variableText {
			last().Variables = append(last().Variables, variables[0])
			variables = variables[1:]
		}
		last().HasUnresolved = last().HasUnresolved || q.kind == unresolvedText
		if q.kind != literal || q.text != "" {
			last().pieces = append(last().pieces, q)
		}
	}
	return parts
}

// ConfineWildcards confines the wildcards of an ARN that are inside a segment to it, which a "*" at the end of a segment is not: it may match
// colons. A variable before the fifth colon makes the pattern malformed. It returns whether a wildcard was confined, and how many colons the
// pattern has.
func (p *Pattern) ConfineWildcards() (confined bool, colons int) {
	for i := range p.pieces {
		q := &p.pieces[i]
		switch {
		case q.kind == literal:
			colons += strings.Count(q.text, ":")
		case colons >= 5:
		case q.kind == variableText:
			p.Malformed = true
		case q.kind == anyChar:
			q.kind, confined = segmentChar, true
		case q.kind == anyText && i+1 < len(p.pieces) && !strings.HasPrefix(p.pieces[i+1].text, ":"):
			q.kind, confined = segmentText, true
		}
	}
	return confined, colons
}
