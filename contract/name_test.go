package contract

import (
	"strings"
	"testing"
)

func TestRoleName(t *testing.T) {
	for _, c := range []struct{ grant, stage, region, expected string }{
		{"crossgrant-list", "dev", "ap-northeast-1", "crossgrant-list-dev-ap-northeast-1"},
		// 64 characters: the longest that is left alone.
		{strings.Repeat("g", 45), "dev", "ap-northeast-1", strings.Repeat("g", 45) + "-dev-ap-northeast-1"},
		// sha256("ggg…g-dev-ap-northeast-1" with 46 g) begins with a344ea11.
		{strings.Repeat("g", 46), "dev", "ap-northeast-1", strings.Repeat("g", 46) + "-dev-ap-n-a344ea11"},
	} {
		found := RoleName(c.grant, c.stage, c.region)
		if len(found) > MaxRoleName {
			t.Errorf("RoleName(%q, …): found %d characters, expected 64 at most", c.grant, len(found))
		}
		if found != c.expected {
			t.Errorf("RoleName(%q, …): found %q, expected %q", c.grant, found, c.expected)
		}
	}
}

func TestShortenedNamesStayApart(t *testing.T) {
	long := strings.Repeat("a", 70)
	first, second := Shorten(long+"x", MaxRoleName), Shorten(long+"y", MaxRoleName)
	if first == second {
		t.Errorf("found %q for two names", first)
	}
	if again := Shorten(long+"x", MaxRoleName); again != first {
		t.Errorf("found %q, then %q, for one name", first, again)
	}
}

func TestShortenLeavesNoDoubleHyphen(t *testing.T) {
	if found := Shorten("aaa----------------", 12); strings.Contains(found, "--") || len(found) > 12 {
		t.Errorf("found %q", found)
	}
}
