package operator

import (
	"cmp"
	"strings"
)

// number is a decimal number as text: exact at any length, where a float64 would make 2^53 and 2^53+1 equal.
type number struct {
	negative bool
	// whole has no leading zeros, fraction no trailing ones.
	whole, fraction string
}

// parseNumber reads an integer or decimal, such as "-10.50".
func parseNumber(s string) (n number, ok bool) {
	s, n.negative = strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || point && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return n, false
	}
	n.whole, n.fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	n.negative = n.negative && n.whole+n.fraction != ""
	return n, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return true
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// compare returns -1, 0 or 1.
func (n number) compare(m number) int {
	if n.negative != m.negative {
		if n.negative {
			return -1
		}
		return 1
	}
	c := cmp.Or(cmp.Compare(len(n.whole), len(m.whole)), cmp.Compare(n.whole, m.whole), cmp.Compare(n.fraction, m.fraction))
	if n.negative {
		return -c
	}
	return c
}
