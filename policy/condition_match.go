package policy

import (
	"net/netip"

	"github.com/crossgrant/crossgrant/policy/internal/operator"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// value is one value of the request. Its address is read apart from it, since netip keeps what it cannot read in an error, on the heap.
type value struct {
	text    string
	address netip.Addr
}

// match says whether the condition is true of the call.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func (q *condition) match(c *call) truth.Value {
	r := c.read(q.key, q.lower)
	switch {
	case q.operator.Family == operator.Unsupported:
		return truth.Unknown
	case q.operator.Family == operator.Null:
		return q.absent(r.known && r.count() == 0)
	case !r.known:
		return truth.Unknown
	case r.count() == 0:
		return q.withoutValue()
	case q.operator.Set == operator.SingleValue && r.count() > 1:
		return truth.Unknown // "Multivalued context keys require a condition set operator"
	}
	// Of ForAllValues every value of the request has to match, of ForAnyValue one.
	v := truth.No
	if q.operator.Set == operator.ForAllValues {
		v = truth.Yes
	}
	empty := q.operator.Set != operator.SingleValue
	for i := range r.count() {
		s := value{text: c.at(&r, i)}
		if q.operator.Family == operator.IPAddress {
			s.address = operator.ParseAddress(r.at(i))
		}
		one := q.matchValue(c, s, r.pathless)
		if q.operator.Set == operator.ForAllValues {
			v = min(v, one)
		} else {
			v = max(v, one)
		}
		empty = empty && s.text == ""
	}
	// Of sets, AWS says that values which come to nothing, such as an empty text, count as none.
	if empty && v != truth.Of(q.operator.Set == operator.ForAllValues) {
		return truth.Unknown
	}
	return v
}

// absent is the answer of a Null operator.
func (q *condition) absent(is bool) truth.Value {
	v := truth.No
	for i := range q.values {
		switch {
		case q.values[i].invalid:
			v = max(v, truth.Unknown)
		case q.values[i].value.Bool() == is:
			v = truth.Yes
		}
	}
	return v
}

// withoutValue is the answer for a key that the request lacks: operators that deny something are true, others false, with IfExists all
// are true, with ForAllValues too, but with ForAnyValue none, whatever follows.
func (q *condition) withoutValue() truth.Value {
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

// matchValue says whether one value of the request is one of the condition's; a negated operator is true if it is none. A variable without
// a value is equal to nothing and like nothing, so that a negated operator is true of it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func (q *condition) matchValue(c *call, s value, pathless bool) truth.Value {
	v := truth.No
	for i := range q.values {
		w := q.compare(c, &q.values[i], s)
		if pathless && w == truth.No && q.values[i].path.names(c) {
			w = truth.Unknown
		}
		v = max(v, w)
	}
	if q.operator.Negated {
		return v.Not()
	}
	return v
}
