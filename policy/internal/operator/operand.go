package operator

import (
	"encoding/base64"
	"net/netip"
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
	"github.com/crossgrant/crossgrant/policy/internal/unresolved"
)

// Operand is a value of a condition, as its operator reads it.
type Operand struct {
	number  number
	date    date
	boolean bool
	bytes   string
	encoded string // bytes in base64
	prefix  netip.Prefix
}

// Operand reads a value of a condition; false if the operator cannot compare it. Operators of strings and ARNs accept any.
func (o Operator) Operand(raw string) (v Operand, ok bool) {
	switch o.Family {
	case String, StringFold, StringLike, ARN:
		ok = true
	case Numeric:
		v.number, ok = parseNumber(raw)
	case Date:
		v.date, ok = parseDate(raw)
	case Bool, Null:
		v.boolean, ok = parseBool(raw)
	case Binary:
		v.bytes, ok = parseBinary(raw)
		v.encoded = base64.StdEncoding.EncodeToString([]byte(v.bytes))
	case IPAddress:
		v.prefix, ok = parsePrefix(raw)
	}
	return v, ok
}

// Bool returns the value that Bool and Null compare.
func (v *Operand) Bool() bool { return v.boolean }

// Compare returns whether a value of a request, which must be neither a string nor an ARN, is what the operand asks for. Negated does not count
// here. A value that the operator cannot read is Unknown: AWS does not document what happens with it. address is that of [ParseAddress].
func (o Operator) Compare(v *Operand, s string, address netip.Addr) truth.Value {
	switch o.Family {
	case Numeric:
		if n, ok := parseNumber(s); ok {
			return truth.Of(o.Relation.holds(n.compare(v.number)))
		}
	case Date:
		if d, ok := parseDate(s); ok {
			return truth.Of(o.Relation.holds(d.compare(v.date)))
		}
	case Bool:
		if b, ok := parseBool(s); ok {
			return truth.Of(b == v.boolean)
		}
	case Binary:
		return v.compareBinary(s)
	case IPAddress:
		if address.IsValid() {
			return truth.Of(v.prefix.Contains(address))
		}
	}
	return truth.Unknown
}

// compareBinary compares byte by byte. The request may have the bytes encoded or not. Whether another encoding of the same bytes counts is not
// documented.
func (v *Operand) compareBinary(s string) truth.Value {
	if !unresolved.IsKnown(s) {
		return truth.Unknown
	}
	if s == v.encoded || s == v.bytes {
		return truth.Yes
	}
	if b, err := base64.StdEncoding.DecodeString(s); err == nil && string(b) == v.bytes {
		return truth.Unknown
	}
	return truth.No
}

func parseBool(s string) (value, ok bool) {
	if strings.EqualFold(s, "true") {
		return true, true
	}
	return false, strings.EqualFold(s, "false")
}

func parseBinary(s string) (string, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	return string(b), err == nil && !strings.ContainsAny(s, "\r\n") // which the decoder skips
}

// parsePrefix reads a CIDR block. A single address is a block of one.
func parsePrefix(s string) (netip.Prefix, bool) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err == nil && !p.Addr().Is4In6()
	}
	a := ParseAddress(s)
	return netip.PrefixFrom(a, a.BitLen()), a.IsValid()
}

// ParseAddress reads an IP address. The result for other text is not valid. It is apart from Compare because netip keeps what it cannot read in
// an error, on the heap.
func ParseAddress(s string) netip.Addr {
	a, err := netip.ParseAddr(s)
	// Whether an IPv4-mapped IPv6 address counts as the IPv4 address is not documented.
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return netip.Addr{}
	}
	return a
}
