package copying

import (
	"context"
	"fmt"
	"testing"
	"time"
)

const benchKeys = 100_000

// filled has every key in both buckets.
func filled(n int) *fakeS3 {
	s := newFake()
	s.quiet = true
	for i := range n {
		key := fmt.Sprintf("reports/2026/%03d/%06d.json", i%365, i)
		s.put(from, key, "x")
		s.put(to, key, "x")
	}
	return s
}

// How fast a walk passes keys that are there already, beside what only listing both sides takes in the same run.
func BenchmarkWalkingWhatIsThere(b *testing.B) {
	s := filled(benchKeys)
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
		started := time.Now()
		if got, _ := plain(b, f, `{}`); got.Skipped.ETag != benchKeys {
			b.Fatalf("found %+v", got)
		}
		walking += time.Since(started)
		started = time.Now()
		if n := list(from) + list(to); n != 2*benchKeys {
			b.Fatalf("listed %d", n)
		}
		listing += time.Since(started)
	}
	b.ReportMetric(float64(b.N)*benchKeys/walking.Seconds(), "keys/s")
	b.ReportMetric(walking.Seconds()/listing.Seconds(), "times-listing")
}

// The same where each request takes 20 ms: pages are read ahead, and both sides at once.
func BenchmarkWalkingWhatIsThereFarAway(b *testing.B) {
	s := filled(benchKeys / 5)
	s.before = func(context.Context, call) error { time.Sleep(20 * time.Millisecond); return nil }
	f := New(s, grant())
	pages := 2 * benchKeys / 5 / s.pageSize
	started := time.Now()
	for b.Loop() {
		if got, _ := plain(b, f, `{}`); got.Skipped.ETag != benchKeys/5 {
			b.Fatalf("found %+v", got)
		}
	}
	took := time.Since(started)
	b.ReportMetric(float64(b.N)*benchKeys/5/took.Seconds(), "keys/s")
	b.ReportMetric(took.Seconds()/(float64(b.N*pages)*0.02), "times-listing")
}

// How much side by side copying gains where each request takes 20 ms.
func BenchmarkCopyingInParallel(b *testing.B) {
	const keys = 160
	copyAll := func(parallel int) time.Duration {
		s := newFake()
		s.quiet = true
		for i := range keys {
			s.put(from, fmt.Sprintf("%04d", i), "x")
		}
		s.before = func(context.Context, call) error { time.Sleep(20 * time.Millisecond); return nil }
		g := grant()
		g.Parallel = parallel
		started := time.Now()
		if got, _ := plain(b, New(s, g), `{}`); got.Copied != keys {
			b.Fatalf("found %+v", got)
		}
		return time.Since(started)
	}
	var one, sixteen time.Duration
	for b.Loop() {
		one += copyAll(1)
		sixteen += copyAll(16)
	}
	b.ReportMetric(float64(b.N)*keys/sixteen.Seconds(), "objects/s")
	b.ReportMetric(one.Seconds()/sixteen.Seconds(), "times-faster")
}
