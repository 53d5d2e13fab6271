package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Explain returns the reasons for a decision as sentences. Each names a policy or a kind of policy. If a policy does not allow the request, the
// sentence also names the statement that comes closest, and the element that does not match.
func Explain(t Trace) []string {
	sentences := t.explain()
	for i := range sentences {
		sentences[i] = Readable(sentences[i])
	}
	return sentences
}

func (t *Trace) explain() []string {
	if t.Problem != "" {
		return []string{"unknown: " + t.Problem}
	}
	var sentences []string
	for _, s := range t.Decisive() {
		switch t.Decision {
		case ExplicitlyDenied:
			sentences = append(sentences, fmt.Sprintf("denied: statement %s of %s denies %s", s.Statement, t.policyName(s), t.call()))
		case Allowed:
			sentences = append(sentences, fmt.Sprintf("allowed: statement %s of %s allows %s", s.Statement, t.policyName(s), t.call()))
		default:
			sentence := fmt.Sprintf("unknown: cannot determine whether statement %s of %s matches, because of its %s", s.Statement, t.policyName(s), s.failure())
			if !IsKnown(s.Statement) { // of a policy that is not available
				sentence = "unknown: the content of " + t.policyName(s) + " is not known"
			}
			if !slices.Contains(sentences, sentence) {
				sentences = append(sentences, sentence)
			}
		}
	}
	for _, l := range t.Layers {
		if l.MissingAllow && l.Allows == No && l.Denies != Yes {
			sentences = append(sentences, "denied: "+t.missingAllow(l))
		}
	}
	if len(sentences) == 0 {
		sentences = append(sentences, t.otherReason())
	}
	return sentences
}

// missingAllow says which policy does not allow the request, and which statement comes closest.
func (t *Trace) missingAllow(l Layer) string {
	if !l.Applies {
		return fmt.Sprintf("there is no %s that allows %s", kindName(l.Policy), t.call())
	}
	name := t.policyWithoutAllow(l.Policy)
	sentence := fmt.Sprintf("no statement of %s allows %s", name, t.call())
	if s, ok := t.NearestStatement(l.Policy); ok {
		sentence += "; nearest: statement " + s.Statement
		if of := t.policyName(s); of != name {
			sentence += " of " + of
		}
		sentence += ", fails on " + s.failure()
	}
	return sentence
}

// PolicyWithoutAllow names the policies of a kind that do not allow the request: the first such boundary or endpoint policy, the first such level of
// an organization, and all policies of other kinds.
func (t *Trace) PolicyWithoutAllow(k Kind) string { return Readable(t.policyWithoutAllow(k)) }

func (t *Trace) policyWithoutAllow(k Kind) string {
	allows := func(level, index int) bool {
		return slices.ContainsFunc(t.Statements, func(s StatementMatch) bool {
			return s.Policy == k && s.Level == level && (index < 0 || s.Index == index) && s.Effect == Allow && s.Matches == Yes
		})
	}
	switch k {
	case Boundary, Endpoint:
		for i := range t.policies.of(k, 0) {
			if !allows(0, i) {
				return t.policyName(StatementMatch{Policy: k, Index: i})
			}
		}
	case ServiceControl, ResourceControl:
		level := 0
		for allows(level, -1) {
			level++
		}
		if n := len(t.policies.of(k, level)); n != 1 {
			return fmt.Sprintf("the %d %s of level %d", n, plural(kindName(k)), level)
		}
		return t.policyName(StatementMatch{Policy: k, Level: level})
	}
	if n := len(t.policies.of(k, 0)); n > 1 {
		return fmt.Sprintf("the %d %s", n, plural(kindName(k)))
	}
	return t.policyName(StatementMatch{Policy: k})
}

// failure returns the failed element with its values, and for a condition what the request has.
func (m *StatementMatch) failure() string {
	if m.Condition == "" {
		return fmt.Sprintf("%s (%s)", m.FailedElement, firstValues(m.Expected))
	}
	return fmt.Sprintf("Condition %s (%s): the request has %s", m.Condition, firstValues(m.Expected), firstValues(m.Found))
}

// firstValues lists the first three values.
func firstValues(values []string) string {
	const most = 3
	if len(values) == 0 {
		return "nothing"
	}
	text := strings.Join(values[:min(most, len(values))], ", ")
	if more := len(values) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// otherReason explains a decision that neither a statement nor a missing one explains.
func (t *Trace) otherReason() string {
	switch t.Decision {
	case Allowed:
		return "allowed: " + t.call() + " needs no permission, or the root user has it"
	case Unknown:
		return "unknown: the request does not say which service or resource control policies apply to " + t.call()
	}
	return "denied: AWS does not let this caller use " + t.call() + ", or the grant is limited by the session or the boundary"
}

// NearestStatement returns the Allow statement of a kind of policy that comes closest to matching the request. ok is false if there is none that
// does not match.
func (t *Trace) NearestStatement(k Kind) (nearest StatementMatch, ok bool) {
	for _, s := range t.Statements {
		if s.Policy == k && s.Effect == Allow && s.Matches != Yes && (!ok || elementRank[s.FailedElement] > elementRank[nearest.FailedElement]) {
			nearest, ok = s, true
		}
	}
	return nearest, ok
}

// elementRank orders the elements by how close a statement comes if it is this element that does not match: a statement for another action is
// less relevant than one whose condition is not met.
var elementRank = map[string]int{
	string(actionElement): 1, string(notActionElement): 1, string(resourceElement): 2, string(notResourceElement): 2,
	string(principalElement): 3, string(notPrincipalElement): 3, string(conditionElement): 4,
}

// call names the action and the resource.
func (t *Trace) call() string {
	if t.Request.Resource == "" {
		return t.Request.Action
	}
	return t.Request.Action + " on " + t.Request.Resource
}

// PolicyName returns what Explain calls a policy, given its kind, its level in the organization and its index.
func (t *Trace) PolicyName(k Kind, level, index int) string {
	return Readable(t.policyName(StatementMatch{Policy: k, Level: level, Index: index}))
}

// Elements are those of the statement of a match. ok is false if the match is not of this trace.
func (t *Trace) Elements(of StatementMatch) (e Elements, ok bool) {
	_, s := t.Statement(of)
	if s == nil {
		return Elements{}, false
	}
	return s.Elements(), true
}

// Statement is the policy and the statement of a match. Nil if the match is not of this trace.
func (t *Trace) Statement(of StatementMatch) (*Document, *Statement) {
	documents := t.policies.of(of.Policy, of.Level)
	if of.Index >= len(documents) || documents[of.Index] == nil {
		return nil, nil
	}
	for i := range documents[of.Index].Statements {
		s := &documents[of.Index].Statements[i]
		if s.Sid == of.Statement || s.Sid == "" && strconv.Itoa(s.Index) == of.Statement {
			return documents[of.Index], s
		}
	}
	return nil, nil
}

// policyName names the policy of a statement.
func (t *Trace) policyName(s StatementMatch) string {
	documents := t.policies.of(s.Policy, s.Level)
	if s.Index < len(documents) && documents[s.Index] != nil && documents[s.Index].Name != "" {
		return documents[s.Index].Name
	}
	name := "the " + kindName(s.Policy)
	if len(documents) > 1 {
		name += fmt.Sprintf(" [%d]", s.Index)
	}
	if s.Policy == ServiceControl || s.Policy == ResourceControl {
		name += fmt.Sprintf(" of level %d", s.Level)
	}
	return name
}

// kindName is what AWS calls a kind of policy.
func kindName(k Kind) string {
	switch k {
	case Boundary:
		return "permissions boundary"
	case ServiceControl, ResourceControl:
		return string(k[:len(k)-len("Control")]) + " control policy"
	}
	return string(k) + " policy"
}

// plural works for the names of all kinds.
func plural(name string) string { return strings.TrimSuffix(name, "y") + "ies" }
