// Package trailfile reads one CloudTrail log file from a stream, record by record. It calls no service, and does not decide which records
// are wanted.
package trailfile

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip" // about twice as fast as the standard library's, BSD
)

// MaxRecord is the most bytes of a record. CloudTrail has a smaller maximum of its own.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventConfiguration.html
const MaxRecord = 4 << 20

// Damage says why a file is not a complete log file. Another attempt would not help.
type Damage struct{ Reason string }

// Error is the reason.
func (d *Damage) Error() string { return d.Reason }

// Visit is called with each record, a valid JSON object in UTF-8 of at most MaxRecord bytes, exactly as in the file, and its fields. The bytes
// of both are valid until it returns.
type Visit func(record []byte, fields *Fields) error

// Read gunzips r and calls visit with each record of its Records, in order. Only a nil error, after the end of r, says that the records are those
// of an undamaged file. A goroutine gunzips ahead of visit; it has ended when Read returns.
//
// The error is a *Damage for a damaged file, an error of r or ctx for a failed read, or an error of visit. MaxRecord bounds the memory.
func Read(ctx context.Context, r io.Reader, visit Visit) error {
	reader := pool.Get().(*reader)
	defer reader.release()
	source := &source{next: r}
	err := reader.read(ctx, source, visit)
	if damage := (*Damage)(nil); errors.As(err, &damage) {
		// The S3 client detects bytes that changed in transit only at the end of an object.
		_, _ = io.CopyN(io.Discard, source, maxRest)
	}
	if source.err != nil { // the file itself may be undamaged
		return source.err
	}
	return err
}

// maxRest is the most that is read of the rest of a damaged file.
const maxRest = 64 << 20

// reader has the buffers of one Read, which the next one reuses.
type reader struct {
	compressed *bufio.Reader
	gunzip     gzip.Reader
	ahead      ahead
	scanner    scanner
}

var pool = sync.Pool{New: func() any { return &reader{compressed: bufio.NewReaderSize(nil, 64<<10)} }}

// keep is the largest buffer that the pool keeps.
const keep = 1 << 20

func (r *reader) release() {
	r.compressed.Reset(nil)
	if len(r.scanner.buf) > keep {
		r.scanner.buf = nil
	}
	pool.Put(r)
}

func (r *reader) read(ctx context.Context, source io.Reader, visit Visit) error {
	r.compressed.Reset(source)
	if err := r.gunzip.Reset(r.compressed); err != nil {
		return ofGzip(err)
	}
	r.ahead.start(&r.gunzip)
	defer r.ahead.stop()
	r.scanner.reset(ctx, &r.ahead)
	return r.scanner.document(visit)
}

// source keeps the error of the stream, which the errors of gzip hide.
type source struct {
	next io.Reader
	err  error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.next.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// ofGzip describes an error of gzip.
func ofGzip(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return &Damage{"found no data, expected a gzip file"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Damage{"the gzip data ends too early"}
	case errors.Is(err, gzip.ErrHeader):
		return &Damage{"found other data than gzip, or behind it, expected only gzip"}
	case errors.Is(err, gzip.ErrChecksum):
		return &Damage{"the checksum of the gzip data is wrong"}
	}
	return &Damage{"the gzip data is damaged (" + err.Error() + ")"}
}
