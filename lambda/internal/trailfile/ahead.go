package trailfile

import (
	"errors"
	"io"
	"sync/atomic"
)

// chunks is how many buffers a reader ahead has: one that is read from, two that are full, and one that is being filled.
const chunks = 4

// ahead reads from gzip in a goroutine of its own, up to a few chunks before its reader. What fits into the first chunk needs no goroutine.
type ahead struct {
	buffers [chunks][]byte
	free    chan []byte
	full    chan filled // as many as there are buffers, so that sending never waits
	stopped atomic.Bool
	now     filled // what is being read
	rest    []byte // of now
}

// filled is a buffer with its data, and the error behind them.
type filled struct {
	buffer []byte
	n      int
	err    error
}

// start begins to read from src. It needs a stop before the next start.
func (a *ahead) start(src io.Reader) {
	for i := range a.buffers {
		if a.buffers[i] == nil {
			a.buffers[i] = make([]byte, chunk)
		}
	}
	a.free, a.full = nil, nil
	a.stopped.Store(false)
	a.now = a.fill(src, a.buffers[0])
	a.rest = a.now.buffer[:a.now.n]
	if a.now.err != nil {
		return
	}
	free, full := make(chan []byte, chunks), make(chan filled, chunks)
	a.free, a.full = free, full
	for _, buffer := range a.buffers[1:] {
		free <- buffer
	}
	go func() {
		defer close(full)
		for buffer := range free {
			f := a.fill(src, buffer)
			full <- f
			if f.err != nil {
				return
			}
		}
	}()
}

// fill reads until the buffer is full, or to the end.
func (a *ahead) fill(src io.Reader, buffer []byte) filled {
	f := filled{buffer: buffer}
	for empty := 0; f.n < len(buffer) && f.err == nil && !a.stopped.Load(); {
		n, err := src.Read(buffer[f.n:])
		f.n += n
		if empty++; n > 0 {
			empty = 0
		}
		switch {
		case errors.Is(err, io.EOF):
			f.err = io.EOF
		case err != nil:
			f.err = ofGzip(err)
		case empty > 100:
			f.err = io.ErrNoProgress
		}
	}
	return f
}

// Read implements io.Reader.
func (a *ahead) Read(p []byte) (int, error) {
	if len(a.rest) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		a.free <- a.now.buffer
		a.now = <-a.full
		a.rest = a.now.buffer[:a.now.n]
		if len(a.rest) == 0 {
			return 0, a.now.err
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// stop ends the goroutine and waits for it: at most for the read that it is in.
func (a *ahead) stop() {
	if a.free == nil {
		return
	}
	a.stopped.Store(true)
	close(a.free)
	for range a.full {
	}
}
