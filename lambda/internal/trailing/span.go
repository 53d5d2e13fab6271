package trailing

import (
	"fmt"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

// span is a range of time with its beginning and without its end; a zero time is no bound.
type span struct{ from, to time.Time }

func readSpan(object event.Object) (s span, err error) {
	if s.from, err = readTime(object, "from"); err != nil {
		return s, err
	}
	if s.to, err = readTime(object, "to"); err != nil {
		return s, err
	}
	return s, s.check()
}

func (s span) check() error {
	if s.from.IsZero() || s.to.IsZero() || s.from.Before(s.to) {
		return nil
	}
	return &event.Invalid{Field: `field "from"`, Found: s.from.Format(time.RFC3339), Expected: "a time before " + s.to.Format(time.RFC3339) + `, the range's end ("to", or now)`}
}

func readTime(object event.Object, name string) (time.Time, error) {
	text, given, err := object.Text(name, 64)
	if err != nil || !given {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Year() < 2000 { // CloudTrail is younger; the year 1 would be no bound
		return time.Time{}, &event.Invalid{Field: fmt.Sprintf("field %q", name), Found: "the string " + event.Quote(text), Expected: "a time as 2016-08-25T13:00:00Z"}
	}
	return at.UTC(), nil
}

// holds reports whether the time of an event lies in the range. Without a bound every event does, also one that has no time.
func (s span) holds(eventTime []byte) bool {
	if s.from.IsZero() && s.to.IsZero() {
		return true
	}
	at, err := time.Parse(time.RFC3339, string(eventTime))
	return err == nil && !at.Before(s.from) && (s.to.IsZero() || at.Before(s.to))
}
