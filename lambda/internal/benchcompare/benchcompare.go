// Package benchcompare benchmarks several ways to do the same beside each other. It asserts nothing, and is for tests alone.
package benchcompare

import (
	"syscall"
	"testing"
	"time"
)

// Way is one way to do it.
type Way struct {
	// Name is the benchmark's.
	Name string
	// Run does it once.
	Run func() error
}

// Times are what the ways took, in their order.
type Times struct {
	// Wall is the time that passed, and CPU the time that all threads of this process have run.
	Wall, CPU []time.Duration
}

// Ways benchmarks each way alone, and then all in turns, so that what else the machine does hits them alike; report gets the times of the turns.
// bytes is what each way reads; 0 for nothing to report.
func Ways(b *testing.B, bytes int, ways []Way, report func(*testing.B, Times)) {
	for _, way := range ways {
		b.Run(way.Name, func(b *testing.B) {
			if bytes > 0 {
				b.SetBytes(int64(bytes))
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := way.Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ratios", func(b *testing.B) {
		t := Times{make([]time.Duration, len(ways)), make([]time.Duration, len(ways))}
		for b.Loop() {
			for i, way := range ways {
				started, used := time.Now(), cpuTime(b)
				if err := way.Run(); err != nil {
					b.Fatal(err)
				}
				t.Wall[i] += time.Since(started)
				t.CPU[i] += cpuTime(b) - used
			}
		}
		report(b, t)
	})
}

// Ratio is how many times as long one took as the other.
func Ratio(one, other time.Duration) float64 { return float64(one) / float64(other) }

func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
