package policy

import (
	"strconv"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// Answer is yes, no, or unknown.
type Answer string

const (
	// Yes is certain.
	Yes Answer = "yes"
	// No is certain.
	No Answer = "no"
	// Indeterminate means that the answer depends on something that is not understood or not known.
	Indeterminate Answer = "unknown"
)

// Trace says how a decision was made. It has every statement of every policy, in the order of the fields of Policies.
type Trace struct {
	// Request is the request.
	Request Request
	// Decision is the decision on it.
	Decision Decision
	// Problem says why the request is malformed, "" if it is not. If it is, Layers and Statements are empty.
	Problem string
	// Layers are the results of the policies of each kind.
	Layers []Layer
	// Statements are the results of all statements.
	Statements []StatementMatch

	policies Policies // for their names
}

// Layer is the result of all policies of one kind.
type Layer struct {
	// Policy is the kind of the policies.
	Policy Kind
	// Applies says that there are policies of this kind and that they apply to the caller and the resource.
	Applies bool
	// Allows says that they allow the request, or that none of them must.
	Allows Answer
	// Denies says that one of their statements denies it.
	Denies Answer
	// PreventsAllow says that they prevent the request from being allowed, alone or together with other layers.
	PreventsAllow bool
	// MissingAllow says that they do so because they do not allow it, not because they deny it.
	MissingAllow bool
}

// StatementMatch is the result of matching a statement against the request.
type StatementMatch struct {
	// Policy is the kind of the policy that has the statement.
	Policy Kind
	// Level is the level of the organization, from 0, for service and resource control policies; else 0.
	Level int
	// Index is the policy's position among those of its kind (and level), from 0.
	Index int
	// Statement is the statement's Sid, or its position in the policy, from 0.
	Statement string
	// Effect is what the statement does if it matches.
	Effect Effect
	// Matches says whether the statement matches the request.
	Matches Answer
	// FailedElement is the first element that does not match for certain, such as "Resource"; "" if all do.
	FailedElement string
	// Condition is the operator and the key of the failed condition, such as "StringEquals aws:SourceVpce"; "" if another element failed.
	Condition string
	// Expected are the values of the failed element, as written.
	Expected []string
	// Found are the values that the request has; none for a key that the request lacks or whose value cannot be known, and an unresolved text for
	// one that it may or may not have.
	Found []string
}

// BlockedBy returns the kinds of policy that prevent the request from being allowed, in the order of the fields of Policies.
func (t Trace) BlockedBy() []Kind {
	var kinds []Kind
	for _, l := range t.Layers {
		if l.PreventsAllow {
			kinds = append(kinds, l.Policy)
		}
	}
	return kinds
}

// Decisive returns the statements that led to the decision: those that deny an explicitly denied request, those that allow an allowed one, or
// those that may match if the decision is Unknown. It returns none if the request is implicitly denied.
func (t Trace) Decisive() []StatementMatch {
	effect, matches := Effect(""), Indeterminate
	switch t.Decision {
	case ExplicitlyDenied:
		effect, matches = Deny, Yes
	case Allowed:
		effect, matches = Allow, Yes
	case ImplicitlyDenied:
		return nil
	}
	var decisive []StatementMatch
	for _, s := range t.Statements {
		if s.Matches == matches && (effect == "" || s.Effect == effect) && t.applies(s.Policy) {
			decisive = append(decisive, s)
		}
	}
	return decisive
}

// applies reports whether the policies of a kind apply.
func (t *Trace) applies(k Kind) bool {
	for _, l := range t.Layers {
		if l.Policy == k {
			return l.Applies
		}
	}
	return false
}

// addStatement adds the result of a statement.
func (t *Trace) addStatement(c *call, k Kind, level, index int, s *Statement, v truth.Value, failed element) {
	name := s.Sid
	if name == "" {
		name = strconv.Itoa(s.Index)
	}
	m := StatementMatch{Policy: k, Level: level, Index: index, Statement: name, Effect: s.Effect, Matches: answer(v)}
	if v != truth.Yes {
		m.FailedElement = string(failed)
		m.setFailure(c, s, v)
	}
	t.Statements = append(t.Statements, m)
}

func answer(v truth.Value) Answer {
	switch v {
	case truth.Yes:
		return Yes
	case truth.No:
		return No
	}
	return Indeterminate
}

// setFailure sets what the failed element expects and what the request has.
func (m *StatementMatch) setFailure(c *call, s *Statement, v truth.Value) {
	switch element(m.FailedElement) {
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
		m.setConditionFailure(c, s, v)
	}
}

// setConditionFailure does so for the first condition with the value of the statement.
func (m *StatementMatch) setConditionFailure(c *call, s *Statement, v truth.Value) {
	for i := range s.conditions {
		q := &s.conditions[i]
		if q.match(c) != v {
			continue
		}
		m.Condition = q.name + " " + q.key
		for j := range q.values {
			m.Expected = append(m.Expected, q.values[j].Raw)
		}
		if r := c.read(q.key, q.lowerKey); r.mayBeAbsent {
			m.Found = []string{Unresolved("perhaps " + q.key)}
			return
		}
		m.Found, _ = c.values(q.lowerKey)
		return
	}
}
