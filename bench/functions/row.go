package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// row measures one line of work, as one or more figures.
type row struct {
	name    string
	measure func(context.Context, *bench) ([]figure, error)
}

// figure is a ratio, or an amount where a limit is one.
type figure struct {
	Name string `json:"name"`
	// Before is what the functions had when the limit was set.
	Before string `json:"before,omitempty"`
	// Limit is the most, or with AtLeast the least. 0 is none: the figure is for information.
	Limit   float64 `json:"limit,omitempty"`
	AtLeast bool    `json:"atLeast,omitempty"`
	// Measured is the median of the rounds' values.
	Measured float64 `json:"measured"`
	Unit     string  `json:"unit"`
	Rounds   int     `json:"rounds"`
	// Of says what the figure is made of, both sides with their units.
	Of string `json:"of"`
	// Problem is why there is no figure.
	Problem string `json:"problem,omitempty"`
}

// met says that a figure keeps to its limit.
func (f figure) met() bool {
	switch {
	case f.Problem != "":
		return false
	case f.Limit == 0:
		return true
	case f.AtLeast:
		return f.Measured >= f.Limit
	}
	return f.Measured <= f.Limit
}

// roundsWanted is how often each row is measured, and rowTime after which no further round begins.
const (
	roundsWanted = 5
	rowTime      = 3 * time.Minute
)

// samples are the values of the rounds by name.
type samples map[string][]float64

func (s samples) add(name string, value float64) { s[name] = append(s[name], value) }

// median of the values of a name; 0 if there are none.
func (s samples) median(name string) float64 { return median(s[name]) }

// ratio is the median of the rounds' ratios: what disturbs the machine for a round meets both.
func (s samples) ratio(above, below string) float64 {
	var all []float64
	for i := range min(len(s[above]), len(s[below])) {
		all = append(all, s[above][i]/s[below][i])
	}
	return median(all)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// rounds calls once, which measures each side one time, up to five times.
func rounds(ctx context.Context, once func(samples) error) (samples, int, error) {
	s, began, n := samples{}, time.Now(), 0
	for n < roundsWanted && (n == 0 || time.Since(began) < rowTime) {
		if err := errors.Join(ctx.Err(), once(s)); err != nil {
			return nil, 0, fmt.Errorf("round %d: %w", n+1, err)
		}
		n++
	}
	return s, n, nil
}
