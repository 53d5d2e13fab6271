package policy

// Elements are those of a statement, as the document writes them.
type Elements struct {
	// Principals are by group: "AWS", "Service", "Federated", "CanonicalUser", and "" for "*" in place of an object.
	Principals map[string][]string
	// Actions and Resources are as written, also where they are excluded.
	Actions, Resources []string
	// NotPrincipal, NotAction and NotResource say that the element excludes what it lists.
	NotPrincipal, NotAction, NotResource bool
	// Conditions are operator, then key, then values.
	Conditions map[string]map[string][]string
}

// Elements returns the elements of the statement.
func (s *Statement) Elements() Elements {
	e := Elements{NotPrincipal: s.notPrincipal, NotAction: s.notAction, NotResource: s.notResource, Principals: map[string][]string{}}
	for i := range s.principals {
		p := &s.principals[i]
		e.Principals[p.group] = append(e.Principals[p.group], p.raw)
	}
	for i := range s.actions {
		e.Actions = append(e.Actions, s.actions[i].Raw)
	}
	for i := range s.resources {
		e.Resources = append(e.Resources, s.resources[i].Raw)
	}
	e.Conditions = map[string]map[string][]string{}
	for i := range s.conditions {
		q := &s.conditions[i]
		if e.Conditions[q.name] == nil {
			e.Conditions[q.name] = map[string][]string{}
		}
		for j := range q.values {
			e.Conditions[q.name][q.key] = append(e.Conditions[q.name][q.key], q.values[j].Raw)
		}
	}
	return e
}
