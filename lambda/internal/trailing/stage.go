package trailing

import (
	"github.com/crossgrant/crossgrant/lambda/internal/trailfile"
)

// stage is what one file gives to an answer, held back until the file's end has been seen. It never holds more than an empty answer
// has room for.
type stage struct {
	budget *page
	etag   string
	// found are the events to return, in order; rest are those that are only counted.
	found []found
	rest  map[string]int
	// cut is the record at which the stage was full; 0 where it holds all that matched.
	cut int
	// unread is why there is nothing of the file; nil where it was read to its end.
	unread *skipped
	// gone says that the file is not there.
	gone bool
}

// found is an event that matched or, skipped, one that no answer can hold.
type found struct {
	record   int
	name     []byte
	from, to int // in the budget's events
	skipped  *skipped
}

func newStage(p *page) *stage {
	budget := newPage("", p.maxBytes, p.limit)
	budget.stops = p.stops
	return &stage{budget: budget, rest: map[string]int{}}
}

// take stages an event that matched. Its bytes are copied.
func (s *stage) take(key string, record int, fields *trailfile.Fields, event []byte) {
	switch {
	case s.cut > 0:
	case s.budget.fits(fields.EventName, event):
		s.budget.add(fields.EventName, event)
		to := s.budget.events.Len()
		s.found = append(s.found, found{record: record, name: append([]byte{}, fields.EventName...), from: to - len(event), to: to})
	case !s.budget.stops && s.budget.nameSize(fields.EventName) <= s.budget.room():
		s.budget.tally(fields.EventName, 1)
		s.rest[string(fields.EventName)]++
	case s.budget.size == 0:
		note := skipped{Key: key, Record: &record, Reason: "the event alone is larger than an answer"}
		if len(fields.EventID) <= maxID {
			note.EventID = string(fields.EventID)
		}
		s.budget.skip(note)
		s.found = append(s.found, found{record: record, skipped: &note})
	default:
		s.cut = record
	}
}

// maxID is the longest event id that is named; CloudTrail's are of 36 bytes.
const maxID = 128

// commit puts the stage of a file into the page, as far as it fits: end is where the page ended in the file, and whole says that nothing
// of the file is left. Neither means that nothing of it fitted.
func (p *page) commit(s *stage, key string) (end *position, whole bool) {
	if s.unread != nil {
		return nil, p.skip(*s.unread)
	}
	if !p.stops && !p.fitsNames(s) {
		return nil, false
	}
	for i, one := range s.found {
		event := s.budget.events.Bytes()[one.from:one.to]
		switch {
		case one.skipped != nil && p.skip(*one.skipped):
		case one.skipped == nil && p.fits(one.name, event):
			p.add(one.name, event)
		case one.skipped == nil && !p.stops:
			p.tally(one.name, 1)
		case i == 0:
			return nil, false
		default:
			p.read++
			return &position{Key: key, Record: one.record, ETag: s.etag}, false
		}
	}
	for name, n := range s.rest {
		p.tally([]byte(name), n)
	}
	p.read++
	if s.cut > 0 {
		return &position{Key: key, Record: s.cut, ETag: s.etag}, false
	}
	return nil, true
}

// fitsNames reports whether the page can count all of the stage.
func (p *page) fitsNames(s *stage) bool {
	size := 0
	for name := range s.budget.names {
		size += p.nameSize([]byte(name))
	}
	for _, one := range s.found {
		if one.skipped != nil {
			size += jsonSize(one.skipped) + 1
		}
	}
	return size <= p.room()
}

// full says that no event more can be returned, which ends a page that stops there.
func (p *page) full() bool { return p.stops && p.returned >= p.limit }
