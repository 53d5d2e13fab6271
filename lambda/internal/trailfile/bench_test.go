package trailfile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// benchFile is a log file of some 20 MB with records like those of the fixture, without white space as CloudTrail writes them.
func benchFile(b *testing.B) (file []byte, inflated int) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(events(b))); err != nil {
		b.Fatal(err)
	}
	records := strings.TrimSuffix(strings.TrimPrefix(compact.String(), `{"Records":[`), `]}`)
	var text strings.Builder
	text.WriteString(`{"Records":[`)
	random := rand.New(rand.NewPCG(1, 2)) // ids make real files shrink to about a tenth, not a thousandth
	for i := 0; text.Len() < 20<<20; i++ {
		if i > 0 {
			text.WriteByte(',')
		}
		hex := fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())
		text.WriteString(strings.NewReplacer("11111111-aaaa-4444-8888", hex[:23], "EXAMPLE", strings.ToUpper(hex[20:]), "13:0", "13:"+hex[3:4],
			"10.0.12.7", fmt.Sprintf("10.0.%d.%d", random.IntN(256), random.IntN(256)), "private/", "private/"+hex).Replace(records))
	}
	text.WriteString(`]}`)
	file = zip(b, text.String())
	b.Logf("%d bytes are %d as gzip", text.Len(), len(file))
	return file, text.Len()
}

// The same file gunzipped only, which is the least that anything can take, read and filtered by this package, and read at once by encoding/json.
func BenchmarkFile(b *testing.B) {
	file, inflated := benchFile(b)
	for _, c := range []struct {
		name string
		read func() (int, error)
	}{
		{"gunzip", func() (int, error) {
			r, err := gzip.NewReader(bytes.NewReader(file))
			if err != nil {
				return 0, err
			}
			_, err = io.Copy(io.Discard, r)
			return 0, err
		}},
		{"read", func() (n int, err error) {
			err = Read(context.Background(), bytes.NewReader(file), func(record []byte) error {
				if f := FieldsOf(record); string(f.EventName) == "StopLogging" {
					n++
				}
				return nil
			})
			return n, err
		}},
		{"unmarshal", func() (n int, err error) {
			r, err := gzip.NewReader(bytes.NewReader(file))
			if err != nil {
				return 0, err
			}
			text, err := io.ReadAll(r)
			if err != nil {
				return 0, err
			}
			var all struct{ Records []json.RawMessage }
			if err := json.Unmarshal(text, &all); err != nil {
				return 0, err
			}
			for _, record := range all.Records {
				var f struct{ EventName string }
				if err := json.Unmarshal(record, &f); err != nil {
					return 0, err
				}
				if f.EventName == "StopLogging" {
					n++
				}
			}
			return n, nil
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(inflated))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
