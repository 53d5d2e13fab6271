package trailfile

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// maxDepth is how deep objects and arrays may nest; a record of CloudTrail has about ten levels.
const maxDepth = 1000

// chunk is the least that is read at once, in bytes.
const chunk = 64 << 10

// scanner splits a stream of JSON into values, which it does not parse. It holds one value at a time.
type scanner struct {
	ctx      context.Context
	src      io.Reader
	buf      []byte
	pos, end int // buf[pos:end] is unread
	mark     int // the beginning of the current value; -1 between values
	record   int // the current record; -1 outside of Records
}

var errEnd = errors.New("the end of the data")

func (s *scanner) reset(ctx context.Context, src io.Reader) {
	s.ctx, s.src, s.pos, s.end, s.mark, s.record = ctx, src, 0, 0, -1, -1
}

// more appends data to the unread bytes, or to those of the current value. At the end it returns errEnd.
func (s *scanner) more() error {
	if err := s.ctx.Err(); err != nil { // few compressed bytes may decompress to much data
		return err
	}
	from := s.pos
	if s.mark >= 0 {
		from = s.mark
		if s.end-from >= MaxRecord {
			return &Damage{fmt.Sprintf("%s is larger than %d bytes", s.where(), MaxRecord)}
		}
	}
	s.end = copy(s.buf, s.buf[from:s.end])
	s.pos -= from
	if s.mark >= 0 {
		s.mark = 0
	}
	if s.end == len(s.buf) {
		grown := make([]byte, min(max(2*len(s.buf), chunk), MaxRecord)) // so that no larger value fits
		copy(grown, s.buf)
		s.buf = grown
	}
	for range 100 {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		switch {
		case n > 0:
			return nil
		case errors.Is(err, io.EOF):
			return errEnd
		case err != nil:
			return ofGzip(err)
		}
	}
	return io.ErrNoProgress
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
		for ; s.pos < s.end; s.pos++ {
			if c := s.buf[s.pos]; !space(c) {
				return c, nil
			}
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// value returns the bytes of the next value, which may be malformed. They are valid until the next call.
func (s *scanner) value() ([]byte, error) {
	first, err := s.peek()
	if err != nil {
		return nil, s.early(err)
	}
	s.mark = s.pos
	switch first {
	case '{', '[':
		err = s.nested()
	case '"':
		s.pos++
		err = s.text()
	default:
		err = s.scalar()
	}
	value := s.buf[s.mark:s.pos]
	s.mark = -1
	if err != nil {
		return nil, s.early(err)
	}
	return value, nil
}

// early turns errEnd into damage.
func (s *scanner) early(err error) error {
	if errors.Is(err, errEnd) {
		return &Damage{"the JSON ends too early"}
	}
	return err
}

// nested reads to the end of an object or array. It counts brackets of both kinds together; valid checks that they match.
func (s *scanner) nested() error {
	depth := 0
	for {
		for s.pos < s.end {
			c := s.buf[s.pos]
			s.pos++
			switch c {
			case '"':
				if err := s.text(); err != nil {
					return err
				}
			case '{', '[':
				if depth++; depth > maxDepth {
					return &Damage{fmt.Sprintf("%s is nested more than %d levels deep", s.where(), maxDepth)}
				}
			case '}', ']':
				if depth--; depth == 0 {
					return nil
				}
			}
		}
		if err := s.more(); err != nil {
			return err
		}
	}
}

// text reads to the closing quote of a string.
func (s *scanner) text() error {
	escaped := false
	for {
		buf := s.buf[:s.end]
		for i := s.pos; i < len(buf); i++ {
			switch {
			case escaped:
				escaped = false
			case buf[i] == '"':
				s.pos = i + 1
				return nil
			case buf[i] == '\\':
				escaped = true
			}
		}
		s.pos = s.end
		if err := s.more(); err != nil {
			return err
		}
	}
}

// scalar reads to the end of a number or a literal.
func (s *scanner) scalar() error {
	for {
		for ; s.pos < s.end; s.pos++ {
			if c := s.buf[s.pos]; space(c) || c == ',' || c == ']' || c == '}' || c == ':' {
				return nil
			}
		}
		if err := s.more(); err != nil {
			return err
		}
	}
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
