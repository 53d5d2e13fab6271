package policy

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy/internal/operator"
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// condition is one key of one operator, with its values.
type condition struct {
	operator operator.Operator
	name     string // the operator, as written
	key      string // as written
	lowerKey string // in lower case
	values   []operand
}

// operand is one value of a condition, as its operator reads it.
type operand struct {
	pattern.Pattern
	segments []pattern.Pattern // of an ARN
	value    operator.Operand
	// path is the role with a path that the value may name, nil if it cannot name one.
	path *rolePath
	// invalid: the operator cannot compare the value.
	invalid bool
}

// compileCondition reads the values of a condition. One that the operator cannot compare makes the condition unknown, not the document invalid.
func compileCondition(name, key string, values []string, s pattern.Syntax) condition {
	q := condition{operator: operator.Parse(name), name: name, key: key, lowerKey: strings.ToLower(key)}
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
		if q.lowerKey == "aws:principalarn" {
			v.path = compileRolePath(raw, q.operator.Family)
		}
		q.values = append(q.values, v)
	}
	return q
}

// requestValue is one value of the request. The address is there for the IP address operators only.
type requestValue struct {
	text    string
	address netip.Addr
}

// match returns whether the condition is true for the call.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func (q *condition) match(c *call) truth.Value {
	r := c.read(q.key, q.lowerKey)
	switch {
	case q.operator.Family == operator.Unsupported:
		return truth.Unknown
	case r.mayBeAbsent:
		return truth.Unknown
	case q.operator.Family == operator.Null:
		return q.matchNull(r.known && r.count() == 0)
	case !r.known:
		return truth.Unknown
	case r.count() == 0:
		return q.matchAbsent()
	case q.operator.Set == operator.SingleValue && r.count() > 1:
		return truth.Unknown // "Multivalued context keys require a condition set operator"
	}
	// With ForAllValues every value of the request must match, with ForAnyValue one.
	v := truth.No
	if q.operator.Set == operator.ForAllValues {
		v = truth.Yes
	}
	empty := q.operator.Set != operator.SingleValue
	for i := range r.count() {
		s := requestValue{text: c.at(&r, i)}
		if q.operator.Family == operator.IPAddress {
			s.address = operator.ParseAddress(r.at(i))
		}
		one := q.matchValue(c, s, r.isRoleARN)
		if q.operator.Set == operator.ForAllValues {
			v = min(v, one)
		} else {
			v = max(v, one)
		}
		empty = empty && s.text == ""
	}
	// AWS documents that set operators treat an empty value, such as an empty string, as no value.
	if empty && v != truth.Of(q.operator.Set == operator.ForAllValues) {
		return truth.Unknown
	}
	return v
}

// matchNull is match for the Null operator.
func (q *condition) matchNull(absent bool) truth.Value {
	v := truth.No
	for i := range q.values {
		switch {
		case q.values[i].invalid:
			v = max(v, truth.Unknown)
		case q.values[i].value.Bool() == absent:
			v = truth.Yes
		}
	}
	return v
}

// matchAbsent is match for a key that the request lacks. Negated operators are true, others false. With IfExists and ForAllValues all are true,
// with ForAnyValue all are false.
func (q *condition) matchAbsent() truth.Value {
	switch {
	case q.operator.Set == operator.ForAnyValue:
		return truth.No
	case q.operator.IfExists:
		return truth.Yes
	case q.operator.Set == operator.SingleValue && !q.operator.Negated:
		return truth.No
	}
	return truth.Yes
}

// matchValue returns whether one value of the request matches one of the condition's. For a negated operator it returns whether it matches none.
// A variable without a value matches nothing, so that a negated operator is true
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func (q *condition) matchValue(c *call, s requestValue, isRoleARN bool) truth.Value {
	v := truth.No
	for i := range q.values {
		w := q.compare(c, &q.values[i], s)
		if isRoleARN && w == truth.No && q.values[i].path.mayName(c) {
			w = truth.Unknown
		}
		v = max(v, w)
	}
	if q.operator.Negated {
		return v.Not()
	}
	return v
}

// compare returns whether a value of the request matches the operand. Negated does not count here.
func (q *condition) compare(c *call, o *operand, v requestValue) truth.Value {
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
	if o.HasUnresolved && q.lowerKey == "aws:principalarn" && slices.Contains(c.request.OtherPrincipals, o.Raw) {
		return truth.No
	}
	var room [4]string
	variables, r := c.resolve(&o.Pattern, room[:0])
	switch {
	case r == noValue:
		return truth.No
	case r == unknownValue:
		return truth.Unknown
	case q.operator.Family == operator.StringFold:
		return o.EqualFold(s, variables, !c.hasUnresolved)
	case q.operator.Family == operator.ARN:
		return o.matchARN(c, s, variables)
	}
	return o.Matches(s, variables, 0, !c.hasUnresolved)
}

// matchARN compares ARNs part by part, with wildcards.
func (o *operand) matchARN(c *call, s string, variables []string) truth.Value {
	a, ok := arn.Parse(s)
	if !ok {
		return truth.Unknown // AWS does not document what it does with a value that is not an ARN
	}
	if o.IsVariable() {
		return o.Matches(s, variables, 0, !c.hasUnresolved) // a variable may be a whole ARN
	}
	v := truth.Yes
	parts := [...]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}
	for i := range o.segments {
		p := &o.segments[i]
		if v = min(v, p.Matches(parts[i], variables, 0, !c.hasUnresolved)); v == truth.No {
			return truth.No
		}
		variables = variables[len(p.Variables):]
	}
	if len(o.segments) < 6 {
		return truth.Unknown // nor what it does with a pattern that has fewer parts
	}
	return v
}

// rolePath is a role's ARN with a path, such as "arn:aws:iam::111122223333:role/team/app", in a condition on aws:PrincipalArn.
type rolePath struct{ account, name pattern.Pattern }

func compileRolePath(raw string, f operator.Family) *rolePath {
	a, ok := arn.Parse(raw)
	i := strings.LastIndexByte(raw, '/')
	if !ok || !strings.HasPrefix(a.Resource, "role/") || strings.Count(a.Resource, "/") < 2 {
		return nil
	}
	var s pattern.Syntax
	if f == operator.StringLike || f == operator.ARN {
		s = pattern.Wildcards
	}
	return &rolePath{pattern.Compile(a.Account, s), pattern.Compile(strings.ToLower(raw[i+1:]), s)}
}

// mayName reports whether the role may be the caller's. The ARN of a session does not contain the path of its role.
func (p *rolePath) mayName(c *call) bool {
	if p == nil {
		return false
	}
	allKnown := !c.hasUnresolved
	return p.account.Matches(c.caller.account, nil, 0, allKnown) != truth.No && p.name.Matches(c.caller.name, nil, pattern.FoldCase, allKnown) != truth.No
}
