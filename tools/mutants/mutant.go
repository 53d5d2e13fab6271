package main

import "slices"

// change is one thing that an operator does to a template.
type change struct {
	at    place
	value any
	// shown is the place that reports name, within the resource; what says what is there now.
	shown place
	what  string
}

// mutant is an assembly with one change.
type mutant struct {
	operator  *operator
	resource  *resource
	statement *statement // nil if no statement is changed
	change    change
	outcome   outcome
	reason    string // of an equivalent, the rule; of one noticed, the first check that did
	doubted   bool   // an equivalent that the proof noticed
}

// outcome is what became of a mutant.
type outcome string

const (
	broken     outcome = "broken"
	undecided  outcome = "undecided"
	refused    outcome = "refused" // the assembly or the declaration cannot be read any more
	equivalent outcome = "equivalent"
	survived   outcome = "survived"
)

// noticed says that the proof did not prove it.
func (o outcome) noticed() bool { return o == broken || o == undecided || o == refused }

// operator is one way to break an assembly. One of the two functions is set.
type operator struct {
	name      string
	statement func(*statement) []change
	resource  func(*resource) []change
}

// operators are all, in the order of the table.
func operators() []*operator {
	return slices.Concat(statementOperators, actionOperators, resourceOperators, principalOperators, conditionOperators, roleOperators,
		endpointOperators, groupOperators, routeOperators, functionOperators, dataOperators, doorOperators)
}

// mutants are all of an assembly, by resource, then by operator.
func (s *subject) mutants() []*mutant {
	var all []*mutant
	for _, r := range s.resources {
		statements := r.statements()
		for _, o := range operators() {
			if o.resource != nil {
				for _, c := range o.resource(r) {
					all = append(all, &mutant{operator: o, resource: r, change: c})
				}
				continue
			}
			for _, one := range statements {
				for _, c := range o.statement(one) {
					all = append(all, &mutant{operator: o, resource: r, statement: one, change: c})
				}
			}
		}
	}
	return all
}
