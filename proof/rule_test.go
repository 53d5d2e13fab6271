package proof

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A rule without a group would be missing from the tables of people.
func TestEveryRuleIsInOneGroup(t *testing.T) {
	var grouped []Rule
	for _, group := range Groups() {
		grouped = append(grouped, group.Rules...)
	}
	all := Rules()
	slices.Sort(grouped)
	slices.Sort(all)
	if d := cmp.Diff(all, grouped); d != "" {
		t.Error(d)
	}
}
