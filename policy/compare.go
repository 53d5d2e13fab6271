package policy

import (
	"slices"

	"github.com/crossgrant/crossgrant/policy/internal/operator"
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// compare says whether a value of the request is what the operand asks for. What the operator cannot read is unknown: AWS's
// documentation does not say what it does with a number that is none.
func (q *condition) compare(c *call, o *operand, v value) truth.Value {
	s := v.text
	if o.invalid {
		return truth.Unknown
	}
	switch q.operator.Family {
	case operator.String, operator.StringFold, operator.StringLike, operator.ARN:
		return q.compareText(c, o, s)
	}
	return q.operator.Compare(&o.value, s, v.address)
}

func (q *condition) compareText(c *call, o *operand, s string) truth.Value {
	if o.HasUnresolved && q.lower == "aws:principalarn" && slices.Contains(c.request.Others, o.Raw) {
		return truth.No
	}
	var room [4]string
	vars, r := c.resolve(&o.Pattern, room[:0])
	switch {
	case r == missing:
		return truth.No
	case r == unclear:
		return truth.Unknown
	case q.operator.Family == operator.StringFold:
		if o.HasUnresolved || c.open {
			return o.Matches(s, vars, pattern.FoldCase, false)
		}
		return truth.Of(o.EqualFold(s, vars))
	case q.operator.Family == operator.ARN:
		return o.matchARN(c, s, vars)
	}
	return o.Matches(s, vars, 0, !c.open)
}

// matchARN compares ARNs: each of the six parts by itself, with wildcards.
func (o *operand) matchARN(c *call, s string, vars []string) truth.Value {
	value, ok := splitARN(s)
	if !ok {
		return truth.Unknown // AWS does not document what it does with a value that is not an ARN
	}
	if o.IsVariable() {
		return o.Matches(s, vars, 0, !c.open) // a variable may be a whole ARN
	}
	v := truth.Yes
	for i := range o.segments {
		p := &o.segments[i]
		if v = min(v, p.Matches(value[i], vars, 0, !c.open)); v == truth.No {
			return truth.No
		}
		vars = vars[len(p.Variables):]
	}
	if len(o.segments) < 6 {
		return truth.Unknown // nor what it does with a pattern that has fewer parts
	}
	return v
}
