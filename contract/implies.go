package contract

import (
	"slices"
	"strings"
)

// Which condition holds whenever others do, by what the operators mean: not by how they are written.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

// test is what one operator asks of one key: that its value is, or is not, one of some.
type test struct {
	family   string // "string", "fold" for strings whatever their case, "arn", or the operator itself in lower case
	negated  bool
	ifExists bool
	set      string // "foranyvalue", "forallvalues", "" for a key with one value
	key      string // in lower case
	values   []string
}

// tests are what conditions ask, all of which has to hold.
func tests(conditions map[string]map[string][]string) []test {
	var all []test
	for operator, keys := range conditions {
		for key, values := range keys {
			all = append(all, testOf(operator, key, values))
		}
	}
	return all
}

// multivalued are the keys with several values, for which a set operator makes a difference.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
var multivalued = []string{"aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:resourceorgpaths", "aws:sourceorgpaths", "aws:tagkeys",
	"aws:vpceorgpaths", "dynamodb:attributes", "dynamodb:leadingkeys", "kms:encryptioncontextkeys", "kms:grantoperations", "kms:resourcealiases", "sts:transitivetagkeys"}

func testOf(operator, key string, values []string) test {
	t := test{key: strings.ToLower(key), values: values}
	name := strings.ToLower(operator)
	if set, rest, ok := strings.Cut(name, ":"); ok {
		if name = rest; set != "foranyvalue" || slices.Contains(multivalued, t.key) {
			t.set = set
		}
	}
	name, t.ifExists = strings.CutSuffix(name, "ifexists")
	switch name {
	case "stringequals", "stringlike", "stringnotequals", "stringnotlike":
		t.family = "string"
	case "stringequalsignorecase", "stringnotequalsignorecase":
		t.family = "fold"
	case "arnequals", "arnlike", "arnnotequals", "arnnotlike": // the two behave alike
		t.family = "arn"
	default:
		t.family = name
	}
	t.negated = strings.Contains(name, "not")
	t.values = make([]string, len(values))
	for i, value := range values {
		switch {
		case t.family == "string" && !strings.HasSuffix(name, "like"), t.family == "fold":
			value = escaped.Replace(value) // no wildcards: every character is itself
		case t.family == "bool" || t.family == "null":
			value = strings.ToLower(value)
		}
		if t.family == "fold" {
			value = strings.ToLower(value)
		}
		t.values[i] = value
	}
	return t
}

// Wildcards that are none, as they are compared with patterns.
const star, mark = "\x01", "\x02"

var escaped = strings.NewReplacer("*", star, "?", mark)

// implies reports whether a condition holds whenever others do.
func implies(given []test, wanted test) bool {
	return slices.ContainsFunc(given, func(one test) bool { return one.implies(wanted) })
}

// implies reports whether another test holds whenever this one does.
func (t test) implies(wanted test) bool {
	if t.key != wanted.key || t.negated != wanted.negated || t.set != wanted.set || t.ifExists && !wanted.ifExists || len(t.values) == 0 || len(wanted.values) == 0 {
		return false
	}
	if t.negated { // none of the values may match: more values are stricter
		return !slices.ContainsFunc(wanted.values, func(value string) bool {
			return !slices.ContainsFunc(t.values, func(pattern string) bool { return wanted.includes(t, pattern, value) })
		})
	}
	return !slices.ContainsFunc(t.values, func(value string) bool {
		return !slices.ContainsFunc(wanted.values, func(pattern string) bool { return wanted.includes(t, pattern, value) })
	})
}

// includes reports whether a value of this test stands for all that a value of another one does.
func (t test) includes(other test, pattern, value string) bool {
	switch {
	case t.family == other.family && t.family == "arn":
		return CoversPattern(pattern, value)
	case t.family == other.family && t.family == "string":
		return coversText(pattern, value)
	case t.negated:
		return t.family == other.family && pattern == value
	case t.family == "arn" && other.family == "string": // an ARN that is exactly known
		return !strings.ContainsAny(value, "*?${") && CoversPattern(pattern, value)
	case t.family == "fold" && other.family == "string":
		return pattern == strings.ToLower(value) && !strings.ContainsAny(value, "*?")
	}
	return t.family == other.family && pattern == value
}
