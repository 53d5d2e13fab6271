package policy

import "github.com/crossgrant/crossgrant/policy/internal/pattern"

// resolution is what became of the variables of a pattern.
type resolution uint8

const (
	resolved resolution = iota
	// missing: a variable has no value and no default, so that nothing is equal to the text or like it.
	missing
	// unclear: a variable has several values, which AWS does not replace, or one that cannot be known.
	unclear
)

// resolve appends the values of the pattern's variables to vars.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func (c *call) resolve(p *pattern.Pattern, vars []string) ([]string, resolution) {
	if p.Malformed {
		return vars, unclear
	}
	worst := resolved
	for i := range p.Variables {
		v := &p.Variables[i]
		r := c.read(v.Name, v.Key)
		has := r.count() == 1 && !multivalued(v.Key) && c.at(&r, 0) != "" // an empty value is none
		switch {
		case !r.known || r.count() > 1, !has && v.WildcardDefault: // AWS does not document whether a wildcard in a default is one
			worst = unclear
		case has:
			vars = append(vars, c.keep(&r))
		case v.HasDefault:
			vars = append(vars, v.Default)
		default:
			worst = max(worst, missing)
		}
	}
	return vars, worst
}

// multivalued says that a key may have several values, and so cannot be a variable, however many it has.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func multivalued(key string) bool {
	switch key {
	case "aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:resourceorgpaths", "aws:tagkeys", "aws:vpceorgpaths":
		return true
	}
	return false
}
