package contract

import (
	"regexp"
	"slices"
	"strings"
)

// Uncovered returns what of the needs the grant does not permit: for each need, the actions on the resources that no statement of the grant
// covers. A statement with a condition covers only a need that has the same condition or a stricter one. It errs on the side of missing:
// a need that several statements would cover only together is missing.
func (g Grant) Uncovered(needs []Statement) []Statement {
	var missing []Statement
	for _, need := range needs {
		for _, action := range need.Actions {
			rest := need
			rest.Actions = []string{action}
			rest.Resources = slices.DeleteFunc(slices.Clone(need.AcrossAccounts()), func(resource string) bool {
				return slices.ContainsFunc(g.Permissions, func(s Statement) bool { return s.covers(action, resource, need.Conditions) })
			})
			rest.CrossAccountResources = nil
			if len(rest.Resources) > 0 {
				missing = append(missing, rest)
			}
		}
	}
	return missing
}

// covers reports whether the statement permits an action on a resource (an ARN, which may have wildcards) whenever conditions hold.
func (s Statement) covers(action, resource string, conditions map[string]map[string][]string) bool {
	if !slices.Contains(s.Actions, action) || !slices.ContainsFunc(s.AcrossAccounts(), func(pattern string) bool { return coversARN(pattern, resource) }) {
		return false
	}
	for operator, keys := range s.Conditions {
		for key, values := range keys {
			held := coversValues(operator, values, conditions[operator][key])
			if operator == "StringLike" { // which holds where StringEquals does
				held = held || coversValues(operator, values, conditions["StringEquals"][key])
			}
			if !held {
				return false
			}
		}
	}
	return true
}

// coversValues reports whether a condition holds whenever another one does, that has the same operator and key.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
func coversValues(operator string, values, asked []string) bool {
	if len(asked) == 0 || len(values) == 0 {
		return false
	}
	if strings.Contains(operator, "Not") { // none of the values, so that more of them are stricter
		return !slices.ContainsFunc(values, func(value string) bool { return !slices.Contains(asked, value) })
	}
	return !slices.ContainsFunc(asked, func(value string) bool {
		return !slices.ContainsFunc(values, func(pattern string) bool {
			return pattern == value || operator == "StringLike" && coversText(pattern, value)
		})
	})
}

// coversARN compares part by part: the wildcards of IAM do not always reach beyond a colon.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func coversARN(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	return pattern == arn || len(patterns) == len(parts) && slices.EqualFunc(patterns, parts, coversText)
}

// coversText reports whether a pattern matches all that another one does. A policy variable in that may be any text; one in the pattern
// matches nothing but itself, as far as can be told.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func coversText(pattern, text string) bool {
	return pattern == text || matches([]rune(pattern), []rune(policyVariable.ReplaceAllString(text, "*")))
}

var policyVariable = regexp.MustCompile(`\$\{[^}]*\}?`)

// matches reports whether an IAM pattern matches everything that another one does: "*" matches any text, wildcards too, "?" one
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
