package policy

import (
	"slices"

	"github.com/crossgrant/crossgrant/policy/internal/pattern"
)

// ConditionKeys are the condition keys that the document asks for, in conditions and variables, in lower case, sorted.
func (d *Document) ConditionKeys() []string {
	var keys []string
	variables := func(p *pattern.Pattern) {
		for i := range p.Variables {
			keys = append(keys, p.Variables[i].Key)
		}
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		for j := range s.resources {
			variables(&s.resources[j].Pattern)
		}
		for j := range s.conditions {
			q := &s.conditions[j]
			keys = append(keys, q.lower)
			for k := range q.values {
				variables(&q.values[k].Pattern)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
