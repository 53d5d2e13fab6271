package policy

// resolution is what became of the variables of a pattern.
type resolution uint8

const (
	resolved resolution = iota
	// missing: a variable has no value and no default.
	missing
	// unclear: a variable has several values, which AWS does not replace, or one that cannot be known.
	unclear
)

// resolve appends the values of the pattern's variables to vars.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func (p *pattern) resolve(c *call, vars []string) ([]string, resolution) {
	if p.broken {
		return vars, unclear
	}
	worst := resolved
	for i := range p.pieces {
		v := &p.pieces[i]
		if v.kind != variablePiece {
			continue
		}
		r := c.read(v.text, v.key)
		switch {
		case !r.known || r.count() > 1:
			worst = unclear
		case r.count() == 1:
			vars = append(vars, c.keep(&r))
		case v.hasFallback:
			vars = append(vars, v.fallback)
		default:
			worst = max(worst, missing)
		}
	}
	return vars, worst
}
