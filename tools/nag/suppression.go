package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// nagMetadata is cdk-nag's part of the metadata of a resource.
// https://github.com/cdklabs/cdk-nag#suppressing-a-rule
type nagMetadata struct {
	Rules []suppression `json:"rules_to_suppress"`
}

// suppression is a suppressed rule and the reason.
type suppression struct {
	ID     string
	Reason string
}

// minReason is the minimum length of a reason in cdk-nag, in characters.
const minReason = 10

func (s suppression) reason() string { return strings.TrimSpace(s.Reason) }

// invalidSuppressions returns a finding for each suppression without a reason, and for each of a whole stack, which would also suppress
// findings in later constructs.
func (t template) invalidSuppressions() []finding {
	var found []finding
	for _, s := range t.Metadata.Nag.Rules {
		found = append(found, finding{t.file, "(whole stack)", s.ID,
			"found a suppression for the whole stack, expected one for the construct that needs it"})
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		for _, s := range t.Resources[id].Metadata.Nag.Rules {
			if utf8.RuneCountInString(s.reason()) < minReason {
				found = append(found, finding{t.file, t.path(id), s.ID,
					fmt.Sprintf("found a suppression with reason %q, expected why the rule does not apply here, in %d characters or more", s.reason(), minReason)})
			}
		}
	}
	return found
}

// unusedSuppressions returns a finding for each suppression that suppressed nothing: its reason has gone, or the name of its rule is wrong.
func (t template) unusedSuppressions(suppressed map[suppressedRule]bool) []finding {
	var found []finding
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		for _, s := range t.Resources[id].Metadata.Nag.Rules {
			if !suppressed[suppressedRule{id, s.ID}] {
				found = append(found, finding{t.file, t.path(id), s.ID, "found a suppression without a finding: remove it"})
			}
		}
	}
	return found
}

// suppressedRule is a rule and the logical ID of the resource for which it is suppressed.
type suppressedRule struct{ logicalID, rule string }
