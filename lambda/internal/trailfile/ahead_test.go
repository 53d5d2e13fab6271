package trailfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
)

// However Read ends, its goroutine has ended with it: synctest reports one that has not.
func TestNoGoroutineOutlivesRead(t *testing.T) {
	text := realistic(2, 1000) // more than all buffers hold
	whole := zip(t, text)
	enough := errors.New("enough")
	for _, c := range []struct {
		name     string
		file     []byte
		visit    func(n int) error
		expected error
	}{
		{"whole", whole, func(int) error { return nil }, nil},
		{"at the first record", whole, func(int) error { return enough }, enough},
		{"in the middle", whole, func(n int) error {
			if n == 700 {
				return enough
			}
			return nil
		}, enough},
		{"malformed at once", zip(t, "["+text), nil, &Damage{}},
		{"malformed in the middle", zip(t, text[:len(text)/2]+"\x01"+text[len(text)/2:]), nil, &Damage{}},
		{"cut off", whole[:len(whole)/2], nil, &Damage{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				err := Read(t.Context(), bytes.NewReader(c.file), func([]byte, *Fields) error {
					if n++; c.visit == nil {
						return nil
					}
					return c.visit(n)
				})
				if _, damage := c.expected.(*Damage); damage && !errors.As(err, new(*Damage)) || !damage && !errors.Is(err, c.expected) {
					t.Errorf("found %v, expected %v", err, c.expected)
				}
			})
		})
	}
}

// hanging gives some data, and then nothing until its context ends, as the body of a GetObject does.
type hanging struct {
	ctx  context.Context
	data io.Reader
}

func (h hanging) Read(p []byte) (int, error) {
	if n, err := h.data.Read(p); err == nil {
		return n, nil
	}
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

func TestASourceThatHangsEndsWithItsContext(t *testing.T) {
	whole := zip(t, realistic(2, 1000))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		records := 0
		go func() { synctest.Wait(); cancel() }() // when all others wait
		err := Read(ctx, hanging{ctx, bytes.NewReader(whole[:len(whole)/2])}, func([]byte, *Fields) error { records++; return nil })
		if !errors.Is(err, context.Canceled) || records == 0 {
			t.Errorf("found %v after %d records", err, records)
		}
	})
}

// Files that are read at once do not share what they must not.
func TestFilesThatAreReadAtOnce(t *testing.T) {
	var all sync.WaitGroup
	for seed := range uint64(4) {
		text := realistic(seed, 200)
		want, file := wanted(t, text), zip(t, text)
		for range 3 {
			all.Go(func() {
				got, err := read(bytes.NewReader(file))
				if err != nil || len(got) != len(want) {
					t.Errorf("seed %d: found %d records and %v, expected %d", seed, len(got), err, len(want))
					return
				}
				for i := range want {
					if got[i] != want[i] {
						t.Errorf("seed %d: record %d differs", seed, i)
						return
					}
				}
			})
		}
	}
	all.Wait()
}
