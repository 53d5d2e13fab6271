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
	if !slices.Contains(s.Actions, action) || !slices.ContainsFunc(s.AcrossAccounts(), func(pattern string) bool { return coversARN(pattern, resource) }) {
		return false
	}
	for operator, keys := range s.Conditions {
		for key, values := range keys {
			implied := coversValues(operator, values, conditions[operator][key])
			if operator == "StringLike" { // holds whenever StringEquals does
				implied = implied || coversValues(operator, values, conditions["StringEquals"][key])
			}
			if !implied {
				return false
			}
		}
	}
	return true
}

// coversValues reports whether a condition holds whenever another one with the same operator and key does.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
func coversValues(operator string, values, other []string) bool {
	if len(other) == 0 || len(values) == 0 {
		return false
	}
	if strings.Contains(operator, "Not") { // none of the values may match: more values are stricter
		return !slices.ContainsFunc(values, func(value string) bool { return !slices.Contains(other, value) })
	}
	return !slices.ContainsFunc(other, func(value string) bool {
		return !slices.ContainsFunc(values, func(pattern string) bool {
			return pattern == value || operator == "StringLike" && coversText(pattern, value)
		})
	})
}

// coversARN compares part by part: a wildcard of IAM does not always match a colon.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func coversARN(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	return pattern == arn || len(patterns) == len(parts) && slices.EqualFunc(patterns, parts, coversText)
}

// coversText reports whether a pattern matches every string that another one matches. A policy variable in the other one may be any string; a
// variable in the pattern matches only itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func coversText(pattern, text string) bool {
	return pattern == text || matches([]rune(pattern), []rune(policyVariable.ReplaceAllString(text, "*")))
}

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
