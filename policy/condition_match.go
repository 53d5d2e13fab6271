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
	if err != nil || a.Zone() != "" {
		return netip.Addr{}
	}
	return a.Unmap()
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
		return q.withoutValue(c)
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
// are true, with ForAllValues too, but with ForAnyValue none.
func (q *condition) withoutValue(c *call) verdict {
	switch {
	case q.set == anyValue && q.ifExists:
		return unknown // the two rules contradict each other
	case q.set == anyValue:
		return no
	case q.ifExists:
		return yes
	case q.set == single && !q.negated:
		return no
	}
	// A variable without a value may make the whole statement invalid.
	if q.variables {
		for i := range q.values {
			var room [4]string
			if _, r := q.values[i].resolve(c, room[:0]); r != resolved {
				return unknown
			}
		}
	}
	return yes
}

// matchValue says whether one value of the request is one of the condition's; a negated operator is true if it is none.
func (q *condition) matchValue(c *call, s value, pathless bool) verdict {
	v, lost := no, false
	for i := range q.values {
		w, r := q.compare(c, &q.values[i], s)
		if pathless && w == no && q.values[i].path.names(c) {
			w = unknown
		}
		v, lost = max(v, w), lost || r == missing
	}
	// A variable without value matches nothing, and perhaps makes the whole statement match nothing.
	if lost && (v == yes || q.negated) {
		v = unknown
	}
	if q.negated {
		return v.not()
	}
	return v
}
