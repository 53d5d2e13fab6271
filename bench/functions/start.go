package main

import (
	"context"
	"fmt"
	"time"

	"github.com/crossgrant/crossgrant/bench/functions/internal/environment"
)

// startsEach is how many starts a round has of each program: a start takes milliseconds, of which the scheduler makes noise.
const startsEach = 9

// measureStart starts each function and the minimal one, by turns, and gives each an event whose answer takes one call beside AssumeRole.
func measureStart(ctx context.Context, b *bench) ([]figure, error) {
	if err := b.stub.set(behaviour{Buckets: map[string]bucket{origin: {Keys: 1, Size: 4096, Prefixes: []string{"inbox/"}}}, Items: 1, Records: 20}); err != nil {
		return nil, err
	}
	const minimal = "minimal"
	functions := []struct{ name, event string }{
		{minimal, `{}`}, {"list", `{"maxKeys":1}`}, {"scan", `{"limit":1}`}, {"copy", `{"prefix":"reports/"}`}, {"trail", `{"key":"` + trailKey + `","limit":1}`},
	}
	s, n, err := rounds(ctx, func(s samples) error {
		each := samples{}
		for range startsEach {
			for _, f := range functions {
				spec := b.served(minimal)
				if f.name != minimal {
					spec = b.function(f.name, 30*time.Second)
				}
				if err := startOnce(ctx, spec, f.name, f.event, each); err != nil {
					return err
				}
			}
		}
		for name, values := range each {
			s.add(name, median(values))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var all []figure
	for _, kind := range []struct {
		name, before, key, unit string
		limit                   float64
	}{
		{"start, exec to first poll", "2.3-2.6x", " poll", "ms", 1.6}, {"first answer, AssumeRole and one call", "2.6-3.3x", " answer", "ms", 2.2},
		{"peak memory, first invocation", "2.3-2.5x", " memory", "MiB", 2},
	} {
		for _, f := range functions[1:] {
			all = append(all, figure{
				Name: kind.name + ": " + f.name, Before: kind.before, Limit: kind.limit, Measured: s.ratio(f.name+kind.key, minimal+kind.key), Unit: "x", Rounds: n,
				Of: fmt.Sprintf("%s %.2f %s, minimal %.2f %s", f.name, s.median(f.name+kind.key), kind.unit, s.median(minimal+kind.key), kind.unit),
			})
		}
	}
	return all, nil
}

func startOnce(ctx context.Context, spec environment.Spec, name, event string, s samples) error {
	e, err := environment.Start(spec)
	if err != nil {
		return err
	}
	a, err := e.Invoke(ctx, event)
	polled, pollErr := e.Polled()
	usage, stopErr := e.Stop()
	for _, err := range []error{err, pollErr, stopErr} {
		if err != nil {
			return err
		}
	}
	if a.Failed {
		return fmt.Errorf("%s answered %.500s", name, a.Payload)
	}
	s.add(name+" poll", polled.Seconds()*1000)
	s.add(name+" answer", a.At.Sub(e.Started()).Seconds()*1000)
	s.add(name+" memory", float64(usage.PeakBytes)/(1<<20))
	return nil
}

// warmInvocations is how many invocations a round has of each program, enough that their processor time dwarfs that of the start.
const warmInvocations = 2000

// measureWarm compares the processor time of invocations of a warm function with that of a function which makes the same call with the bare SDK.
func measureWarm(ctx context.Context, b *bench) ([]figure, error) {
	if err := b.stub.set(behaviour{Buckets: map[string]bucket{origin: {Keys: 1, Size: 4096, Prefixes: []string{"inbox/"}}}, Items: 1}); err != nil {
		return nil, err
	}
	calls := []struct{ name, event, argument string }{{"list", `{"maxKeys":1,"prefix":"inbox/"}`, origin}, {"scan", `{"limit":1}`, "devices"}}
	started := 0
	s, n, err := rounds(ctx, func(s samples) error {
		for _, c := range calls {
			for side, spec := range map[string]environment.Spec{c.name: b.function(c.name, 30*time.Second), c.name + " bare": b.served("baseline", "serve", c.name, c.argument)} {
				w, err := b.invoke(ctx, spec, func(n int, last environment.Answer) (string, error) {
					switch {
					case last.Failed:
						return "", fmt.Errorf("%s answered %.500s", side, last.Payload)
					case n == warmInvocations:
						return "", nil
					}
					return c.event, nil
				})
				if err != nil {
					return err
				}
				s.add(side, w.usage.CPU.Seconds()/warmInvocations*1e6)
			}
			started++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	now, err := b.stub.counts()
	if err != nil {
		return nil, err
	}
	all := []figure{{
		Name: "warm invocations: calls of STS in each environment", Measured: float64(now.Requests["AssumeRole"]) / float64(started), Limit: 1, Rounds: n,
		Of: fmt.Sprintf("%d calls of AssumeRole in %d invocations of %d environments", now.Requests["AssumeRole"], started*warmInvocations, started),
	}}
	for _, c := range calls {
		all = append(all, figure{
			Name: "warm invocation, CPU: " + c.name, Limit: 1.05, Measured: s.ratio(c.name, c.name+" bare"), Unit: "x", Rounds: n,
			Of: fmt.Sprintf("%s %.0f µs, bare SDK call %.0f µs", c.name, s.median(c.name), s.median(c.name+" bare")),
		})
	}
	return all, nil
}
