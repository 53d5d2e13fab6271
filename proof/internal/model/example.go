package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// Sample is one request that a permission means.
type Sample struct {
	Action, Resource string
	// Pattern is the resource as the permission writes it.
	Pattern string
	Context map[string][]string
}

// Samples are requests that a permission means: each action on each resource, with values that its conditions ask for. The values of one key
// are tried one by one. It errs for a condition of which this package cannot make an example.
func Samples(s contract.Statement, resources []string) ([]Sample, error) {
	contexts, err := Examples(s.Conditions)
	if err != nil {
		return nil, err
	}
	var all []Sample
	for _, action := range s.Actions {
		for _, resource := range resources {
			for _, context := range contexts {
				all = append(all, Sample{action, Example(resource), resource, context})
			}
		}
	}
	return all, nil
}

// Example is a name that a pattern matches. The variables ${*} and ${?} stand for the characters themselves.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
func Example(pattern string) string {
	return strings.NewReplacer("${*}", "*", "${?}", "?", "*", AnyName, "?", anyCharacter).Replace(pattern)
}

// Literal is a pattern that matches one name only.
func Literal(name string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}").Replace(name)
}

// Examples are contexts for which conditions are true: one for each value.
func Examples(conditions map[string]map[string][]string) ([]map[string][]string, error) {
	all := []map[string][]string{{}}
	for operator, keys := range conditions {
		for key, values := range keys {
			example, ok := exampleOf[strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(operator, "ForAnyValue:"), "ForAllValues:"), "IfExists")]
			if !ok {
				return nil, fmt.Errorf("condition %s of %s: found an operator of which no example can be made, expected one of StringEquals, StringLike, ArnLike, Bool and the like", operator, key)
			}
			var more []map[string][]string
			for _, value := range values {
				for _, context := range all {
					more = append(more, Merge(context, map[string][]string{key: {example(value)}}))
				}
			}
			all = more
		}
	}
	slices.SortFunc(all, func(a, b map[string][]string) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return all, nil
}

// ExampleContext is a context for which the conditions of a permission are true. Empty if no example can be made.
func ExampleContext(s contract.Statement) map[string][]string {
	all, err := Examples(s.Conditions)
	if err != nil {
		return map[string][]string{}
	}
	return all[0]
}

func itself(value string) string { return value }

// exampleOf makes a value for which an operator is true.
var exampleOf = map[string]func(string) string{
	"StringEquals": itself, "StringEqualsIgnoreCase": itself, "StringLike": Example, "ArnEquals": Example, "ArnLike": Example, "Bool": itself,
	"NumericEquals": itself, "NumericLessThanEquals": itself, "NumericGreaterThanEquals": itself, "DateEquals": itself,
	"DateLessThanEquals": itself, "DateGreaterThanEquals": itself, "BinaryEquals": itself,
	"IpAddress": func(block string) string { address, _, _ := strings.Cut(block, "/"); return address },
}
