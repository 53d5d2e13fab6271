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

// MaxRecord bounds one record in bytes. CloudTrail has a largest event size of its own, which is smaller.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventConfiguration.html
const MaxRecord = 4 << 20

// Damage says why a file is no whole log file: no other attempt would read it.
type Damage struct{ Reason string }

// Error is the reason.
func (d *Damage) Error() string { return d.Reason }

// Read gunzips r and calls visit with each record of its Records, in order. The record is a valid JSON object in UTF-8 of at most
// MaxRecord bytes, exactly as in the file; its bytes hold until visit returns. Only the nil error, after the end of r, says that the
// records were those of an undamaged file.
//
// The error is a *Damage for a damaged file; one of r or ctx for a failed read; or visit's own. Memory is bounded by MaxRecord.
func Read(ctx context.Context, r io.Reader, visit func(record []byte) error) error {
	reader := pool.Get().(*reader)
	defer reader.release()
	source := &source{next: r}
	err := reader.read(ctx, source, visit)
	if damage := (*Damage)(nil); errors.As(err, &damage) {
		// Only at the end of an object can S3's client tell that its bytes changed on their way.
		_, _ = io.CopyN(io.Discard, source, maxRest)
	}
	if source.err != nil { // whatever came of it: the file itself may be as it should
		return source.err
	}
	return err
}

// maxRest is how much of a damaged file is read on.
const maxRest = 64 << 20

// reader is the memory of one Read, which the next one uses again.
type reader struct {
	compressed *bufio.Reader
	gunzip     gzip.Reader
	scanner    scanner
}

var pool = sync.Pool{New: func() any { return &reader{compressed: bufio.NewReaderSize(nil, 64<<10)} }}

// keep is how large a buffer the pool keeps.
const keep = 1 << 20

func (r *reader) release() {
	r.compressed.Reset(nil)
	if len(r.scanner.buf) > keep {
		r.scanner.buf = nil
	}
	pool.Put(r)
}

func (r *reader) read(ctx context.Context, source io.Reader, visit func([]byte) error) error {
	r.compressed.Reset(source)
	if err := r.gunzip.Reset(r.compressed); err != nil {
		return ofGzip(err)
	}
	r.scanner.reset(ctx, &r.gunzip)
	return r.scanner.document(visit)
}

// source keeps the error of the stream itself, which gzip's errors hide.
type source struct {
	next io.Reader
	err  error
}

// Read reads on.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.next.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// ofGzip names what gzip complains about.
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
