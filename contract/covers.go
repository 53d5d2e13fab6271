package contract

import (
	"regexp"
	"slices"
	"strings"
)

// Uncovered returns the part of the needs that the grant does not permit: for each need, the actions on resources that no statement of the
// grant covers. A statement with a condition covers only a need with the same condition or a stricter one. A need that only several statements
// together cover counts as uncovered.
func (g Grant) Uncovered(needs []Statement) []Statement {
	var uncovered []Statement
	for _, need := range needs {
		for _, action := range need.Actions {
			rest := need
			rest.Actions = []string{action}
			rest.Resources = slices.DeleteFunc(slices.Clone(need.AcrossAccounts()), func(resource string) bool {
				return slices.ContainsFunc(g.Permissions, func(s Statement) bool { return s.covers(action, resource, need.Conditions) })
			})
			rest.CrossAccountResources = nil
			if len(rest.Resources) > 0 {
				uncovered = append(uncovered, rest)
			}
		}
	}
	return uncovered
}

// covers reports whether the statement permits an action on a resource (an ARN, which may have wildcards) whenever conditions hold.
func (s Statement) covers(action, resource string, conditions map[string]map[string][]string) bool {
	if !hasAction(s.Actions, action) ||
		!slices.ContainsFunc(s.AcrossAccounts(), func(pattern string) bool { return CoversPattern(pattern, resource) }) {
		return false
	}
	return ConditionsImply(conditions, s.Conditions)
}

// ConditionsImply reports whether conditions hold whenever given ones do, by what their operators mean. Both are operator -> key -> values.
func ConditionsImply(given, wanted map[string]map[string][]string) bool {
	all := tests(given)
	return !slices.ContainsFunc(tests(wanted), func(one test) bool { return !implies(all, one) })
}

// hasAction reports whether an action is among some: IAM does not distinguish case.
func hasAction(actions []string, action string) bool {
	return slices.ContainsFunc(actions, func(one string) bool { return strings.EqualFold(one, action) })
}

// CoversPattern reports whether a pattern of IAM, of an ARN or of an action, matches everything that another one matches. It compares part by part: a
// wildcard does not always match a colon.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func CoversPattern(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	return pattern == arn || len(patterns) == len(parts) && slices.EqualFunc(patterns, parts, coversText)
}

// coversText reports whether a pattern matches every string that another one matches. A policy variable in the other one may be any string; a
// variable in the pattern matches only itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func coversText(pattern, text string) bool {
	pattern, text = literalWildcards.Replace(pattern), literalWildcards.Replace(text)
	return pattern == text || matches([]rune(pattern), []rune(policyVariable.ReplaceAllString(text, "*")))
}

// literalWildcards puts wildcards that are none in place of the variables that stand for "*" and "?" themselves.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
var literalWildcards = strings.NewReplacer("${*}", star, "${?}", mark)

var policyVariable = regexp.MustCompile(`\$\{[^}]*\}?`)

// matches reports whether an IAM pattern matches every string that another one matches: "*" matches any characters, wildcards too, "?" one
// character that is not "*".
func matches(pattern, text []rune) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && text[t] != '*' && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
