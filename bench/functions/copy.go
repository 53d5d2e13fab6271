package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crossgrant/crossgrant/bench/functions/internal/environment"
)

func objects(keys int, size int64) map[string]bucket {
	return map[string]bucket{origin: {Keys: keys, Size: size, Prefixes: []string{"inbox/"}}}
}

// copyAll lets the function copy what the origin has, within timeout, and returns how many objects it copied.
func (b *bench) copyAll(ctx context.Context, set behaviour, timeout time.Duration) (work, int, error) {
	if err := b.stub.set(set); err != nil {
		return work{}, 0, err
	}
	w, err := b.invoke(ctx, b.function("copy", timeout), once(`{}`))
	if err != nil {
		return w, 0, err
	}
	n, err := copied(w.last)
	if err != nil {
		return w, 0, err
	}
	seen, err := b.stub.counts()
	if err == nil && seen.Copied != n {
		err = fmt.Errorf("copy says that it copied %d objects, the stub saw %d", n, seen.Copied)
	}
	return w, n, err
}

// copyAllOf is copyAll for what has to be complete.
func (b *bench) copyAllOf(ctx context.Context, set behaviour, timeout time.Duration) (work, error) {
	w, n, err := b.copyAll(ctx, set, timeout)
	if want := set.Buckets[origin].Keys; err == nil && n != want {
		err = fmt.Errorf("copy copied %d of %d objects within %s: %.500s", n, want, timeout, w.last.Payload)
	}
	return w, err
}

// s5cmdAll lets s5cmd copy the same.
func (b *bench) s5cmdAll(ctx context.Context, set behaviour) (work, error) {
	if err := b.stub.set(set); err != nil {
		return work{}, err
	}
	program := []string{b.s5cmd, "--log", "error", "cp", "s3://" + origin + "/inbox/*", "s3://" + destination + "/inbox/"}
	_, took, usage, err := environment.Run(ctx, program, pairs(b.aws()))
	if err != nil {
		return work{}, err
	}
	seen, err := b.stub.counts()
	if want := set.Buckets[origin].Keys; err == nil && seen.Copied != want {
		err = fmt.Errorf("s5cmd copied %d of %d objects", seen.Copied, want)
	}
	return work{took: took, usage: usage}, err
}

// copyBesideS5cmd lets the function and s5cmd copy the same, one after the other.
func (b *bench) copyBesideS5cmd(ctx context.Context, set behaviour) (ours, theirs work, err error) {
	if ours, err = b.copyAllOf(ctx, set, 5*time.Minute); err == nil {
		theirs, err = b.s5cmdAll(ctx, set)
	}
	return ours, theirs, err
}

const latency = 20 // ms, of each answer

// measureCopy copies small objects as the app deploys the function.
func measureCopy(ctx context.Context, b *bench) ([]figure, error) {
	const keys = 5000
	set := behaviour{LatencyMs: latency, Buckets: objects(keys, 4096)}
	if b.s5cmdProblem != nil {
		return nil, b.s5cmdProblem
	}
	s, n, err := rounds(ctx, func(s samples) error {
		w, other, err := b.copyBesideS5cmd(ctx, set)
		if err != nil {
			return err
		}
		s.add("ours", keys/w.took.Seconds())
		s.add("theirs", keys/other.took.Seconds())
		s.add("our CPU", w.usage.CPU.Seconds()*1e6/keys)
		s.add("their CPU", other.usage.CPU.Seconds()*1e6/keys)
		s.add("memory", float64(w.usage.PeakBytes)/(1<<20))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "copy, 5,000 x 4 KiB at 20 ms", Before: "0.13x", Limit: 1.25, AtLeast: true, Measured: s.ratio("ours", "theirs"), Unit: "x", Rounds: n,
			Of: fmt.Sprintf("copy %.0f objects/s, s5cmd %.0f; copy's peak memory %.1f MiB", s.median("ours"), s.median("theirs"), s.median("memory"))},
		{Name: "CPU an object", Before: "0.9-1.4x", Limit: 0.6, Measured: s.ratio("our CPU", "their CPU"), Unit: "x", Rounds: n,
			Of: fmt.Sprintf("copy %.0f µs, s5cmd %.0f µs", s.median("our CPU"), s.median("their CPU"))},
	}, nil
}

// measureThrottling compares a run in which 1 % of the writes are throttled with one in which none is. A run that is not through after a minute
// is compared by how much it copied.
func measureThrottling(ctx context.Context, b *bench) ([]figure, error) {
	const keys = 25000
	set := behaviour{LatencyMs: latency, Buckets: objects(keys, 4096)}
	seed := uint64(0)
	s, n, err := rounds(ctx, func(s samples) error {
		w, copied, err := b.copyAll(ctx, set, time.Minute)
		if err != nil {
			return err
		}
		seed++
		throttled := set
		throttled.Throttle, throttled.Seed = 0.01, seed<<32
		slow, copiedSlow, err := b.copyAll(ctx, throttled, time.Minute)
		if err != nil {
			return err
		}
		s.add("none", float64(copied)/w.took.Seconds())
		s.add("throttled", float64(copiedSlow)/slow.took.Seconds())
		s.add("complete", float64(copiedSlow)/keys)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []figure{{Name: "1 % SlowDown in 25,000 objects", Before: "21x", Limit: 2, Measured: s.ratio("none", "throttled"), Unit: "x", Rounds: n,
		Of: fmt.Sprintf("%.0f objects/s with it, %.0f without; %.0f %% copied within a minute", s.median("throttled"), s.median("none"), 100*s.median("complete"))}}, nil
}

// measurePrefixLimit copies under one prefix that takes 3,500 writes a second, as S3's partitions do.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
func measurePrefixLimit(ctx context.Context, b *bench) ([]figure, error) {
	const keys, limit = 25000, 3500
	set := behaviour{LatencyMs: latency, Buckets: objects(keys, 4096), WritesPerSecond: limit}
	s, n, err := rounds(ctx, func(s samples) error {
		w, copied, err := b.copyAll(ctx, set, time.Minute)
		if err != nil {
			return err
		}
		seen, err := b.stub.counts()
		if err != nil {
			return err
		}
		s.add("rate", float64(copied)/w.took.Seconds())
		s.add("refused", float64(seen.Throttled)/float64(seen.Requests["CopyObject"]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []figure{{Name: "one prefix at 3,500 writes/s", Limit: 90, AtLeast: true, Measured: 100 * s.median("rate") / limit, Unit: "%", Rounds: n,
		Of: fmt.Sprintf("%.0f objects/s of 25,000; %.1f %% of the requests were refused", s.median("rate"), 100*s.median("refused"))}}, nil
}

// measureParts copies large objects, of which one request copies 250 MB a second. s5cmd copies each with one request.
func measureParts(ctx context.Context, b *bench) ([]figure, error) {
	set := behaviour{LatencyMs: latency, Buckets: objects(4, 1<<30), CopyBytesPerSecond: 250_000_000}
	if b.s5cmdProblem != nil {
		return nil, b.s5cmdProblem
	}
	s, n, err := rounds(ctx, func(s samples) error {
		w, other, err := b.copyBesideS5cmd(ctx, set)
		if err != nil {
			return err
		}
		s.add("ours", 4<<10/w.took.Seconds())
		s.add("theirs", 4<<10/other.took.Seconds())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []figure{{Name: "copy, 4 x 1 GiB, 250 MB/s a request", Limit: 1, AtLeast: true, Measured: s.ratio("ours", "theirs"), Unit: "x", Rounds: n,
		Of: fmt.Sprintf("copy %.0f MiB/s, s5cmd %.0f MiB/s", s.median("ours"), s.median("theirs"))}}, nil
}

// measureMemory walks buckets that are equal, of a million keys and of a tenth of that.
func measureMemory(ctx context.Context, b *bench) ([]figure, error) {
	s, n, err := rounds(ctx, func(s samples) error {
		for name, keys := range map[string]int{"many": 1_000_000, "few": 100_000} {
			both := bucket{Keys: keys, Size: 4096, Prefixes: []string{"inbox/"}}
			if err := b.stub.set(behaviour{Buckets: map[string]bucket{origin: both, destination: both}}); err != nil {
				return err
			}
			w, err := b.invoke(ctx, b.function("copy", 5*time.Minute), once(`{}`))
			if err != nil {
				return err
			}
			n, err := copied(w.last)
			if err != nil {
				return err
			}
			if n != 0 || w.last.Failed {
				return errors.New("found an answer that copies, expected one that finds everything there: " + string(w.last.Payload[:min(500, len(w.last.Payload))]))
			}
			s.add(name, float64(w.usage.PeakBytes)/(1<<20))
			s.add(name+" keys/s", float64(keys)/w.took.Seconds())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "memory, 1 million keys on both sides", Limit: 64, Measured: s.median("many"), Unit: "MiB", Rounds: n,
			Of: fmt.Sprintf("%.0f keys/s compared", s.median("many keys/s"))},
		{Name: "and flat: against 100,000 keys", Limit: 1.25, Measured: s.ratio("many", "few"), Unit: "x", Rounds: n,
			Of: fmt.Sprintf("%.1f MiB and %.1f MiB", s.median("many"), s.median("few"))},
	}, nil
}
