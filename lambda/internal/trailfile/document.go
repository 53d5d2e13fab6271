package trailfile

import (
	"errors"
	"fmt"
)

// document reads {"Records":[…]} to its end and to the end of the data. It ignores other names beside Records, since CloudTrail may add some.
// What is malformed for encoding/json is malformed here, and so are two Records.
func (s *scanner) document(visit Visit) error {
	found := false
	err := s.list('{', '}', "an object with Records", func(int) error {
		name, err := s.name()
		switch {
		case err != nil:
			return err
		case string(name) != "Records":
			_, err = s.value(elsewhere)
			return err
		case found:
			return &Damage{"found Records twice, expected it once"}
		}
		found = true
		return s.records(visit)
	})
	if err == nil {
		err = s.atEnd()
	}
	if err == nil && !found {
		return &Damage{"found no Records, expected the array of a CloudTrail log file"}
	}
	return err
}

// records reads the array of records.
func (s *scanner) records(visit Visit) error {
	err := s.list('[', ']', "an array as Records", func(i int) error {
		s.record = i
		if c, err := s.peek(); err != nil {
			return s.early(err)
		} else if c != '{' {
			return &Damage{fmt.Sprintf("record %d: found %q, expected an object", i, c)}
		}
		record, err := s.value(inRecord)
		if err != nil {
			return err
		}
		return visit(record, &s.parser.fields)
	})
	s.record = -1
	return err
}

// list reads an object or array and calls entry at the beginning of each of its entries.
func (s *scanner) list(begin, end byte, expected string, entry func(i int) error) error {
	if err := s.expect(begin, expected); err != nil {
		return err
	}
	c, err := s.peek()
	if err != nil {
		return s.early(err)
	}
	if c == end {
		s.pos++
		return nil
	}
	for i := 0; c != end; i++ {
		if err := entry(i); err != nil {
			return err
		}
		if c, err = s.peek(); err != nil {
			return s.early(err)
		}
		if c != ',' && c != end {
			return &Damage{fmt.Sprintf("found %q, expected a comma or %q", c, end)}
		}
		s.pos++
	}
	return nil
}

// name reads a name and its colon.
func (s *scanner) name() ([]byte, error) {
	if c, err := s.peek(); err != nil {
		return nil, s.early(err)
	} else if c != '"' {
		return nil, &Damage{fmt.Sprintf("found %q, expected a name in quotes", c)}
	}
	raw, err := s.value(elsewhere)
	if err != nil {
		return nil, err
	}
	name := unquote(raw) // a copy: the colon may be in the next chunk
	return name, s.expect(':', "a colon after a name")
}

func (s *scanner) expect(wanted byte, expected string) error {
	c, err := s.peek()
	if err != nil {
		return s.early(err)
	}
	if c != wanted {
		return &Damage{fmt.Sprintf("found %q, expected %s", c, expected)}
	}
	s.pos++
	return nil
}

// atEnd reads to the end of the data, which makes gzip check what it has read.
func (s *scanner) atEnd() error {
	c, err := s.peek()
	switch {
	case err == nil:
		return &Damage{fmt.Sprintf("found %q after the end of the JSON, expected nothing", c)}
	case errors.Is(err, errEnd):
		return nil
	}
	return err
}
