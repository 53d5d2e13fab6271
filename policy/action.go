package policy

import "strings"

// actionPattern is one string of an Action or NotAction, in lower case: actions are compared without regard to case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
type actionPattern struct {
	pattern
	all bool
	// odd: no "service:Name", or a wildcard in the service, which AWS refuses in new policies.
	odd bool
}

func compileAction(raw string) actionPattern {
	p := actionPattern{pattern: compile(strings.ToLower(raw), wildcards)}
	p.raw = raw
	service, name, ok := strings.Cut(raw, ":")
	p.all = raw != "" && strings.Trim(raw, "*") == "" || raw == "*:*"
	p.odd = !p.all && (!ok || name == "" || strings.ContainsAny(service, "*?"))
	return p
}

func (p *actionPattern) match(c *call) verdict {
	if p.all {
		return yes
	}
	v := p.is(c, c.request.Action, nil, fold)
	if v == yes && p.odd {
		return unknown
	}
	return v
}

// matchAction says whether Action or NotAction takes in the call's action.
func (s *Statement) matchAction(c *call) verdict {
	v := no
	for i := range s.actions {
		if v = max(v, s.actions[i].match(c)); v == yes {
			break
		}
	}
	if s.notAction {
		return v.not()
	}
	return v
}
