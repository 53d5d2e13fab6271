package policy

import "github.com/crossgrant/crossgrant/policy/internal/truth"

// element is a part of a statement, as the document writes it.
type element string

const (
	principalElement    element = "Principal"
	notPrincipalElement element = "NotPrincipal"
	actionElement       element = "Action"
	notActionElement    element = "NotAction"
	resourceElement     element = "Resource"
	notResourceElement  element = "NotResource"
	conditionElement    element = "Condition"
)

// match says whether the statement applies to the call: all of its elements have to. If it does not surely, failed is the first element
// that decides so. Principal elements count only in kinds of policy that have them.
func (s *Statement) match(c *call, k Kind) (v truth.Value, failed element) {
	v = s.matchAction(c)
	if v != truth.Yes {
		failed = either(s.notAction, notActionElement, actionElement)
	}
	if v == truth.No {
		return v, failed // nothing can be less, and most statements are of another action
	}
	if w := s.matchPrincipal(c, k); w < v {
		v, failed = w, either(s.notPrincipal, notPrincipalElement, principalElement)
	}
	if w := s.matchResource(c, k); w < v {
		v, failed = w, either(s.notResource, notResourceElement, resourceElement)
	}
	for i := range s.conditions {
		if v == truth.No {
			break
		}
		if w := s.conditions[i].match(c); w < v {
			v, failed = w, conditionElement
		}
	}
	return v, failed
}

func either(not bool, a, b element) element {
	if not {
		return a
	}
	return b
}
