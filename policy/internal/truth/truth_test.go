package truth_test

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// Kleene's three-valued logic.
func TestLogic(t *testing.T) {
	const n, u, y = truth.No, truth.Unknown, truth.Yes
	for _, c := range [][4]truth.Value{{n, n, n, n}, {n, u, n, u}, {n, y, n, y}, {u, u, u, u}, {u, y, u, y}, {y, y, y, y}} {
		if and, or := min(c[0], c[1]), max(c[0], c[1]); and != c[2] || or != c[3] {
			t.Errorf("%s, %s: found %s and %s, expected %s and %s", c[0], c[1], and, or, c[2], c[3])
		}
	}
	if n.Not() != y || u.Not() != u || y.Not() != n {
		t.Errorf("found %s, %s, %s, expected yes, unknown, no", n.Not(), u.Not(), y.Not())
	}
	if truth.Of(true) != y || truth.Of(false) != n {
		t.Error("found the reverse of true and false")
	}
	if n.String()+" "+u.String()+" "+y.String() != "no unknown yes" {
		t.Errorf("found %s %s %s", n, u, y)
	}
}
