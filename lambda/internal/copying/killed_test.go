package copying

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

var errKilled = errors.New("the process is dead")

// killAt lets the process die at its n-th request: that one may be done, but its answer is lost, and no other reaches S3.
func killAt(s *fakeS3, n int32, done bool) {
	var requests atomic.Int32
	s.before = func(context.Context, call) error {
		if at := requests.Add(1); at > n || at == n && !done {
			return errKilled
		}
		return nil
	}
	s.after = func(call) error {
		if requests.Load() >= n {
			return errKilled
		}
		return nil
	}
}

func revive(s *fakeS3) { s.before, s.after = nil, nil }

// Wherever a process is killed, the next one copies what is missing and leaves no upload open.
func TestAProcessThatIsKilledAtAnyRequest(t *testing.T) {
	prepared := func() *fakeS3 {
		s := large()
		s.put(from, "large2", strings.Repeat("abc", 9))
		s.put(from, "there", "x")
		s.put(to, "there", "x")
		s.leftUpload("there", us)
		s.leftUpload("large", us)
		for i := range 4 {
			s.put(from, fmt.Sprint("small", i), "x")
		}
		return s
	}
	step := int32(1)
	if testing.Short() {
		step = 5
	}
	for _, event := range []string{`{}`, notification("large", "small0", "large2", "there", "small1", "small2", "small3")} {
		for n := int32(0); n < 60; n += step {
			for _, done := range []bool{false, true} {
				s := prepared()
				killAt(s, n, done)
				plain(t, New(s, grant()), event)
				revive(s)
				if _, result := plain(t, New(s, grant()), event); result.Err != nil || event == `{}` && s.openUploads() != "" {
					t.Fatalf("killed at request %d, done %t: the next run left %q and ended with %s", n, done, s.openUploads(), result.Payload)
				}
				for key := range s.buckets[from].objects {
					sameObject(t, s, key)
				}
				if _, result := plain(t, New(s, grant()), `{}`); s.openUploads() != "" || countOf(result.Counts, "copied").(int64) != 0 {
					t.Fatalf("killed at request %d, done %t: left %q, then %s, expected nothing to do", n, done, s.openUploads(), result.Payload)
				}
			}
		}
	}
}
