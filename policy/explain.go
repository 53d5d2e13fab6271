package policy

import "fmt"

// Explain says in sentences why a request was decided so, and what to look at: each names a kind of policy, and where one comes near, the
// statement and the element on which it fails.
func Explain(t Trace) []string {
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
			said = append(said, fmt.Sprintf("unknown: whether statement %s of %s matches depends on its %s, which is not understood or not known",
				s.Statement, t.policy(s), s.Fails))
		}
	}
	for _, l := range t.Layers {
		if l.Blocks && l.Allows == No && l.Denies != Yes {
			said = append(said, "denied: "+t.missing(l))
		}
	}
	if len(said) == 0 {
		said = append(said, t.otherwise())
	}
	return said
}

// missing says that a kind of policy does not allow, and which statement comes nearest.
func (t *Trace) missing(l Layer) string {
	if !l.Given {
		return fmt.Sprintf("there is no %s that allows %s", title(l.Policy), t.what())
	}
	said := fmt.Sprintf("no statement of the %s allows %s", title(l.Policy), t.what())
	if s, ok := t.nearest(l.Policy); ok {
		said += fmt.Sprintf("; nearest: Sid %s of %s, fails on %s", s.Statement, t.policy(s), s.Fails)
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

// nearest is the statement that allows and gets furthest: its first failing element comes last.
func (t *Trace) nearest(k Kind) (nearest Met, ok bool) {
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

// policy names the policy of a statement.
func (t *Trace) policy(s Met) string {
	switch s.Policy {
	case Resource, Trust:
		return "the " + title(s.Policy)
	case ServiceControl, ResourceControl:
		return fmt.Sprintf("the %s %d of level %d", title(s.Policy), s.Index, s.Level)
	}
	return fmt.Sprintf("the %s %d", title(s.Policy), s.Index)
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
