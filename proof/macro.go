package proof

import (
	"fmt"
	"strings"
)

// macros are templates that something transforms at deployment: it may change and add anything, so nothing is sure of them.
func (w *world) macros(declared []*Grant) []Check {
	var all []Check
	for _, s := range w.assembly.Stacks {
		if len(s.Macros) == 0 {
			continue
		}
		for _, g := range declared {
			all = append(all, Check{Rule: Intent, Grant: g.Key(), Expects: MustWork, Name: "stack " + s.DisplayName, Verdict: Undecided,
				Details: []string{fmt.Sprintf("%s transforms the template at deployment, and may change and add anything", strings.Join(s.Macros, ", "))}})
		}
	}
	return all
}
