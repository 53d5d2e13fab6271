package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// permissions says what only one side permits, by statement; and what another one than before asks for.
func (c *comparison) permissions(old, now []Statement) {
	for _, s := range now {
		if parts := s.only(old); len(parts) > 0 {
			c.say(Widened, "%s now permits %s", s.Sid, s.show(parts, "until now"))
		}
	}
	for _, s := range old {
		if parts := s.only(now); len(parts) > 0 {
			c.say(Narrowed, "%s no longer permits %s", s.Sid, s.show(parts, "from now on"))
		}
	}
	c.requesters(old, now)
}

// requesters says who makes a request now that another one made: what both sides permit, but not with the same ViaAWSService.
func (c *comparison) requesters(old, now []Statement) {
	said := map[string]bool{}
	moved := func(s Statement, others []Statement) []part {
		return s.parts(func(action, resource string) (concerned bool, _ string) {
			of := func(indirect bool) bool {
				return slices.ContainsFunc(others, func(o Statement) bool { return o.ViaAWSService == indirect && s.within(o, action, resource) })
			}
			cell := fmt.Sprintf("%q %q %q %q", action, resource, s.Account, s.Conditions)
			concerned = of(!s.ViaAWSService) && !of(s.ViaAWSService) && !said[cell]
			said[cell] = said[cell] || concerned
			return concerned, ""
		})
	}
	for _, s := range now {
		if parts := moved(s, old); len(parts) > 0 {
			c.say(Moved, "%s, %s: was %s, is %s", s.Sid, s.show(parts, ""), requester(!s.ViaAWSService), requester(s.ViaAWSService))
		}
	}
	for _, s := range old {
		if parts := moved(s, now); len(parts) > 0 {
			c.say(Moved, "%s, %s: was %s, is %s", s.Sid, s.show(parts, ""), requester(s.ViaAWSService), requester(!s.ViaAWSService))
		}
	}
}

func requester(indirect bool) string {
	if indirect {
		return "requested by AWS for the grantee"
	}
	return "requested by the grantee"
}

// part is some actions on some resources of a statement, and on which conditions the other side permits them.
type part struct {
	actions, resources []string
	otherwise          string
}

// only returns what of the statement none of the others covers.
func (s Statement) only(others []Statement) []part {
	return s.parts(func(action, resource string) (concerned bool, otherwise string) {
		var conditions []string
		for _, o := range others {
			if s.within(o, action, resource) {
				return false, ""
			}
			unconditional := o
			if unconditional.Conditions = nil; s.within(unconditional, action, resource) {
				conditions = append(conditions, showConditions(o.Conditions))
			}
		}
		return true, strings.Join(sorted(conditions), ", or ")
	})
}

// parts returns the actions on resources that are concerned, in as few parts as one can read.
func (s Statement) parts(concerned func(action, resource string) (yes bool, otherwise string)) (parts []part) {
	for _, action := range s.Actions {
		resources := map[string][]string{} // by otherwise
		for _, resource := range s.Resources {
			if yes, otherwise := concerned(action, resource); yes {
				resources[otherwise] = append(resources[otherwise], resource)
			}
		}
		for _, otherwise := range slices.Sorted(maps.Keys(resources)) {
			i := slices.IndexFunc(parts, func(p part) bool {
				return p.otherwise == otherwise && slices.Equal(p.resources, resources[otherwise])
			})
			if i < 0 {
				i, parts = len(parts), append(parts, part{resources: resources[otherwise], otherwise: otherwise})
			}
			parts[i].actions = append(parts[i].actions, action)
		}
	}
	return parts
}

// within reports whether another statement covers one action on one resource of the statement. What is another account's is another thing.
func (s Statement) within(other Statement, action, resource string) bool {
	return s.Account == other.Account && other.covers(action, resource, s.Conditions)
}

func (s Statement) show(parts []part, when string) string {
	var shown []string
	for _, p := range parts {
		text := list(p.actions) + " on " + list(p.resources)
		if s.Account != "" {
			text += " of account " + s.Account
		}
		if len(s.Conditions) > 0 || p.otherwise != "" {
			text += " " + showConditions(s.Conditions)
		}
		if p.otherwise != "" {
			text += " (" + when + " " + p.otherwise + ")"
		}
		shown = append(shown, text)
	}
	return strings.Join(shown, "; ")
}

// showConditions returns "if KEY OPERATOR VALUES and …".
func showConditions(conditions map[string]map[string][]string) string {
	var shown []string
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		for _, key := range slices.Sorted(maps.Keys(conditions[operator])) {
			shown = append(shown, fmt.Sprintf("%s %s %s", show(key), operator, list(conditions[operator][key])))
		}
	}
	if len(shown) == 0 {
		return "without a condition"
	}
	return "if " + strings.Join(shown, " and ")
}
