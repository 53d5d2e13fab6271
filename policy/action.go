package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// actionPattern is one string of an Action or NotAction, in lower case: actions are compared without regard to case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
type actionPattern struct {
	pattern.Pattern
	all bool
	// odd: no "service:Name", or a wildcard in the service, which AWS refuses in new policies.
	odd bool
}

func compileAction(raw string) actionPattern {
	p := actionPattern{Pattern: pattern.Compile(strings.ToLower(raw), pattern.Wildcards)}
	p.Raw = raw
	service, name, ok := strings.Cut(raw, ":")
	p.all = raw != "" && strings.Trim(raw, "*") == "" || raw == "*:*"
	p.odd = !p.all && (!ok || name == "" || strings.ContainsAny(service, "*?"))
	return p
}

func (p *actionPattern) match(c *call) truth.Value {
	if p.all {
		return truth.Yes
	}
	v := p.Matches(c.request.Action, nil, pattern.FoldCase, !c.open)
	if v == truth.Yes && p.odd {
		return truth.Unknown
	}
	return v
}

// matchAction says whether Action or NotAction takes in the call's action.
func (s *Statement) matchAction(c *call) truth.Value {
	v := truth.No
	for i := range s.actions {
		if v = max(v, s.actions[i].match(c)); v == truth.Yes {
			break
		}
	}
	if s.notAction {
		return v.Not()
	}
	return v
}
