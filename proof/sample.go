package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// sample is one request that a permission means.
type sample struct {
	action, resource string
	// declared is the resource as the permission writes it.
	declared string
	context  map[string][]string
}

// filler stands for what a wildcard of a permission leaves open.
const filler = "crossgrant-probe"

// samples are requests that a permission means: each action on each resource, with values that its conditions ask for. The values of one
// key are tried one by one. It errs for a condition of which this package cannot make an example.
func samples(s contract.Statement, resources []string) ([]sample, error) {
	contexts, err := examples(s.Conditions)
	if err != nil {
		return nil, err
	}
	var all []sample
	for _, action := range s.Actions {
		for _, resource := range resources {
			for _, context := range contexts {
				all = append(all, sample{action, fill(resource), resource, context})
			}
		}
	}
	return all, nil
}

// fill replaces wildcards by an example.
func fill(pattern string) string {
	return strings.NewReplacer("*", filler, "?", "x").Replace(pattern)
}

// examples are contexts that conditions are true of: one for each value.
func examples(conditions map[string]map[string][]string) ([]map[string][]string, error) {
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
					more = append(more, with(context, map[string][]string{key: {example(value)}}))
				}
			}
			all = more
		}
	}
	slices.SortFunc(all, func(a, b map[string][]string) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return all, nil
}

func itself(value string) string { return value }

// exampleOf makes a value for which an operator is true.
var exampleOf = map[string]func(string) string{
	"StringEquals": itself, "StringEqualsIgnoreCase": itself, "StringLike": fill, "ArnEquals": fill, "ArnLike": fill, "Bool": itself,
	"NumericEquals": itself, "NumericLessThanEquals": itself, "NumericGreaterThanEquals": itself, "DateEquals": itself,
	"DateLessThanEquals": itself, "DateGreaterThanEquals": itself, "BinaryEquals": itself,
	"IpAddress": func(block string) string { address, _, _ := strings.Cut(block, "/"); return address },
}
