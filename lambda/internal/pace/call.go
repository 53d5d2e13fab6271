// Package pace decides when a request to AWS is sent and whether it is sent again: retries with a quota, a limit of requests at once, and the
// time after which nothing begins. It sends nothing itself and knows no operation.
package pace

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// ErrTooLate says that the time of [StartBy] has passed. If an attempt was made before, the error is joined with that of the last one.
var ErrTooLate = errors.New("the time for this invocation is nearly over: no request is started any more")

// Stats counts the requests of one invocation, safe for concurrent use.
type Stats struct {
	// Requests is the number of requests that were sent, each attempt counted.
	Requests atomic.Int64
	// Retries is how many of them repeated an earlier one.
	Retries atomic.Int64
	// Throttled is how many of them AWS refused because there were too many: "503 Slow Down" and its like.
	Throttled atomic.Int64
	// Succeeded is how many of them AWS answered with a success, those of [WithStatsOf] not counted.
	Succeeded atomic.Int64
}

type (
	startByKey struct{}
	statsKey   struct{}
	helpsKey   struct{}
)

// StartBy returns a context in which no attempt of a request begins after the given time; those that have begun may finish. If ctx has such a
// time already, the earlier one counts.
func StartBy(ctx context.Context, at time.Time) context.Context {
	if before, ok := ctx.Value(startByKey{}).(time.Time); ok && before.Before(at) {
		return ctx
	}
	return context.WithValue(ctx, startByKey{}, at)
}

// WithStats returns a context whose requests are counted in stats.
func WithStats(ctx context.Context, stats *Stats) context.Context {
	return context.WithValue(ctx, statsKey{}, stats)
}

// WithStatsOf returns a context whose requests are counted where those of another context are. They only help those, as the one for credentials
// does.
func WithStatsOf(ctx, other context.Context) context.Context {
	stats, ok := other.Value(statsKey{}).(*Stats)
	if !ok {
		return ctx
	}
	return context.WithValue(context.WithValue(ctx, statsKey{}, stats), helpsKey{}, true)
}

// begins returns nil if an attempt may begin now, ErrTooLate, or the context's error.
func begins(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if at, ok := ctx.Value(startByKey{}).(time.Time); ok && !time.Now().Before(at) {
		return ErrTooLate
	}
	return nil
}

// statsOf returns the counters of the context, or new ones that nobody reads.
func statsOf(ctx context.Context) *Stats {
	if stats, ok := ctx.Value(statsKey{}).(*Stats); ok {
		return stats
	}
	return &Stats{}
}
