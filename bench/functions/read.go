package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/crossgrant/crossgrant/bench/functions/internal/environment"
)

// following asks for the next page until there is none, as a caller of list and scan does.
func following(first string, event func(next string) string) func(int, environment.Answer) (string, error) {
	return func(n int, last environment.Answer) (string, error) {
		if n == 0 {
			return first, nil
		}
		if last.Failed {
			return "", fmt.Errorf("found the answer %.500s", last.Payload)
		}
		// next is the last member, so an answer of megabytes need not be decoded.
		var tail struct{ Next string }
		at := max(0, len(last.Payload)-8<<10)
		for ; at < len(last.Payload); at++ {
			if last.Payload[at] == '"' && json.Unmarshal(append([]byte{'{'}, last.Payload[at:]...), &tail) == nil && tail.Next != "" {
				return event(tail.Next), nil
			}
		}
		return "", nil
	}
}

// measureList lists with the function, with boto3's paginator, and with the SDK's, which throws the pages away.
func measureList(ctx context.Context, b *bench) ([]figure, error) {
	const keys = 200_000
	var all []figure
	for _, c := range []struct {
		latency int
		before  string
	}{{0, "6.9x"}, {latency, "2.5x"}} {
		s, n, err := rounds(ctx, func(s samples) error {
			if err := b.stub.set(behaviour{LatencyMs: c.latency, Buckets: objects(keys, 4096)}); err != nil {
				return err
			}
			w, err := b.invoke(ctx, b.function("list", 5*time.Minute), following(`{"maxKeys":10000,"prefix":"inbox/"}`, func(next string) string {
				return `{"maxKeys":10000,"prefix":"inbox/","startAfter":"` + next + `"}`
			}))
			if err != nil {
				return err
			}
			seen, err := b.stub.counts()
			if err != nil {
				return err
			}
			if seen.Requests["ListObjectsV2"] < keys/1000 {
				return fmt.Errorf("list made %d calls, expected at least %d", seen.Requests["ListObjectsV2"], keys/1000)
			}
			article, err := b.article(ctx, "list", origin)
			if err != nil {
				return err
			}
			bare, err := b.run(ctx, b.programs["baseline"], "list", origin)
			if err != nil {
				return err
			}
			s.add("ours", w.took.Seconds())
			s.add("boto3", article.took.Seconds())
			s.add("bare", bare.took.Seconds())
			s.add("calls", float64(seen.Requests["ListObjectsV2"]))
			s.add("our CPU", w.usage.CPU.Seconds())
			s.add("bare CPU", bare.usage.CPU.Seconds())
			return nil
		})
		if err != nil {
			return all, err
		}
		all = append(all, figure{Name: fmt.Sprintf("list, 200,000 keys at %d ms, against boto3", c.latency), Before: c.before, Measured: s.ratio("boto3", "ours"), Unit: "x", Rounds: n,
			Of: fmt.Sprintf("list %.2f s (%.0f calls), boto3 %.2f s, bare paginator %.2f s", s.median("ours"), s.median("calls"), s.median("boto3"), s.median("bare"))})
		if c.latency == 0 {
			all = append(all, figure{Name: "list, CPU against the bare paginator", Before: "1.3x", Limit: 1.05, Measured: s.ratio("our CPU", "bare CPU"), Unit: "x", Rounds: n,
				Of: fmt.Sprintf("list %.2f s, bare paginator %.2f s", s.median("our CPU"), s.median("bare CPU"))})
		} else {
			all = append(all, figure{Name: "list at 20 ms, against the bare paginator", Limit: 1, Measured: s.ratio("ours", "bare"), Unit: "x", Rounds: n, Of: "pages are read ahead"})
		}
	}
	return all, nil
}

// measureTrail reads one large log file.
func measureTrail(ctx context.Context, b *bench) ([]figure, error) {
	const records = 50_000
	if err := b.stub.set(behaviour{Records: records}); err != nil {
		return nil, err
	}
	s, n, err := rounds(ctx, func(s samples) error {
		w, err := b.invoke(ctx, b.function("trail", 5*time.Minute), once(`{"key":"`+trailKey+`","limit":0}`))
		if err != nil {
			return err
		}
		var said struct{ Count int }
		if err := json.Unmarshal(w.last.Payload, &said); err != nil || said.Count != records {
			return fmt.Errorf("found the answer %.500s, expected a count of %d", w.last.Payload, records)
		}
		article, articleErr := b.article(ctx, "trail", origin, trailKey)
		decode, decodeErr := b.run(ctx, b.programs["baseline"], "decode", origin, trailKey)
		gunzip, gunzipErr := b.run(ctx, b.programs["baseline"], "gunzip", origin, trailKey)
		if err := errors.Join(articleErr, decodeErr, gunzipErr); err != nil {
			return err
		}
		s.add("ours", w.took.Seconds())
		s.add("python", article.took.Seconds())
		s.add("decode", decode.took.Seconds())
		s.add("gunzip", gunzip.took.Seconds())
		s.add("memory", float64(w.usage.PeakBytes)/(1<<20))
		return nil
	})
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf("trail %.2f s, Python %.2f s, encoding/json %.2f s, gunzip %.2f s", s.median("ours"), s.median("python"), s.median("decode"), s.median("gunzip"))
	return []figure{
		{Name: "trail, 50,000 records, against Python", Before: "5.2x", Limit: 7, AtLeast: true, Measured: s.ratio("python", "ours"), Unit: "x", Rounds: n, Of: of},
		{Name: "trail, against gunzip alone", Before: "0.37x", Limit: 0.5, AtLeast: true, Measured: s.ratio("gunzip", "ours"), Unit: "x", Rounds: n},
		{Name: "trail, against encoding/json", Before: "4x", Measured: s.ratio("decode", "ours"), Unit: "x", Rounds: n},
		{Name: "trail, peak memory", Before: "11MiB", Limit: 24, Measured: s.median("memory"), Unit: "MiB", Rounds: n},
	}, nil
}

// measureScan scans a table with the function, with boto3, and with attributevalue and encoding/json.
func measureScan(ctx context.Context, b *bench) ([]figure, error) {
	const items = 100_000
	s, n, err := rounds(ctx, func(s samples) error {
		if err := b.stub.set(behaviour{Items: items}); err != nil {
			return err
		}
		w, err := b.invoke(ctx, b.function("scan", 5*time.Minute), following(`{"limit":1000}`, func(next string) string { return `{"limit":1000,"next":"` + next + `"}` }))
		if err != nil {
			return err
		}
		seen, err := b.stub.counts()
		if err != nil {
			return err
		}
		if seen.Requests["Scan"] < items/1000 {
			return fmt.Errorf("scan made %d calls, expected at least %d", seen.Requests["Scan"], items/1000)
		}
		article, articleErr := b.article(ctx, "scan", "devices")
		bare, bareErr := b.run(ctx, b.programs["baseline"], "scan", "devices")
		if err := errors.Join(articleErr, bareErr); err != nil {
			return err
		}
		s.add("ours", w.took.Seconds())
		s.add("boto3", article.took.Seconds())
		s.add("bare", bare.took.Seconds())
		s.add("our CPU", w.usage.CPU.Seconds())
		s.add("boto3 CPU", article.usage.CPU.Seconds())
		s.add("bare CPU", bare.usage.CPU.Seconds())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "scan, 100,000 items, CPU", Before: "1.13x", Limit: 0.5, Measured: s.ratio("our CPU", "bare CPU"), Unit: "x", Rounds: n,
			Of: fmt.Sprintf("CPU: scan %.2f s, attributevalue and encoding/json %.2f s", s.median("our CPU"), s.median("bare CPU"))},
		{Name: "scan, CPU against boto3", Before: "0.23x", Measured: s.ratio("our CPU", "boto3 CPU"), Unit: "x", Rounds: n,
			Of: fmt.Sprintf("wall: scan %.2f s, attributevalue %.2f s, boto3 %.2f s", s.median("ours"), s.median("bare"), s.median("boto3"))},
	}, nil
}
