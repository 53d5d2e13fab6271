package policy

import "github.com/crossgrant/crossgrant/policy/internal/truth"

// failure notes what the failing element asks for, and what the request has.
func (m *Met) failure(c *call, s *Statement, v truth.Value) {
	switch element(m.Fails) {
	case actionElement, notActionElement:
		for i := range s.actions {
			m.Expected = append(m.Expected, s.actions[i].Raw)
		}
		m.Found = []string{c.request.Action}
	case principalElement, notPrincipalElement:
		for i := range s.principals {
			m.Expected = append(m.Expected, s.principals[i].raw)
		}
		m.Found = []string{c.request.Principal}
	case resourceElement, notResourceElement:
		for i := range s.resources {
			m.Expected = append(m.Expected, s.resources[i].Raw)
		}
		m.Found = []string{c.resource}
	default:
		m.conditionFailure(c, s, v)
	}
}

// conditionFailure looks for the first condition that is as far from matching as the statement.
func (m *Met) conditionFailure(c *call, s *Statement, v truth.Value) {
	for i := range s.conditions {
		q := &s.conditions[i]
		if q.match(c) != v {
			continue
		}
		m.Condition = q.name + " " + q.key
		for j := range q.values {
			m.Expected = append(m.Expected, q.values[j].Raw)
		}
		m.Found, _ = c.values(q.lower)
		return
	}
}
