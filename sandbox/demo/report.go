package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// report prints steps and checks as they happen, each line at most 100 columns but for commands, and counts the checks.
type report struct {
	out            io.Writer
	began          time.Time
	passed, failed int
}

// step prints what begins now.
func (r *report) step(format string, args ...any) {
	fmt.Fprintf(r.out, "[%6.1f s] %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
}

// detail prints something about the step under way.
func (r *report) detail(format string, args ...any) {
	fmt.Fprintf(r.out, "           %s\n", fmt.Sprintf(format, args...))
}

// check counts one expectation and prints it; what was found instead, if it does not hold.
func (r *report) check(holds bool, expected string, found any) {
	if holds {
		r.passed++
		fmt.Fprintf(r.out, "      PASS %s\n", expected)
		return
	}
	r.failed++
	fmt.Fprintf(r.out, "      FAIL %s\n           found %s\n", expected, shorten(fmt.Sprint(found), 600))
}

// shorten keeps the beginning of text, in one line.
func shorten(text string, limit int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > limit {
		return text[:limit] + " …"
	}
	return text
}
