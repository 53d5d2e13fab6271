package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// version is a released version: major, minor, patch.
type version [3]int

// A number of one to three parts. "v1.2.3-rc.1", "1.2.3a1" and "1.2.3.dev1" are not releases.
var released = regexp.MustCompile(`^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\+incompatible)?$`)

// parse returns ok false for whatever is not a release.
func parse(text string) (v version, ok bool) {
	parts := released.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return v, false
	}
	for i, part := range parts[1:] {
		v[i], _ = strconv.Atoi(part) // "" is 0
	}
	return v, true
}

func (v version) compare(w version) int {
	return cmp.Or(cmp.Compare(v[0], w[0]), cmp.Compare(v[1], w[1]), cmp.Compare(v[2], w[2]))
}

// newestOf returns the newest release, for which keep is true, or "".
func newestOf(versions []string, keep func(version) bool) string {
	newest, best := "", version{}
	for _, text := range versions {
		if v, ok := parse(text); ok && keep(v) && (newest == "" || v.compare(best) > 0) {
			newest, best = text, v
		}
	}
	return newest
}

// distance is how far a version is behind another one, in its first part that differs: {0, 3} is three minor versions.
type distance struct{ part, steps int }

// behind returns how far pinned is behind newest. A version that is not a release is as far behind as can be: it should be replaced.
func behind(pinned, newest string) distance {
	p, ok := parse(pinned)
	n, _ := parse(newest)
	if !ok {
		return distance{0, n[0] + 1}
	}
	for i := range p {
		if p[i] != n[i] {
			return distance{i, max(0, n[i]-p[i])}
		}
	}
	return distance{}
}

// tooFar reports a distance of more than one minor version.
func (d distance) tooFar() bool { return d.steps > 0 && (d.part == 0 || d.part == 1 && d.steps > 1) }

func (d distance) compare(e distance) int {
	if d.steps == 0 || e.steps == 0 {
		return cmp.Compare(d.steps, e.steps)
	}
	return cmp.Or(cmp.Compare(e.part, d.part), cmp.Compare(d.steps, e.steps))
}

func (d distance) String() string {
	switch {
	case d.steps == 0:
		return "-"
	case d.part == 2:
		return "patch"
	}
	unit := []string{"major", "minor"}[d.part]
	if d.steps > 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", d.steps, unit)
}
