package copying

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
)

func TestSlotsAreGivenInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1)
		if err := s.take(t.Context(), forObject); err != nil {
			t.Fatal(err)
		}
		var order []string
		ask := func(ctx context.Context, name string, k kind) {
			go func() {
				if s.take(ctx, k) == nil {
					order = append(order, name)
					s.release()
				}
			}()
			synctest.Wait()
		}
		gone, cancel := context.WithCancel(t.Context())
		for _, name := range []string{"p1", "p2", "p3"} {
			ask(t.Context(), name, forPart)
		}
		ask(gone, "o1", forObject)
		for _, name := range []string{"o2", "o3", "o4", "o5"} {
			ask(t.Context(), name, forObject)
		}
		cancel()
		synctest.Wait()
		s.release()
		synctest.Wait()
		if got := strings.Join(order, " "); got != "o2 p1 o3 p2 o4 p3 o5" {
			t.Errorf("found the order %s", got)
		}
		if s.free != 1 {
			t.Errorf("%d slots are free in the end, expected 1", s.free)
		}
		if err := s.take(gone, forPart); err == nil || s.free != 1 {
			t.Errorf("after the context: found %v, %d free", err, s.free)
		}
	})
}
