package copying

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// Whatever interrupts it and whatever fails: who follows next until there is none has every object at the destination, or was told of it.
func TestFollowingNextEndsWithEveryKeyCopiedOrReported(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	for range rounds {
		seed := rand.Uint64()
		if !follow(t, seed) {
			t.Fatalf("the seed is %d", seed)
		}
	}
}

func follow(t *testing.T, seed uint64) bool {
	dice := rand.New(rand.NewPCG(seed, 0))
	s := newFake()
	s.pageSize, s.partPage = 1+dice.IntN(7), 1+dice.IntN(4)
	s.buckets[to].kms = dice.IntN(2) == 0
	s.buckets[to].plain = dice.IntN(2) == 0
	for i := range dice.IntN(25) {
		key := fmt.Sprintf("%c/%d é+%%", 'a'+rune(dice.IntN(3)), i)
		o := s.put(from, key, strings.Repeat(fmt.Sprint(i%10), dice.IntN(70)))
		o.meta["i"] = fmt.Sprint(i)
		if dice.IntN(2) == 0 {
			o.tags["t a"] = "b&c"
		}
		if dice.IntN(3) == 0 {
			s.put(to, key, strings.Repeat("-", 1+dice.IntN(70))).modified = o.modified
		}
		if dice.IntN(3) == 0 {
			s.put(to, key+"x", "only here")
		}
	}
	g := grant()
	if dice.IntN(2) == 0 {
		g = grant("c/", "a/")
	}
	g.Parallel = 1 + dice.IntN(6)
	f := New(s, g)
	budget := 2 + dice.IntN(40) // requests until an invocation's time is over
	failures := dice.IntN(12)
	var mu sync.Mutex
	reported, next := map[string]bool{}, ""
	for range 400 {
		ctx, cancel := context.WithCancel(context.Background())
		left := budget
		budget += dice.IntN(3) // or nothing might ever fit
		s.before = func(_ context.Context, c call) error {
			mu.Lock()
			defer mu.Unlock()
			if c.op == "AbortMultipartUpload" {
				return nil
			}
			if left--; left <= 0 {
				cancel()
			}
			if failures > 0 && dice.IntN(15) == 0 {
				failures--
				return says(c.op, 500, "InternalError")
			}
			return nil
		}
		b, result := serve(t, ctx, f, `{"next":"`+next+`"}`)
		cancel()
		for _, fault := range b.Failed {
			reported[fault.Key] = true
		}
		if b.StatusCode == 400 || (b.StatusCode != 0) != (result.FunctionError == "CopyFailed") {
			t.Errorf("found %s", result.Payload)
			return false
		}
		next = b.Next
		if next == "" && b.StatusCode == 0 {
			break
		}
	}
	if next != "" {
		t.Error("there is a next after 400 invocations")
	}
	s.before = nil
	for key := range s.buckets[from].objects {
		switch {
		case len(g.Prefixes) > 0 && strings.HasPrefix(key, "b/"):
			if o := s.get(to, key); o != nil && !strings.HasPrefix(string(o.data), "-") && len(o.data) > 0 {
				t.Errorf("%s was copied from outside of the prefixes", key)
			}
		case !reported[key]:
			sameObject(t, s, key)
		}
	}
	if len(s.uploads) != 0 {
		t.Errorf("%d uploads are left", len(s.uploads))
	}
	return !t.Failed()
}
