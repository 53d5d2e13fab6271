package sample

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Each kind is among the sample, no case is there without need, and other seeds choose other cases, until each has had its turn.
func TestChoose(t *testing.T) {
	var cases []string
	for i := range 10 {
		for j := range 10 {
			cases = append(cases, fmt.Sprintf("a%d b%d", i, j))
		}
	}
	ever := map[string]bool{}
	for seed := range uint64(100) {
		some := choose("test", seed, cases, strings.Fields)
		kinds := map[string]bool{}
		for _, c := range some {
			ever[c] = true
			for _, kind := range strings.Fields(c) {
				kinds[kind] = true
			}
		}
		if len(kinds) != 20 || len(some) > 20 {
			t.Errorf("seed %d: found %d kinds in %d cases, expected all 20 in 20 cases at most", seed, len(kinds), len(some))
		}
		if !slices.IsSorted(some) {
			t.Errorf("seed %d: found %q, expected the order of the cases", seed, some)
		}
		if again := choose("test", seed, cases, strings.Fields); !slices.Equal(some, again) {
			t.Errorf("seed %d: found %q, then %q", seed, some, again)
		}
	}
	if len(ever) != len(cases) {
		t.Errorf("found %d cases by 100 seeds, expected each of %d", len(ever), len(cases))
	}
}

// Other tests choose others, so that one seed does not leave out the same everywhere.
func TestChooseByName(t *testing.T) {
	cases := strings.Split("abcdefghijklmnopqrstuvwxyz", "")
	one := func(string) []string { return []string{"any"} }
	found := map[string]bool{}
	for i := range 20 {
		found[choose(fmt.Sprint("test ", i), 1, cases, one)[0]] = true
	}
	if len(found) < 5 {
		t.Errorf("found %v by 20 tests, expected more of them", found)
	}
}

func TestSeed(t *testing.T) {
	t.Setenv("SEED", "")
	if found := Seed(t); found != 1 {
		t.Errorf("found seed %d without SEED, expected 1", found)
	}
	t.Setenv("SEED", "7")
	if found := Seed(t); found != 7 {
		t.Errorf("found seed %d, expected 7", found)
	}
}
