// Package sample chooses which cases of a long table a test tries with -short. It knows nothing of what they are.
package sample

import (
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Seed is the seed of a test's choices: the environment variable SEED, or 1.
func Seed(t testing.TB) uint64 {
	t.Helper()
	text := os.Getenv("SEED")
	if text == "" {
		return 1
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("found SEED=%s, expected a number", text)
	}
	return seed
}

// Of returns all cases, or with -short some of them: each kind that a case has is among theirs, and which case stands for it is chosen by the seed.
func Of[C any](t testing.TB, seed uint64, cases []C, kinds func(C) []string) []C {
	t.Helper()
	if !testing.Short() {
		return cases
	}
	some := choose(t.Name(), seed, cases, kinds)
	t.Logf("with -short, %d of %d cases, by seed %d", len(some), len(cases), seed)
	return some
}

// choose takes cases in an order by chance, each that has a kind that none before it has, and returns them in their own order.
func choose[C any](name string, seed uint64, cases []C, kinds func(C) []string) (some []C) {
	h := fnv.New64a()
	h.Write([]byte(name))
	taken, seen := make([]bool, len(cases)), map[string]bool{}
	for _, i := range rand.New(rand.NewPCG(seed, h.Sum64())).Perm(len(cases)) {
		for _, kind := range kinds(cases[i]) {
			if !seen[kind] {
				seen[kind], taken[i] = true, true
			}
		}
	}
	for i, c := range cases {
		if taken[i] {
			some = append(some, c)
		}
	}
	return some
}
