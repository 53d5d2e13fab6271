package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Explain says in sentences why a request was decided so, and what to look at: each names a kind of policy, and where one comes near, the
// statement and the element on which it fails.
func Explain(t Trace) []string {
	said := t.explain()
	for i := range said {
		said[i] = Readable(said[i])
	}
	return said
}

func (t *Trace) explain() []string {
	if t.Problem != "" {
		return []string{"unknown: " + t.Problem}
	}
	var said []string
	for _, s := range t.Decisive() {
		switch t.Decision {
		case ExplicitlyDenied:
			said = append(said, fmt.Sprintf("denied: statement %s of %s denies %s", s.Statement, t.policy(s), t.what()))
		case Allowed:
			said = append(said, fmt.Sprintf("allowed: statement %s of %s allows %s", s.Statement, t.policy(s), t.what()))
		default:
			sentence := fmt.Sprintf("unknown: whether statement %s of %s matches is not understood or not known, by its %s", s.Statement, t.policy(s), s.element())
			if !IsKnown(s.Statement) { // a statement that stands for any
				sentence = "unknown: nobody has seen " + t.policy(s)
			}
			if !slices.Contains(said, sentence) {
				said = append(said, sentence)
			}
		}
	}
	for _, l := range t.Layers {
		if l.Lacks && l.Allows == No && l.Denies != Yes {
			said = append(said, "denied: "+t.missing(l))
		}
	}
	if len(said) == 0 {
		said = append(said, t.otherwise())
	}
	return said
}

// missing says which policy does not allow, and which statement comes nearest.
func (t *Trace) missing(l Layer) string {
	if !l.Given {
		return fmt.Sprintf("there is no %s that allows %s", title(l.Policy), t.what())
	}
	silent := t.silent(l.Policy)
	said := fmt.Sprintf("no statement of %s allows %s", silent, t.what())
	if s, ok := t.Nearest(l.Policy); ok {
		said += "; nearest: statement " + s.Statement
		if of := t.policy(s); of != silent {
			said += " of " + of
		}
		said += ", fails on " + s.element()
	}
	return said
}

// Silent names the policies of a kind that do not allow: of boundaries and endpoints the first which does not, of an organization the
// first level.
func (t *Trace) Silent(k Kind) string { return Readable(t.silent(k)) }

func (t *Trace) silent(k Kind) string {
	allows := func(level, index int) bool {
		return slices.ContainsFunc(t.Statements, func(s Met) bool {
			return s.Policy == k && s.Level == level && (index < 0 || s.Index == index) && s.Effect == Allow && s.Matches == Yes
		})
	}
	switch k {
	case Boundary, Endpoint:
		for i := range t.policies.of(k, 0) {
			if !allows(0, i) {
				return t.policy(Met{Policy: k, Index: i})
			}
		}
	case ServiceControl, ResourceControl:
		level := 0
		for allows(level, -1) {
			level++
		}
		if n := len(t.policies.of(k, level)); n != 1 {
			return fmt.Sprintf("the %d %s of level %d", n, plural(title(k)), level)
		}
		return t.policy(Met{Policy: k, Level: level})
	}
	if n := len(t.policies.of(k, 0)); n > 1 {
		return fmt.Sprintf("the %d %s", n, plural(title(k)))
	}
	return t.policy(Met{Policy: k})
}

// element is the element that fails, as it is written, and for a condition what the request has.
func (m *Met) element() string {
	if m.Condition == "" {
		return fmt.Sprintf("%s (%s)", m.Fails, some(m.Expected))
	}
	return fmt.Sprintf("Condition %s (%s): the request has %s", m.Condition, some(m.Expected), some(m.Found))
}

// some are the first of many values.
func some(values []string) string {
	const most = 3
	if len(values) == 0 {
		return "nothing"
	}
	said := strings.Join(values[:min(most, len(values))], ", ")
	if more := len(values) - most; more > 0 {
		said += fmt.Sprintf(" and %d more", more)
	}
	return said
}

// otherwise is for a decision that no statement and no missing one explains: what AWS itself does.
func (t *Trace) otherwise() string {
	switch t.Decision {
	case Allowed:
		return "allowed: " + t.what() + " needs no permission, or the root user has it"
	case Unknown:
		return "unknown: which limits are for " + t.what() + " cannot be told from the request"
	}
	return "denied: AWS does not let this caller use " + t.what() + ", or the grant is limited by the session or the boundary"
}

// Nearest is the statement of a kind of policy that would allow and gets furthest: its first failing element comes last.
func (t *Trace) Nearest(k Kind) (nearest Met, ok bool) {
	for _, s := range t.Statements {
		if s.Policy == k && s.Effect == Allow && s.Matches != Yes && (!ok || reach[s.Fails] > reach[nearest.Fails]) {
			nearest, ok = s, true
		}
	}
	return nearest, ok
}

// reach orders the elements by how much of what a statement is meant for they tell: one for another action is further away than one that
// lacks a condition.
var reach = map[string]int{
	string(actionElement): 1, string(notActionElement): 1, string(resourceElement): 2, string(notResourceElement): 2,
	string(principalElement): 3, string(notPrincipalElement): 3, string(conditionElement): 4,
}

// what names the request.
func (t *Trace) what() string {
	if t.Request.Resource == "" {
		return t.Request.Action
	}
	return t.Request.Action + " on " + t.Request.Resource
}

// Name is how Explain calls the policy at a place among those of its kind, and of an organization's level.
func (t *Trace) Name(k Kind, level, index int) string {
	return Readable(t.policy(Met{Policy: k, Level: level, Index: index}))
}

// policy names the policy of a statement.
func (t *Trace) policy(s Met) string {
	documents := t.policies.of(s.Policy, s.Level)
	if s.Index < len(documents) && documents[s.Index] != nil && documents[s.Index].Name != "" {
		return documents[s.Index].Name
	}
	said := "the " + title(s.Policy)
	if len(documents) > 1 {
		said += fmt.Sprintf(" [%d]", s.Index)
	}
	if s.Policy == ServiceControl || s.Policy == ResourceControl {
		said += fmt.Sprintf(" of level %d", s.Level)
	}
	return said
}

// of are the policies of a kind, and for those of an organization of a level.
func (p *Policies) of(k Kind, level int) []*Document {
	switch k {
	case Identity:
		return p.Identity
	case Session:
		return p.Session
	case Boundary:
		return p.Boundaries
	case Endpoint:
		return p.Endpoints
	case ServiceControl:
		return p.ServiceControl[level]
	case ResourceControl:
		return p.ResourceControl[level]
	}
	return []*Document{p.Resource}
}

// title is what AWS calls a kind of policy.
func title(k Kind) string {
	switch k {
	case Boundary:
		return "permissions boundary"
	case ServiceControl, ResourceControl:
		return string(k[:len(k)-len("Control")]) + " control policy"
	}
	return string(k) + " policy"
}

// plural works for all titles.
func plural(title string) string { return strings.TrimSuffix(title, "y") + "ies" }
