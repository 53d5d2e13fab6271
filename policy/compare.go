package policy

import (
	"encoding/base64"
	"slices"
	"strings"
)

// compare says whether a value of the request is what the operand asks for. What the operator cannot read is unknown: AWS's
// documentation does not say what it does with a number that is none.
func (q *condition) compare(c *call, o *operand, v value) verdict {
	s := v.text
	if o.bad {
		return unknown
	}
	switch q.family {
	case stringFamily, stringFoldFamily, stringLikeFamily, arnFamily:
		return q.compareText(c, o, s)
	case numberFamily:
		if n, ok := readNumber(s); ok {
			return verdictOf(q.relation.holds(n.compare(o.number)))
		}
	case dateFamily:
		if d, ok := readDate(s); ok {
			return verdictOf(q.relation.holds(d.compare(o.date)))
		}
	case boolFamily:
		if b, ok := readBool(s); ok {
			return verdictOf(b == o.boolean)
		}
	case binaryFamily:
		if c.open && !IsKnown(s) {
			break
		}
		// Compared byte by byte; the request may have the bytes encoded or not. Whether another way to encode them counts is not documented.
		b, err := base64.StdEncoding.DecodeString(s)
		if err == nil && s != o.encoded && string(b) == o.bytes && s != o.bytes {
			break
		}
		return verdictOf(s == o.encoded || s == o.bytes)
	default:
		if v.address.IsValid() {
			return verdictOf(o.prefix.Contains(v.address))
		}
	}
	return unknown
}

func (q *condition) compareText(c *call, o *operand, s string) verdict {
	if o.open && q.lower == "aws:principalarn" && slices.Contains(c.request.Others, o.raw) {
		return no
	}
	var room [4]string
	vars, r := o.resolve(c, room[:0])
	switch {
	case r == missing:
		return no
	case r == unclear:
		return unknown
	case q.family == stringFoldFamily:
		if o.open || c.open {
			return o.is(c, s, vars, fold)
		}
		return verdictOf(o.equalFold(s, vars))
	case q.family == arnFamily:
		return o.matchARN(c, s, vars)
	}
	return o.is(c, s, vars, 0)
}

// equalFold compares without regard to case; the pattern has no wildcards.
func (p *pattern) equalFold(s string, vars []string) bool {
	for i := range p.pieces {
		text := p.pieces[i].text
		if p.pieces[i].kind == variablePiece {
			text, vars = vars[0], vars[1:]
		}
		// Letters of the two cases may differ in length, but then the last piece has to take them.
		n := len(text)
		if i == len(p.pieces)-1 {
			n = len(s)
		}
		if len(s) < n || !strings.EqualFold(s[:n], text) {
			return false
		}
		s = s[n:]
	}
	return s == ""
}
