package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/operator"
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
)

// condition is one key of one operator, with its values.
type condition struct {
	operator operator.Operator
	name     string // the operator as it is written
	key      string // as it is written
	lower    string
	values   []operand
}

// operand is one value of a condition, as its operator reads it.
type operand struct {
	pattern.Pattern
	segments []pattern.Pattern // of an ARN
	value    operator.Operand
	// path is the ARN of a role with a path that the value may mean, nil if it means none.
	path *rolePath
	// invalid: the operator cannot compare the value.
	invalid bool
}

// compileCondition reads the values of a condition; ones that the operator cannot read make it unknown, not the document wrong.
func compileCondition(name, key string, values []string, s pattern.Syntax) condition {
	q := condition{operator: operator.Parse(name), name: name, key: key, lower: strings.ToLower(key)}
	if !IsKnown(key) {
		q.operator.Family = operator.Unsupported
	}
	q.values = make([]operand, 0, len(values))
	for _, raw := range values {
		v := operand{Pattern: pattern.Pattern{Raw: raw}}
		switch q.operator.Family {
		case operator.String, operator.StringFold:
			v.Pattern = pattern.Compile(raw, s)
		case operator.StringLike:
			v.Pattern = pattern.Compile(raw, s|pattern.Wildcards)
		case operator.ARN:
			v.Pattern = pattern.Compile(raw, s|pattern.Wildcards)
			v.segments = v.Segments()
		}
		var ok bool
		v.value, ok = q.operator.Operand(raw)
		v.invalid = !ok
		if q.lower == "aws:principalarn" {
			v.path = compileRolePath(raw, q.operator.Family)
		}
		q.values = append(q.values, v)
	}
	return q
}
