package trailing

import (
	"bytes"
	"log/slog"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/token"
	"github.com/crossgrant/crossgrant/lambda/internal/trailfile"
)

// tail is room for what has a fixed size in an answer, a next token and a bucket's name among it.
const tail = maxToken + 4<<10

// page is an answer under construction, or the part of one file in it.
type page struct {
	bucket   string
	limit    int
	maxBytes int
	// stops says that the page ends at its limit. Otherwise it continues to count events.
	stops bool

	size     int // of everything below, as JSON
	events   bytes.Buffer
	returned int
	// count and names are of all events that matched, returned or only counted.
	count   int
	names   map[string]int
	skipped []skipped
	read    int
	ignored ignored
	next    string
	// denied is how many of the skipped files S3 refuses to this role, and firstDenied the first of them; unread is how many others it skipped, except
	// those that are gone.
	denied, unread int
	firstDenied    *fileError
	// failed is the error of the call at which the answer ended; nil if it ended for another reason.
	failed   error
	delivery *delivery
}

// skipped is a file that could not be read or, with a record, one event of it.
type skipped struct {
	Key     string `json:"key"`
	Reason  string `json:"reason"`
	Record  *int   `json:"record,omitempty"`
	EventID string `json:"eventID,omitempty"`
}

// ignored counts keys that are not read.
type ignored struct{ digests, others, otherTimes int }

func newPage(bucket string, maxBytes, limit int) *page {
	return &page{bucket: bucket, maxBytes: maxBytes, limit: limit, names: map[string]int{}}
}

// perName is the room for the count and punctuation of a name, and perEvent for the comma of an event.
const (
	perName  = 16
	perEvent = 1
)

func (p *page) room() int { return p.maxBytes - tail - p.size }

// nameSize returns the room that a name takes, which is none if it is already counted.
func (p *page) nameSize(name []byte) int {
	if _, counted := p.names[string(name)]; counted { // no copy
		return 0
	}
	return jsonSize(string(name)) + perName
}

// fits reports whether an event can be returned. A page that continues to count keeps a fifth of its room for names.
func (p *page) fits(name, event []byte) bool {
	room := p.room()
	if !p.stops {
		room -= p.maxBytes / 5
	}
	return p.returned < p.limit && p.nameSize(name)+len(event)+perEvent <= room
}

// full reports whether the page stops at its limit and has reached it.
func (p *page) full() bool { return p.stops && p.returned >= p.limit }

func (p *page) add(name, event []byte) {
	if p.returned > 0 {
		p.events.WriteByte(',')
	}
	p.events.Write(event)
	p.size += len(event) + perEvent
	p.returned++
	p.countEvents(name, 1)
}

// countEvents counts events without returning them.
func (p *page) countEvents(name []byte, n int) {
	p.size += p.nameSize(name)
	p.names[string(name)] += n
	p.count += n
}

// skip adds a file or event that could not be read, if it fits.
func (p *page) skip(s skipped) bool {
	size := jsonSize(s) + 1
	if size > p.room() {
		return false
	}
	p.size += size
	p.skipped = append(p.skipped, s)
	return true
}

func (p *page) ignore(n ignored) {
	p.ignored.digests += n.digests
	p.ignored.others += n.others
	p.ignored.otherTimes += n.otherTimes
}

// setNext sets the next token of the answer.
func (p *page) setNext(end position, wanted request) error {
	if wanted.untilNow {
		end.To = wanted.times.to.Unix()
	}
	if len(wanted.accounts) > 0 {
		end.AsOf = wanted.asOf.Unix()
	}
	end.Denied = wanted.start.Denied + p.denied
	end.Read = wanted.start.Read || p.read+p.unread > 0
	text, err := token.Encode(end, wanted.tokenContext)
	p.next = text
	return err
}

// fileEvents are the events of one file for an answer, kept until the end of the file has been read. They never take more room than an empty
// answer has.
type fileEvents struct {
	page *page
	etag string
	// matched are the events to return, in order; counted are the names of those that are only counted.
	matched []matched
	counted map[string]int
	// fullAt is the record at which there was no more room; 0 if all that matched are here.
	fullAt int
	// unread is why there are no events of the file; nil if it was read to its end.
	unread *skipped
	// gone says that the file does not exist, and denied why S3 refuses it.
	gone   bool
	denied *fileError
}

// matched is an event that matched or, with skipped, one that is too large for any answer.
type matched struct {
	record   int
	name     []byte
	from, to int // in the events of the page
	skipped  *skipped
}

func newFileEvents(p *page) *fileEvents {
	own := newPage("", p.maxBytes, p.limit)
	own.stops = p.stops
	return &fileEvents{page: own, counted: map[string]int{}}
}

// add adds an event that matched. It copies the event's bytes.
func (e *fileEvents) add(key string, record int, fields *trailfile.Fields, event []byte) {
	switch {
	case e.fullAt > 0:
	case e.page.fits(fields.EventName, event):
		e.page.add(fields.EventName, event)
		to := e.page.events.Len()
		e.matched = append(e.matched, matched{record: record, name: append([]byte{}, fields.EventName...), from: to - len(event), to: to})
	case !e.page.stops && e.page.nameSize(fields.EventName) <= e.page.room():
		e.page.countEvents(fields.EventName, 1)
		e.counted[string(fields.EventName)]++
	case e.page.size == 0:
		note := skipped{Key: key, Record: &record, Reason: "the event alone is larger than an answer"}
		if len(fields.EventID) <= maxID {
			note.EventID = string(fields.EventID)
		}
		e.page.skip(note)
		e.matched = append(e.matched, matched{record: record, skipped: &note})
	default:
		e.fullAt = record
	}
}

// maxID is the longest event ID that an answer repeats; those of CloudTrail have 36 bytes.
const maxID = 128

// addFile adds the events of a file to the page, as far as there is room: end is where the page ended in the file, and whole says that all of
// the file was added. Neither means that nothing of it was.
func (p *page) addFile(e *fileEvents, key string) (end *position, whole bool) {
	if e.unread != nil {
		return nil, p.addUnread(e)
	}
	if !p.stops && !p.fitsNames(e) {
		return nil, false
	}
	for i, m := range e.matched {
		event := e.page.events.Bytes()[m.from:m.to]
		switch {
		case m.skipped != nil && p.skip(*m.skipped):
		case m.skipped == nil && p.fits(m.name, event):
			p.add(m.name, event)
		case m.skipped == nil && !p.stops:
			p.countEvents(m.name, 1)
		case i == 0:
			return nil, false
		default:
			p.read++
			return &position{Key: key, Record: m.record, ETag: e.etag}, false
		}
	}
	for name, n := range e.counted {
		p.countEvents([]byte(name), n)
	}
	p.read++
	if e.fullAt > 0 {
		return &position{Key: key, Record: e.fullAt, ETag: e.etag}, false
	}
	return nil, true
}

// addUnread adds a file that could not be read, if it fits.
func (p *page) addUnread(e *fileEvents) bool {
	if !p.skip(*e.unread) {
		return false
	}
	switch {
	case e.denied != nil:
		if p.denied++; p.firstDenied == nil {
			p.firstDenied = e.denied
		}
	case !e.gone:
		p.unread++
	}
	return true
}

// fitsNames reports whether the page can count all events of a file.
func (p *page) fitsNames(e *fileEvents) bool {
	size := 0
	for name := range e.page.names {
		size += p.nameSize([]byte(name))
	}
	for _, m := range e.matched {
		if m.skipped != nil {
			size += jsonSize(m.skipped) + 1
		}
	}
	return size <= p.room()
}

// close completes the answer: {"bucket","events","count","byName","files","skipped","delivery","next"}. "events" are byte for byte as in their files, which
// is why they are not encoded again. "count" and "byName" are of all events that matched in the part that this answer covers: with limit 0, and
// for a notification, more than those in "events". The counts of all answers to a request add up. "files" has how many files were read to their
// end, and how many keys were ignored: "digests", "others" that are not log files, and "otherTimes" that by their names have no events of the
// range. "skipped" has what could not be read. "delivery", of a range only, says which deliveries the answer has looked at. "next" is set if there may be more events; there may turn out to be none.
func (p *page) close() []byte {
	type files struct {
		Read       int `json:"read"`
		Digests    int `json:"digests"`
		Others     int `json:"others"`
		OtherTimes int `json:"otherTimes"`
	}
	rest := mustJSON(struct {
		Count    int            `json:"count"`
		ByName   map[string]int `json:"byName"`
		Files    files          `json:"files"`
		Skipped  []skipped      `json:"skipped"`
		Delivery *delivery      `json:"delivery,omitempty"`
		Next     string         `json:"next,omitempty"`
	}{p.count, p.names, files{p.read, p.ignored.digests, p.ignored.others, p.ignored.otherTimes}, append([]skipped{}, p.skipped...), p.delivery, p.next})
	var out bytes.Buffer
	out.Grow(p.events.Len() + len(rest) + len(p.bucket) + 32)
	out.WriteString(`{"bucket":`)
	out.Write(mustJSON(p.bucket))
	out.WriteString(`,"events":[`)
	out.Write(p.events.Bytes())
	out.WriteString(`],`)
	out.Write(rest[1:])
	return out.Bytes()
}

func (p *page) logged() []slog.Attr {
	return []slog.Attr{slog.Int("count", p.count), slog.Int("events", p.returned), slog.Int("files", p.read), slog.Int("skipped", len(p.skipped)), slog.Int("denied", p.denied)}
}

func jsonSize(v any) int { return len(mustJSON(v)) }

// mustJSON encodes strings, numbers and structs of them, which always succeeds.
func mustJSON(v any) []byte {
	out, err := answer.JSON(v)
	if err != nil {
		panic(err)
	}
	return out
}
