package proof

import (
	"slices"

	"github.com/crossgrant/crossgrant/proof/internal/audit"
)

// refusing are the rules about what AWS refuses to deploy.
var refusing = []Rule{audit.InvalidPolicy, audit.DuplicateName, audit.InvalidSetting, audit.Quota}

// Refused are the checks about what AWS refuses to deploy: policies, names, settings and sizes that are broken for certain, as the rules InvalidPolicy,
// DuplicateName, InvalidSetting and Quota of [Prove] find them. What is undecided is not among them.
func (d *Decider) Refused() []Check {
	var all []Check
	for _, rule := range definitions {
		if slices.Contains(refusing, rule.Rule) {
			all = append(all, slices.DeleteFunc(rule.Checks(d.model), func(c Check) bool { return c.Verdict != Broken })...)
		}
	}
	return all
}
