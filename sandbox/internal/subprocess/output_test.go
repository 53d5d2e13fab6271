package subprocess_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

func TestTailKeepsTheLast64KiB(t *testing.T) {
	var tail subprocess.Tail
	for _, text := range []string{"forgotten", strings.Repeat("a", 40<<10), strings.Repeat("b", 24<<10)} {
		if n, err := tail.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("found %d, %v for %d bytes", n, err, len(text))
		}
	}
	if found := tail.String(); found != strings.Repeat("a", 40<<10)+strings.Repeat("b", 24<<10) {
		t.Errorf("found %d bytes, beginning with %.12q", len(found), found)
	}
}

func TestTailIsReadWhileItIsWritten(t *testing.T) {
	var tail subprocess.Tail
	var writing sync.WaitGroup
	writing.Go(func() {
		for range 1000 {
			tail.Write([]byte("x"))
		}
	})
	for range 1000 {
		_ = tail.String()
	}
	writing.Wait()
	if found := tail.String(); found != strings.Repeat("x", 1000) {
		t.Errorf("found %d bytes, expected 1000", len(found))
	}
}
