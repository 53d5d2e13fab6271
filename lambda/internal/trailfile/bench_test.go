package trailfile

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/crossgrant/crossgrant/lambda/internal/benchcompare"
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
	ways := []benchcompare.Way{
		{Name: "gunzip", Run: func() error { return gunzip(file, io.Discard) }},
		{Name: "read", Run: func() error {
			n := 0
			return Read(context.Background(), bytes.NewReader(file), func(_ []byte, fields *Fields) error {
				if string(fields.EventName) == "UpdateItem" {
					n++
				}
				return nil
			})
		}},
		{Name: "unmarshal", Run: func() error { _, err := unmarshal(file); return err }},
	}
	benchcompare.Ways(b, inflated, ways, func(b *testing.B, t benchcompare.Times) {
		b.ReportMetric(benchcompare.Ratio(t.Wall[0], t.Wall[1]), "x-speed-of-gunzip")
		b.ReportMetric(benchcompare.Ratio(t.CPU[1], t.CPU[0]), "x-cpu-of-gunzip")
		b.ReportMetric(benchcompare.Ratio(t.Wall[2], t.Wall[1]), "x-speed-of-unmarshal")
		b.ReportMetric(benchcompare.Ratio(t.CPU[1], t.CPU[2]), "x-cpu-of-unmarshal")
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
