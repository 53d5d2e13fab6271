package copying

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

const benchKeys = 100_000

// filled has every key in the origin, and in the destination if both.
func filled(n int, both bool) *fakeS3 {
	s := newFake()
	s.quiet = true
	for i := range n {
		key := fmt.Sprintf("reports/2026/%03d/%06d.json", i%365, i)
		s.put(from, key, "x")
		if both {
			s.put(to, key, "x")
		}
	}
	return s
}

// processor returns the time that the process has spent on a CPU.
func processor(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// What a walk of keys that are there already costs, beside what only listing both sides takes in the same run.
func BenchmarkWalkingWhatIsThere(b *testing.B) {
	s := filled(benchKeys, true)
	f := New(s, grant())
	list := func(name string) (n int) {
		keys := newCursor(s, nil, name, "", "")
		for {
			e, ok, err := keys.seek(context.Background(), "")
			if err != nil {
				b.Fatal(err)
			}
			if !ok {
				return n
			}
			keys.advance(e)
			n++
		}
	}
	list(from)
	list(to)
	var walking, listing time.Duration
	for b.Loop() {
		started := processor(b)
		if got, _ := plain(b, f, `{}`); got.Skipped.ETag != benchKeys {
			b.Fatalf("found %+v", got)
		}
		walking += processor(b) - started
		started = processor(b)
		if n := list(from) + list(to); n != 2*benchKeys {
			b.Fatalf("listed %d", n)
		}
		listing += processor(b) - started
	}
	b.ReportMetric(float64(walking.Nanoseconds())/float64(b.N)/benchKeys, "cpu-ns/key")
	b.ReportMetric(walking.Seconds()/listing.Seconds(), "times-listing")
}

// The same where each request takes 20 ms: pages are read ahead, and both sides at once.
func BenchmarkWalkingWhatIsThereFarAway(b *testing.B) {
	s := filled(benchKeys/5, true)
	s.before = func(context.Context, call) error { time.Sleep(20 * time.Millisecond); return nil }
	f := New(s, grant())
	pages := benchKeys / 5 / s.pageSize
	started := time.Now()
	for b.Loop() {
		if got, _ := plain(b, f, `{}`); got.Skipped.ETag != benchKeys/5 {
			b.Fatalf("found %+v", got)
		}
	}
	b.ReportMetric(time.Since(started).Seconds()/(float64(b.N*pages)*0.02), "times-listing-one-side")
}

// What this package costs for each object that it copies, beside the client's requests: the fake's copy is part of it.
func BenchmarkCopying(b *testing.B) {
	const keys = 20_000
	var used time.Duration
	var allocations uint64
	for b.Loop() {
		s := filled(keys, false)
		g := grant()
		g.Parallel = 256
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		started := processor(b)
		if got, _ := plain(b, New(s, g), `{}`); got.Copied != keys {
			b.Fatalf("found %+v", got)
		}
		used += processor(b) - started
		runtime.ReadMemStats(&after)
		allocations += after.Mallocs - before.Mallocs
	}
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N)/keys, "cpu-ns/object")
	b.ReportMetric(float64(allocations)/float64(b.N)/keys, "allocs/object")
}

// How much side by side copying gains where each request takes 20 ms, for small objects and for parts.
func BenchmarkCopyingInParallel(b *testing.B) {
	const parallel = 64
	for _, c := range []struct {
		name string
		fill func(*fakeS3)
		n    int // requests that copy
	}{
		{"small objects", func(s *fakeS3) {
			for i := range 1280 {
				s.put(from, fmt.Sprintf("%04d", i), "x")
			}
		}, 1280},
		{"four large objects", func(s *fakeS3) {
			for i := range 4 {
				s.put(from, fmt.Sprint(i), strings.Repeat("x", 3200))
			}
		}, 1280},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took time.Duration
			for b.Loop() {
				s := newFake()
				s.quiet = true
				c.fill(s)
				s.before = func(context.Context, call) error { time.Sleep(20 * time.Millisecond); return nil }
				g := grant()
				g.Parallel = parallel
				started := time.Now()
				if got, result := plain(b, New(s, g), `{}`); got.Copied == 0 {
					b.Fatalf("found %s", result.Payload)
				}
				took += time.Since(started)
			}
			// 1 is what the limit allows: all requests one after the other, divided by how many run at once.
			b.ReportMetric(took.Seconds()/float64(b.N)/(float64(c.n)*0.02/parallel), "times-the-limit")
		})
	}
}
