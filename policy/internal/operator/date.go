package operator

import (
	"cmp"
	"strings"
	"time"
)

// date is a time: seconds since 1970, and the digits after the decimal point without trailing zeros.
type date struct {
	seconds  int64
	fraction string
}

// parseDate reads one of the W3C profiles of ISO 8601 (https://www.w3.org/TR/NOTE-datetime: year, month, day, minute, second, fraction), or
// seconds since 1970. Four digits are a year. A time without a zone is UTC.
func parseDate(s string) (date, bool) {
	if n, ok := parseNumber(s); ok && len(s) != 4 {
		return epoch(n)
	}
	r := dateReader{rest: s}
	year, month, day := r.digits(4), 1, 1
	if r.take('-') {
		month = r.digits(2)
		if r.take('-') {
			day = r.digits(2)
		}
	}
	hour, minute, second, fraction, zone := 0, 0, 0, "", 0
	if len(s) > len("2006-01-0") && r.take('T') {
		hour, minute = r.digits(2), r.then(':', 2)
		if r.take(':') {
			second = r.digits(2)
			if r.take('.') {
				fraction = r.fraction()
			}
		}
		zone = r.zone()
	}
	if r.failed || r.rest != "" || hour > 23 || minute > 59 || second > 60 {
		return date{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if int(t.Month()) != month && second < 60 || month < 1 || month > 12 || day < 1 {
		return date{}, false
	}
	return date{t.Unix() - int64(zone), strings.TrimRight(fraction, "0")}, true
}

// epoch returns seconds since 1970 as a date; false if they are negative or beyond any date.
func epoch(n number) (date, bool) {
	if n.negative || len(n.whole) > 15 {
		return date{}, false
	}
	var seconds int64
	for i := range len(n.whole) {
		seconds = seconds*10 + int64(n.whole[i]-'0')
	}
	return date{seconds, n.fraction}, true
}

func (i date) compare(j date) int {
	return cmp.Or(cmp.Compare(i.seconds, j.seconds), cmp.Compare(i.fraction, j.fraction))
}

// dateReader reads a date from left to right. time.Parse would allocate an error for each layout that does not match.
type dateReader struct {
	rest   string
	failed bool
}

func (r *dateReader) take(b byte) bool {
	if r.rest == "" || r.rest[0] != b {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// digits reads a number of n digits.
func (r *dateReader) digits(n int) (v int) {
	if len(r.rest) < n || !allDigits(r.rest[:n]) {
		r.failed = true
		return 0
	}
	for i := range n {
		v = v*10 + int(r.rest[i]-'0')
	}
	r.rest = r.rest[n:]
	return v
}

// then reads b and a number of n digits.
func (r *dateReader) then(b byte, n int) int {
	r.failed = !r.take(b) || r.failed
	return r.digits(n)
}

// fraction reads one digit or more.
func (r *dateReader) fraction() string {
	n := 0
	for n < len(r.rest) && digit(r.rest[n]) {
		n++
	}
	r.failed = r.failed || n == 0
	f := r.rest[:n]
	r.rest = r.rest[n:]
	return f
}

// zone reads "Z", "+hh:mm" or "+hhmm" and returns the offset in seconds east of UTC.
func (r *dateReader) zone() int {
	sign := 1
	switch {
	case r.rest == "" || r.take('Z'):
		return 0
	case r.take('-'):
		sign = -1
	case !r.take('+'):
		r.failed = true
	}
	hours := r.digits(2)
	r.take(':')
	minutes := r.digits(2)
	r.failed = r.failed || hours > 23 || minutes > 59
	return sign * (hours*3600 + minutes*60)
}
