package scanning

import (
	"encoding/json"
	"sync"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
)

// response turns the JSON of DynamoDB's answers to Scan into items of our answer, without values of Go in between: to decode them alone takes the SDK
// twice the time of all of this.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
type response struct {
	items   [][]byte // of the last answer, in encoder.out
	last    key      // LastEvaluatedKey of the last answer
	encoder encoder
}

// responses has buffers of earlier invocations.
var responses = sync.Pool{New: func() any { return &response{} }}

// mostKept is the longest buffer that is kept for a later invocation, in bytes.
const mostKept = 4 << 20

func (r *response) release() {
	if cap(r.encoder.out) <= mostKept {
		responses.Put(r)
	}
}

// read reads an answer and keeps nothing of it. An answer that is not whole, or is in no form that DynamoDB documents, is an error with which it is asked
// for again: an empty one could be taken for an empty table.
func (r *response) read(answer []byte) error {
	ok := r.take(answer)
	if !ok && !utf8.Valid(answer) { // a byte that is not UTF-8 becomes U+FFFD, as in encoding/json
		ok = r.take([]byte(string([]rune(string(answer)))))
	}
	r.encoder.in = nil
	switch {
	case ok:
		return nil
	case json.Valid(answer):
		return awsclient.Incomplete("found an answer of %d bytes in another form, expected that of Scan", len(answer))
	}
	return awsclient.Incomplete("the answer is cut after %d bytes: it is not the JSON of an answer to Scan", len(answer))
}

// take sets the items and the last key; it returns false if the answer is not in the documented form.
func (r *response) take(answer []byte) bool {
	r.items, r.last = r.items[:0], nil
	e := &r.encoder
	e.reset(answer)
	begin, ends := 0, []int(nil) // of the items in e.out, which may move while it grows
	isScan := false
	ok := e.object(func(name []byte) (ok bool) {
		member := string(name)
		e.space()
		from := e.at
		switch member {
		case "Items":
			isScan = true
			if e.null() {
				return true
			}
			begin, ends = len(e.out), nil
			return e.list(func() bool {
				ok := e.attributes(0)
				ends = append(ends, len(e.out))
				return ok
			})
		case "LastEvaluatedKey":
			if e.null() {
				return true
			}
			r.last, ok = e.key()
			return ok
		case "Count":
			isScan = true
		}
		return e.skip() && json.Valid(answer[from:e.at])
	})
	// An answer has the number of its items, also if it has none.
	if e.space(); !ok || !isScan || e.at != len(answer) {
		return false
	}
	for _, end := range ends {
		r.items = append(r.items, e.out[begin:end])
		begin = end
	}
	return true
}
