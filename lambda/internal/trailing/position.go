package trailing

import (
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

// maxToken bounds a token in bytes: a key of 1,024 bytes, each six in JSON, then four for three in base64.
const maxToken = 12 << 10

// position is where an answer ended: before a record of a file or, with record 0, behind the file key and all before it.
type position struct {
	Key    string `json:"k"`
	Record int    `json:"r,omitempty"`
	// ETag says whether the file of a Record is still the same.
	ETag string `json:"e,omitempty"`
	// To is the end of a range that was to end now, in seconds since 1970.
	To int64 `json:"t,omitempty"`
}

func (p *page) goOn(end position, wanted request) error {
	if wanted.untilNow {
		end.To = wanted.times.to.Unix()
	}
	text, err := token.Encode(end, wanted.asked)
	p.next = text
	return err
}

// readToken undoes goOn. A token is no secret and no signature: what it names is checked as the event's own fields are.
func readToken(text string, wanted request) (p position, err error) {
	if err = token.Decode(text, wanted.asked, `field "next"`, maxToken, &p); err != nil {
		return p, err
	}
	inside := p.Record >= 0 && len(p.Key) <= maxKey
	switch {
	case wanted.key != "":
		inside = inside && p.Key == wanted.key && p.Record > 0
	case wanted.prefix != "":
		inside = inside && strings.HasPrefix(p.Key, wanted.prefix)
	default:
		_, known := folderOf(p.Key, wanted.bases)
		inside = inside && known
	}
	if !inside {
		err = &event.Invalid{Field: `field "next"`, Found: "a token of another request", Expected: "the next of an earlier answer to the same request"}
	}
	return p, err
}
