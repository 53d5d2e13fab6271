package policy

import "net/netip"

// value is one value of the request. Its address is read apart from it, since netip keeps what it cannot read in an error, on the heap.
type value struct {
	text    string
	address netip.Addr
}

// readAddress reads an address; one that is none is not valid.
func readAddress(s string) netip.Addr {
	a, err := netip.ParseAddr(s)
	// Whether an IPv4 address that is written as an IPv6 one counts as the former is not documented.
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return netip.Addr{}
	}
	return a
}

// match says whether the condition is true of the call.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func (q *condition) match(c *call) verdict {
	r := c.read(q.key, q.lower)
	switch {
	case q.family == strangeFamily:
		return unknown
	case q.family == nullFamily:
		return q.absent(r.known && r.count() == 0)
	case !r.known:
		return unknown
	case r.count() == 0:
		return q.withoutValue()
	case q.set == single && r.count() > 1:
		return unknown // "Multivalued context keys require a condition set operator"
	}
	// Of ForAllValues every value of the request has to match, of ForAnyValue one.
	v := no
	if q.set == allValues {
		v = yes
	}
	empty := q.set != single
	for i := range r.count() {
		s := value{text: c.at(&r, i)}
		if q.family == addressFamily {
			s.address = readAddress(r.at(i))
		}
		one := q.matchValue(c, s, r.pathless)
		if q.set == allValues {
			v = min(v, one)
		} else {
			v = max(v, one)
		}
		empty = empty && s.text == ""
	}
	// Of sets, AWS says that values which come to nothing, such as an empty text, count as none.
	if empty && v != verdictOf(q.set == allValues) {
		return unknown
	}
	return v
}

// absent is the answer of a Null operator.
func (q *condition) absent(is bool) verdict {
	v := no
	for i := range q.values {
		switch {
		case q.values[i].bad:
			v = max(v, unknown)
		case q.values[i].boolean == is:
			v = yes
		}
	}
	return v
}

// withoutValue is the answer for a key that the request lacks: operators that deny something are true, others false, with IfExists all
// are true, with ForAllValues too, but with ForAnyValue none, whatever follows.
func (q *condition) withoutValue() verdict {
	switch {
	case q.set == anyValue:
		return no
	case q.ifExists:
		return yes
	case q.set == single && !q.negated:
		return no
	}
	return yes
}

// matchValue says whether one value of the request is one of the condition's; a negated operator is true if it is none. A variable without
// a value is equal to nothing and like nothing, so that a negated operator is true of it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func (q *condition) matchValue(c *call, s value, pathless bool) verdict {
	v := no
	for i := range q.values {
		w := q.compare(c, &q.values[i], s)
		if pathless && w == no && q.values[i].path.names(c) {
			w = unknown
		}
		v = max(v, w)
	}
	if q.negated {
		return v.not()
	}
	return v
}
