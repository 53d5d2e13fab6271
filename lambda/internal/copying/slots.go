package copying

import (
	"container/list"
	"context"
	"sync"
)

// slots limit the objects and parts that are copied at once. A free slot goes to whoever has waited longest; if both whole objects and parts wait,
// they take turns. So all slots are used whatever there is to copy, small objects get half of them beside any number of large ones, and large ones
// share theirs.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting [2]list.List // of chan struct{}, by kind
	next    kind         // whose turn it is
}

// kind is what a slot is for.
type kind int

const (
	forObject kind = iota // copied whole
	forPart               // or for the other requests of an object that is copied in parts
)

func newSlots(n int) *slots { return &slots{free: n} }

// ask returns a channel that is closed when the caller has a slot.
func (s *slots) ask(k kind) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	turn := make(chan struct{})
	if s.waiting[k].PushBack(turn); s.free > 0 {
		s.free--
		s.give()
	}
	return turn
}

// take waits for a slot until the context ends.
func (s *slots) take(ctx context.Context, k kind) error {
	s.mu.Lock()
	if err := ctx.Err(); err != nil || s.free > 0 {
		if err == nil {
			s.free--
		}
		s.mu.Unlock()
		return err
	}
	turn := make(chan struct{})
	place := s.waiting[k].PushBack(turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-turn: // given at the same moment
		s.give()
	default:
		s.waiting[k].Remove(place)
	}
	return ctx.Err()
}

// release returns a slot.
func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.give()
}

// give gives a slot to the next who waits. The caller holds the lock.
func (s *slots) give() {
	k := s.next
	if s.waiting[k].Len() == 0 {
		k = 1 - k
	}
	if s.waiting[k].Len() == 0 {
		s.free++
		return
	}
	s.next = 1 - k
	close(s.waiting[k].Remove(s.waiting[k].Front()).(chan struct{}))
}
