package main

import (
	"cmp"
	"slices"
)

// sampled is each k-th of the mutants, in the order of the operators' names, so that each kind is among them, from a start that the seed says.
func sampled[T any](all []T, kind func(T) string, k, seed int) []T {
	if k <= 1 {
		return all
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(kind(a), kind(b)) })
	var some []T
	for i := seed % k; i < len(all); i += k {
		some = append(some, all[i])
	}
	return some
}
