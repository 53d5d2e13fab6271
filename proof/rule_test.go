package proof

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A rule without a group would be missing from the tables that people read.
func TestEveryRuleIsInOneGroup(t *testing.T) {
	var grouped []Rule
	for _, group := range Groups() {
		grouped = append(grouped, group.Rules...)
	}
	all := slices.Concat(Rules(), InspectRules())
	slices.Sort(grouped)
	slices.Sort(all)
	all = slices.Compact(all) // several are of both
	if d := cmp.Diff(all, grouped); d != "" {
		t.Error(d)
	}
}

// Whoever looks for a rule finds its file.
func TestEveryRuleIsAFile(t *testing.T) {
	word := regexp.MustCompile(`[A-Z]+[a-z]*`)
	for _, rule := range slices.Concat(Rules(), InspectRules()) {
		if !strings.HasSuffix(About(rule), ".") {
			t.Errorf("rule %s: found %q, expected a sentence", rule, About(rule))
		}
		// Abbreviations end a name: ExternalID, PlainHTTP.
		name := strings.ToLower(strings.Join(word.FindAllString(string(rule), -1), "_")) + ".go"
		found := 0
		for _, dir := range []string{"internal/probe/", "internal/escalation/", "internal/exposure/", "internal/audit/", "internal/opening/"} {
			text, err := os.ReadFile(dir + name)
			if err == nil && strings.Contains(string(text), `const `+string(rule)+` check.Rule = "`+string(rule)+`"`) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("rule %s: found %d files %s that declare it, expected one", rule, found, name)
		}
	}
	if About("NoSuchRule") != "" {
		t.Error("found a rule that there is not")
	}
}
