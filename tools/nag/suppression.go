package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// nagMetadata is what cdk-nag reads in the metadata of a resource.
// https://github.com/cdklabs/cdk-nag#suppressing-a-rule
type nagMetadata struct {
	Rules []suppression `json:"rules_to_suppress"`
}

// suppression says that a finding is meant, and why.
type suppression struct {
	ID     string
	Reason string
}

// shortestReason is cdk-nag's, in letters.
const shortestReason = 10

func (s suppression) reason() string { return strings.TrimSpace(s.Reason) }

// unreasoned finds suppressions that give no reason, and such for a whole stack, which would hide what is yet to be written.
func (t template) unreasoned() []finding {
	var found []finding
	for _, s := range t.Metadata.Nag.Rules {
		found = append(found, finding{t.file, "(whole stack)", s.ID,
			"found a suppression for the whole stack, expected it beside the construct that needs it"})
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		for _, s := range t.Resources[id].Metadata.Nag.Rules {
			if utf8.RuneCountInString(s.reason()) < shortestReason {
				found = append(found, finding{t.file, t.path(id), s.ID,
					fmt.Sprintf("found a suppression with reason %q, expected why the rule does not apply here, in %d letters or more", s.reason(), shortestReason)})
			}
		}
	}
	return found
}

// idle finds suppressions that suppressed nothing: their reason is gone, or their rule misspelt.
func (t template) idle(suppressed map[suppressedRule]bool) []finding {
	var found []finding
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		for _, s := range t.Resources[id].Metadata.Nag.Rules {
			if !suppressed[suppressedRule{id, s.ID}] {
				found = append(found, finding{t.file, t.path(id), s.ID, "found a suppression of what does not occur: remove it"})
			}
		}
	}
	return found
}

// suppressedRule is a rule at a resource, by its logical id.
type suppressedRule struct{ logicalID, rule string }
