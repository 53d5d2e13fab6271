package trailing

import (
	"bytes"
	"log/slog"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
)

// tail is room for what has a fixed size in an answer, a next token and a bucket's name among it.
const tail = maxToken + 4<<10

// page is the answer while it grows, or what one file gives to it.
type page struct {
	bucket   string
	limit    int
	maxBytes int
	// stops says that the page ends with its limit. One that does not goes on counting.
	stops bool

	size     int // of everything below, as JSON
	events   bytes.Buffer
	returned int
	// count and names are of the events that matched, returned or only counted.
	count   int
	names   map[string]int
	skipped []skipped
	read    int
	passed  passed
	next    string
}

// skipped is what could not be read: a file or, with an event id, one event of it.
type skipped struct {
	Key     string `json:"key"`
	Reason  string `json:"reason"`
	Record  *int   `json:"record,omitempty"`
	EventID string `json:"eventID,omitempty"`
}

func newPage(bucket string, maxBytes, limit int) *page {
	return &page{bucket: bucket, maxBytes: maxBytes, limit: limit, names: map[string]int{}}
}

// perName is room for a name's count and punctuation, and perEvent for an event's comma.
const (
	perName  = 16
	perEvent = 1
)

func (p *page) room() int { return p.maxBytes - tail - p.size }

// nameSize returns what a name that is not yet counted takes.
func (p *page) nameSize(name []byte) int {
	if _, there := p.names[string(name)]; there { // no copy
		return 0
	}
	return jsonSize(string(name)) + perName
}

// fits reports whether an event fits, as one that is returned. A page that goes on counting keeps a fifth for names.
func (p *page) fits(name, event []byte) bool {
	room := p.room()
	if !p.stops {
		room -= p.maxBytes / 5
	}
	return p.returned < p.limit && p.nameSize(name)+len(event)+perEvent <= room
}

func (p *page) add(name, event []byte) {
	if p.returned > 0 {
		p.events.WriteByte(',')
	}
	p.events.Write(event)
	p.size += len(event) + perEvent
	p.returned++
	p.tally(name, 1)
}

// tally counts an event, which is not returned unless add says so.
func (p *page) tally(name []byte, n int) {
	p.size += p.nameSize(name)
	p.names[string(name)] += n
	p.count += n
}

// skip notes what could not be read, if that fits.
func (p *page) skip(s skipped) bool {
	size := jsonSize(s) + 1
	if size > p.room() {
		return false
	}
	p.size += size
	p.skipped = append(p.skipped, s)
	return true
}

func (p *page) pass(n passed) {
	p.passed.digests += n.digests
	p.passed.others += n.others
	p.passed.otherTimes += n.otherTimes
}

// close completes the answer: {"bucket","events","count","byName","files","skipped","next"}. "events" are as they are in their files, byte for
// byte, which is why no encoder sees them. "count" and "byName" are of the events that matched between where this answer began and where it
// ended: with limit 0, and for a notification, more than those in "events". The counts of all answers to a request add up. "files" has how many files were
// read to their end, and how many keys were passed over: "digests", "others" that are no log files, and "otherTimes" that by their names hold no
// events of the range. "skipped" names what could not be read. "next" is there where there may be more, which may turn out to be nothing.
func (p *page) close() []byte {
	type files struct {
		Read       int `json:"read"`
		Digests    int `json:"digests"`
		Others     int `json:"others"`
		OtherTimes int `json:"otherTimes"`
	}
	rest := mustJSON(struct {
		Count   int            `json:"count"`
		ByName  map[string]int `json:"byName"`
		Files   files          `json:"files"`
		Skipped []skipped      `json:"skipped"`
		Next    string         `json:"next,omitempty"`
	}{p.count, p.names, files{p.read, p.passed.digests, p.passed.others, p.passed.otherTimes}, append([]skipped{}, p.skipped...), p.next})
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
	return []slog.Attr{slog.Int("count", p.count), slog.Int("events", p.returned), slog.Int("files", p.read), slog.Int("skipped", len(p.skipped))}
}

func jsonSize(v any) int { return len(mustJSON(v)) }

// mustJSON serves strings, numbers and structs of them, which always encode.
func mustJSON(v any) []byte {
	out, err := answer.JSON(v)
	if err != nil {
		panic(err)
	}
	return out
}
