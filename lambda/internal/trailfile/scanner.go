package trailfile

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// maxDepth is how deep objects and arrays may nest; a record of CloudTrail has about ten levels.
const maxDepth = 1000

// chunk is the least that is read at once, in bytes. With 64 KiB, the hand-over between two processors and their caches takes up to a fifth of the time of a file.
const chunk = 256 << 10

// scanner holds the part of a stream of JSON that a value takes, and the rest of what was read with it.
type scanner struct {
	ctx      context.Context
	src      io.Reader
	buf      []byte // buf[pos:end] is unread; behind it are the zeros that parser needs
	pos, end int
	record   int // the current record; -1 outside of Records
	parser   parser
}

var errEnd = errors.New("the end of the data")

func (s *scanner) reset(ctx context.Context, src io.Reader) {
	s.ctx, s.src, s.pos, s.end, s.record = ctx, src, 0, 0, -1
	if s.buf == nil {
		s.buf = make([]byte, chunk+pad)
	}
	clear(s.buf[:pad])
}

// more reads on, so that at least twice as much as the unread bytes is there: a value that is parsed again from its beginning each time is
// parsed twice in all. Less is there only at the end of the data, where nothing more is errEnd.
func (s *scanner) more() error {
	have := s.end - s.pos
	if have >= MaxRecord {
		return &Damage{fmt.Sprintf("%s is larger than %d bytes", s.where(), MaxRecord)}
	}
	target := min(max(2*have, chunk), MaxRecord) // so that no larger value fits
	unread := s.buf[s.pos:s.end]
	if len(s.buf) < target+pad {
		s.buf = make([]byte, target+pad)
	}
	s.pos, s.end = 0, copy(s.buf, unread)
	defer func() { clear(s.buf[s.end : s.end+pad]) }()
	for s.end < target {
		if err := s.ctx.Err(); err != nil { // few compressed bytes may decompress to much data
			return err
		}
		n, err := s.src.Read(s.buf[s.end:target])
		s.end += n
		switch {
		case errors.Is(err, io.EOF) && s.end == have:
			return errEnd
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// where names what is being read.
func (s *scanner) where() string {
	if s.record < 0 {
		return "a value beside Records"
	}
	return fmt.Sprintf("record %d", s.record)
}

// peek returns the next byte that is not white space, and leaves it unread.
func (s *scanner) peek() (byte, error) {
	for {
		if s.pos = over(s.buf, s.pos); s.pos < s.end {
			return s.buf[s.pos], nil
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// value returns the next value, of which it validates every byte; at says whether it is a record, whose fields are then in s.parser. Both are
// valid until the next call.
func (s *scanner) value(at place) ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, s.early(err)
	}
	for {
		s.parser.reset(s.buf[:s.end+pad])
		end := s.parser.value(s.pos, 0, at)
		switch {
		case end >= 0:
			value := s.buf[s.pos:end]
			s.pos = end
			return value, nil
		case end == malformed:
			return nil, &Damage{s.where() + ": found malformed JSON"}
		case end == notUTF8:
			return nil, &Damage{s.where() + ": found bytes that are not UTF-8"}
		case end == tooDeep:
			return nil, &Damage{fmt.Sprintf("%s is nested more than %d levels deep", s.where(), maxDepth)}
		}
		if err := s.more(); err != nil {
			return nil, s.early(err)
		}
	}
}

// early turns errEnd into damage.
func (s *scanner) early(err error) error {
	if errors.Is(err, errEnd) {
		return &Damage{"the JSON ends too early"}
	}
	return err
}
