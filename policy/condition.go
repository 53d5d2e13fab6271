package policy

import (
	"encoding/base64"
	"net/netip"
	"strings"
)

// condition is one key of one operator, with its values.
type condition struct {
	operator
	name   string // the operator as it is written
	key    string // as it is written
	lower  string
	values []operand
	// variables: some value has one.
	variables bool
}

// operand is one value of a condition, read as its operator does.
type operand struct {
	pattern
	parts   []pattern // of an ARN
	number  number
	date    instant
	boolean bool
	prefix  netip.Prefix
	bytes   string
	encoded string // bytes in base 64
	// path is how the value could name a role with a path, nil if it does not.
	path *rolePath
	// bad: the value is not what the operator compares.
	bad bool
}

// compileCondition reads the values of a condition; ones that the operator cannot read make it unknown, not the document wrong.
func compileCondition(name, key string, values []string, s syntax) condition {
	q := condition{operator: readOperator(name), name: name, key: key, lower: strings.ToLower(key)}
	if !IsKnown(key) {
		q.family = strangeFamily
	}
	q.values = make([]operand, 0, len(values))
	for _, raw := range values {
		v := operand{pattern: pattern{raw: raw}}
		var ok bool
		switch q.family {
		case stringFamily, stringFoldFamily:
			v.pattern, ok = compile(raw, s), true
		case stringLikeFamily:
			v.pattern, ok = compile(raw, s|wildcards), true
		case arnFamily:
			v.pattern, ok = compile(raw, s|wildcards), true
			v.parts = v.segments()
		case numberFamily:
			v.number, ok = readNumber(raw)
		case dateFamily:
			v.date, ok = readDate(raw)
		case boolFamily, nullFamily:
			v.boolean, ok = readBool(raw)
		case binaryFamily:
			v.bytes, ok = readBinary(raw)
			v.encoded = base64.StdEncoding.EncodeToString([]byte(v.bytes))
		case addressFamily:
			v.prefix, ok = readAddresses(raw)
		}
		v.bad = !ok
		if q.lower == "aws:principalarn" {
			v.path = compileRolePath(raw, q.family)
		}
		q.variables = q.variables || v.pattern.variables > 0
		q.values = append(q.values, v)
	}
	return q
}

func readBool(s string) (value, ok bool) {
	if strings.EqualFold(s, "true") {
		return true, true
	}
	return false, strings.EqualFold(s, "false")
}

func readBinary(s string) (string, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	return string(b), err == nil && !strings.ContainsAny(s, "\r\n") // which the decoder passes over
}

// readAddresses reads a CIDR block; an address alone is a block of one.
func readAddresses(s string) (netip.Prefix, bool) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err == nil && !p.Addr().Is4In6()
	}
	a := readAddress(s)
	return netip.PrefixFrom(a, a.BitLen()), a.IsValid()
}
