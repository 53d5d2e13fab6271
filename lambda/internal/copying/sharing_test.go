package copying

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slow lets every request take 10 ms, and keeps the order in which those that copy ended.
func slow(s *fakeS3) (ended func() []call) {
	var mu sync.Mutex
	var all []call
	s.before = func(_ context.Context, c call) error {
		time.Sleep(10 * time.Millisecond)
		if c.copies() {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, c)
		}
		return nil
	}
	return func() []call { mu.Lock(); defer mu.Unlock(); return all }
}

// A large object does not keep small ones waiting: they share the limit with its parts, one for one.
func TestALargeObjectDoesNotStarveSmallOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.put(from, "a-large", strings.Repeat("x", 2000)) // 200 parts
		for i := range 40 {
			s.put(from, fmt.Sprintf("small-%02d", i), "x")
		}
		ended := slow(s)
		if b, result := plain(t, New(s, grant()), `{}`); b.Copied != 41 {
			t.Fatalf("found %s", result.Payload)
		}
		parts, smalls := 0, 0
		for _, c := range ended() {
			if c.op == "UploadPartCopy" {
				parts++
			} else if smalls++; smalls == 40 {
				break
			}
		}
		if smalls != 40 || parts > 60 {
			t.Errorf("%d parts were copied before the last small object, expected about as many as small ones", parts)
		}
	})
}

// Large objects advance together, more of them than are copied in parts at once wait, and small ones pass those that wait.
func TestManyLargeObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		for i := range 3 * maxUploads {
			s.put(from, fmt.Sprintf("large-%02d", i), strings.Repeat("x", 200))
		}
		s.put(from, "small", "x")
		ended := slow(s)
		started := time.Now()
		b, result := plain(t, New(s, grant()), `{}`)
		if b.Copied != 3*maxUploads+1 || s.openUploads() != "" {
			t.Fatalf("found %s", result.Payload)
		}
		// 4 at once: 48 objects with 20 parts, HEAD, Create and Complete each, and little more.
		if took := time.Since(started); took > 48*23*10*time.Millisecond/4*11/10 {
			t.Errorf("took %s, expected all slots to be used", took)
		}
		first := map[string]int{}
		for i, c := range ended() {
			if _, seen := first[c.key]; !seen {
				first[c.key] = i
			}
		}
		if first["small"] > 48*20/2 {
			t.Errorf("the small object was number %d, expected it to pass the large ones that waited", first["small"])
		}
		if first["large-01"] > 40 {
			t.Errorf("the second large object began behind %d parts, expected it beside the first", first["large-01"])
		}
	})
}

// Objects that wait for their turn to be copied in parts are not lost when the time ends.
func TestLargeObjectsThatStillWaitAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		for i := range 2 * maxUploads {
			s.put(from, fmt.Sprintf("%02d", i), strings.Repeat("x", 300))
		}
		slow(s)
		f, next, invocations := New(s, grant()), "", 0
		for ; invocations == 0 || next != ""; invocations++ {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			b, result := serve(t, ctx, f, `{"next":"`+next+`"}`)
			cancel()
			if next = b.Next; result.Err != nil || invocations > 50 {
				t.Fatalf("invocation %d: %s", invocations, result.Payload)
			}
		}
		for key := range s.buckets[from].objects {
			sameObject(t, s, key)
		}
		// 32 objects of 30 parts, each of them copied once, 300 requests in an invocation.
		if n := s.count("UploadPartCopy"); n != 32*30 || s.openUploads() != "" || invocations < 4 {
			t.Errorf("%d parts in %d invocations, left %q; expected 960", n, invocations, s.openUploads())
		}
	})
}
