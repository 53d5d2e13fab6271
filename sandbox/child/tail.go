package child

import (
	"bytes"
	"sync"
)

// keptTail is how much a Tail keeps, in bytes.
const keptTail = 64 << 10

// Tail keeps the last 64 KiB of what is written to it, as the Output of a program whose last words belong into an error. It may be
// read while the program goes on printing.
type Tail struct {
	mutex sync.Mutex
	kept  bytes.Buffer
}

// Write never errs.
func (t *Tail) Write(p []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.kept.Write(p)
	if extra := t.kept.Len() - keptTail; extra > 0 {
		t.kept.Next(extra)
	}
	return len(p), nil
}

// String returns what was kept so far.
func (t *Tail) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.kept.String()
}
