package copying

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

// Whatever interrupts it and whatever fails: who follows next until there is none has every object at the destination, or was told of it.
func TestFollowingNextEndsWithEveryKeyCopiedOrReported(t *testing.T) {
	forSeeds(t, 300, follow)
}

// forSeeds runs a property for so many seeds, thirty in the short form, and says for which it does not hold.
func forSeeds(t *testing.T, rounds int, holds func(t *testing.T, seed uint64) bool) {
	t.Helper()
	if testing.Short() {
		rounds = 30
	}
	for range rounds {
		seed := rand.Uint64()
		if !holds(t, seed) {
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

// Whatever S3 answers, loses or takes back, whoever is killed and whatever changes meanwhile: walks in peace then make the destination equal to the
// origin, leave no upload of this function open, and touch none of others.
func TestWalksInPeaceRepairWhateverWentWrong(t *testing.T) {
	forSeeds(t, 200, repair)
}

func repair(t *testing.T, seed uint64) bool {
	dice := rand.New(rand.NewPCG(seed, 0))
	s := newFake()
	s.pageSize, s.partPage = 1+dice.IntN(7), 1+dice.IntN(4)
	s.buckets[to].kms, s.buckets[to].plain = dice.IntN(2) == 0, dice.IntN(2) == 0
	keys := make([]string, 1+dice.IntN(12))
	write := func(key string) {
		s.put(from, key, strings.Repeat(fmt.Sprint(dice.IntN(10)), dice.IntN(60)))
	}
	for i := range keys {
		keys[i] = fmt.Sprintf("%c/%d", 'a'+rune(dice.IntN(2)), i)
		write(keys[i])
		if dice.IntN(4) == 0 {
			s.leftUpload(keys[i], us)
		}
	}
	s.leftUpload(keys[0], them)
	g := grant()
	g.Parallel = 1 + dice.IntN(5)
	if dice.IntN(3) == 0 {
		g.Prefixes = []string{"a/", "b/"}
	}
	any := func() string { return keys[dice.IntN(len(keys))] }

	for range 1 + dice.IntN(6) {
		ctx, cancel := context.WithCancel(context.Background())
		var mu sync.Mutex
		requests, end, killed := 0, dice.IntN(60), dice.IntN(2) == 0
		faults := []error{says("X", 500, "InternalError"), says("X", 503, "SlowDown"), says("X", 403, "AccessDenied"), says("X", 404, "NoSuchUpload"),
			errors.New("connection reset by peer"), incomplete("X")}
		strike := func() error {
			if dice.IntN(12) == 0 {
				return faults[dice.IntN(len(faults))]
			}
			return nil
		}
		s.before = func(_ context.Context, c call) error {
			mu.Lock()
			defer mu.Unlock()
			if requests++; requests > end {
				if killed {
					return errKilled
				}
				cancel()
			}
			switch dice.IntN(40) {
			case 0:
				write(any())
			case 1:
				s.remove(from, any())
			case 2:
				s.mu.Lock()
				for id, u := range s.uploads {
					if u.initiator == us {
						delete(s.uploads, id)
						break
					}
				}
				s.mu.Unlock()
			}
			return strike()
		}
		lost := rand.New(rand.NewPCG(seed, 1))
		s.after = func(call) error { // is called with the lock of the fake
			if killed && lost.IntN(20) == 0 {
				return errKilled
			}
			return nil
		}
		event := `{}`
		switch dice.IntN(3) {
		case 0:
			event = notification(any(), any(), any())
		case 1:
			event = queue(notification(any()), notification(any(), any()))
		}
		f := New(s, g)
		result := f.Serve(ctx, invocation.Request{Payload: []byte(event)})
		var b body
		if _ = json.Unmarshal(result.Payload, &b); b.Next != "" && dice.IntN(2) == 0 {
			f.Serve(ctx, invocation.Request{Payload: []byte(`{"next":"` + b.Next + `"}`)})
		}
		cancel()
	}

	s.before, s.after = nil, nil
	f := New(s, g)
	if b, result := plain(t, f, `{}`); result.Err != nil || b.Next != "" {
		t.Errorf("in peace: found %s", result.Payload)
	}
	for key := range s.buckets[from].objects {
		sameObject(t, s, key)
	}
	if s.partPage = 1000; s.openUploads() != keys[0]+":them" {
		t.Errorf("left %q, expected only that of somebody else", s.openUploads())
	}
	if b, result := plain(t, f, `{}`); b.Copied != 0 || b.Bytes != 0 {
		t.Errorf("again: found %s, expected nothing to copy", result.Payload)
	}
	return !t.Failed()
}
