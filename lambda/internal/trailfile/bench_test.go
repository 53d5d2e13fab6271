package trailfile

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// benchFile is a log file of some 18 MB.
func benchFile(b *testing.B) (file []byte, inflated int) {
	text := realistic(1, 10_000)
	file = zip(b, text)
	b.Logf("%d bytes, %.2f times the %d of gzip", len(text), float64(len(text))/float64(len(file)), len(file))
	return file, len(text)
}

// The same file gunzipped only, which is the least that anything can take, read and filtered by this package, and read at once by encoding/json.
// The last line has ratios of the three, measured in turns: of the time, and of the processors' time.
func BenchmarkFile(b *testing.B) {
	file, inflated := benchFile(b)
	ways := []struct {
		name string
		read func() (int, error)
	}{
		{"gunzip", func() (int, error) { return 0, gunzip(file, io.Discard) }},
		{"read", func() (n int, err error) {
			err = Read(context.Background(), bytes.NewReader(file), func(_ []byte, fields *Fields) error {
				if string(fields.EventName) == "UpdateItem" {
					n++
				}
				return nil
			})
			return n, err
		}},
		{"unmarshal", func() (int, error) { return unmarshal(file) }},
	}
	for _, way := range ways {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(int64(inflated))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := way.read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ratios", func(b *testing.B) {
		var wall, cpu [3]time.Duration
		for b.Loop() {
			for i, way := range ways {
				started, used := time.Now(), cpuTime(b)
				if _, err := way.read(); err != nil {
					b.Fatal(err)
				}
				wall[i] += time.Since(started)
				cpu[i] += cpuTime(b) - used
			}
		}
		b.ReportMetric(float64(wall[0])/float64(wall[1]), "x-speed-of-gunzip")
		b.ReportMetric(float64(cpu[1])/float64(cpu[0]), "x-cpu-of-gunzip")
		b.ReportMetric(float64(wall[2])/float64(wall[1]), "x-speed-of-unmarshal")
		b.ReportMetric(float64(cpu[1])/float64(cpu[2]), "x-cpu-of-unmarshal")
	})
}

func gunzip(file []byte, to io.Writer) error {
	r, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return err
	}
	_, err = io.Copy(to, r)
	return err
}

// unmarshal is Read by encoding/json.
func unmarshal(file []byte) (n int, err error) {
	var text bytes.Buffer
	if err := gunzip(file, &text); err != nil {
		return 0, err
	}
	var all struct{ Records []json.RawMessage }
	if err := json.Unmarshal(text.Bytes(), &all); err != nil {
		return 0, err
	}
	for _, record := range all.Records {
		var f struct{ EventName string }
		if err := json.Unmarshal(record, &f); err != nil {
			return 0, err
		}
		if f.EventName == "UpdateItem" {
			n++
		}
	}
	return n, nil
}

// cpuTime is the time that all threads of this process have run.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
