package policy

import "strings"

// segments are the parts of the ARN that the pattern is, six if it is whole. A ":" in a variable's name divides nothing.
func (p *pattern) segments() []pattern {
	parts := make([]pattern, 1, 6)
	last := func() *pattern { return &parts[len(parts)-1] }
	for _, q := range p.pieces {
		for q.kind == textPiece && len(parts) < 6 {
			before, after, ok := strings.Cut(q.text, ":")
			if !ok {
				break
			}
			if before != "" {
				last().pieces = append(last().pieces, piece{kind: textPiece, text: before})
			}
			parts, q.text = append(parts, pattern{}), after
		}
		if q.kind == variablePiece {
			last().variables++
		}
		last().open = last().open || q.kind == openPiece
		if q.kind != textPiece || q.text != "" {
			last().pieces = append(last().pieces, q)
		}
	}
	return parts
}

// matchARN compares ARNs: each of the six parts by itself, with wildcards.
func (o *operand) matchARN(c *call, s string, vars []string) verdict {
	value, ok := splitARN(s)
	if !ok {
		return unknown // what AWS does with a value that is no ARN is not documented
	}
	if len(o.pieces) == 1 && o.pieces[0].kind == variablePiece {
		return o.is(c, s, vars, 0) // a variable may be a whole ARN
	}
	v := yes
	for i := range o.parts {
		p := &o.parts[i]
		if v = min(v, p.is(c, value[i], vars, 0)); v == no {
			return no
		}
		vars = vars[p.variables:]
	}
	if len(o.parts) < 6 {
		return unknown // nor what the components that a pattern lacks mean
	}
	return v
}
