package policy

import "slices"

// ConditionKeys are the condition keys that the document asks for, in conditions and variables, in lower case, sorted.
func (d *Document) ConditionKeys() []string {
	var keys []string
	variables := func(p *pattern) {
		for i := range p.pieces {
			if p.pieces[i].kind == variablePiece {
				keys = append(keys, p.pieces[i].key)
			}
		}
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		for j := range s.resources {
			variables(&s.resources[j].pattern)
		}
		for j := range s.conditions {
			q := &s.conditions[j]
			keys = append(keys, q.lower)
			for k := range q.values {
				variables(&q.values[k].pattern)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
