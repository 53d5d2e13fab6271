package trailing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

const (
	maxKey       = 1024 // S3's limit in bytes
	maxLimit     = 1000
	defaultLimit = 100
	maxDays      = 366
	maxLateHours = 720 // latest, in hours
)

// latest is how long CloudTrail goes on to deliver the events of an hour to a bucket that refuses them. Else it delivers within about 5 minutes on
// average, without a guarantee.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
const latest = maxLateHours * time.Hour

// request is what an event asks for. Exactly one of key, prefix and accounts is set.
type request struct {
	key, prefix string
	// accounts are the prefixes CloudTrail/ of a range of time, and regions the wanted ones: none for all that exist.
	accounts, regions []string
	// times is the range of eventTime; late is how long after its end a file may have been delivered.
	times    timeRange
	untilNow bool
	late     time.Duration
	// asOf is when the first answer to a request for a range was made.
	asOf  time.Time
	match filter
	limit int
	start position
	// tokenContext identifies the request: a next token is valid for the same one, with any limit.
	tokenContext string
}

// fields are the fields of an event.
var fields = []string{"key", "prefix", "from", "to", "account", "regions", "lateHours", "filter", "limit", "next"}

// readRequest reads {"key"}, {"prefix"} or {"from"}: one file, all files under a prefix, or those of a range of time. The other fields are
// optional: "from" and "to", RFC 3339, the range of eventTime, exclusive of "to" (default now); "filter"; "limit", 0 to 1,000 events (default
// 100; 0 counts all events and returns none); "next", of an earlier answer. Only a range has "account", one of the granted ones; "regions"
// (default all); and "lateHours", 0 to 720: how long after "to" CloudTrail may have delivered (default 1); "delivery" in the answer says what may come later.
func readRequest(payload []byte, grant Grant, now time.Time) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	if err := object.Only(fields...); err != nil {
		return request{}, err
	}
	r := request{}
	if r.key, _, err = object.Text("key", maxKey); err != nil {
		return r, err
	}
	if r.prefix, _, err = object.Text("prefix", maxKey); err != nil {
		return r, err
	}
	if r.limit, err = object.Whole("limit", 0, maxLimit, defaultLimit); err != nil {
		return r, err
	}
	if r.times, err = readTimeRange(object); err != nil {
		return r, err
	}
	if r.match, err = readFilter(object["filter"]); err != nil {
		return r, err
	}
	if err := r.readScope(object, grant, now); err != nil {
		return r, err
	}
	return r, r.readNext(object, grant)
}

// readScope reads which files are wanted.
func (r *request) readScope(object event.Object, grant Grant, now time.Time) error {
	switch {
	case r.key != "" && r.prefix != "":
		return &event.Invalid{Field: `field "prefix"`, Found: `it next to "key"`, Expected: `one of "key", "prefix" and "from"`}
	case r.key == "" && r.prefix == "":
		return r.readRange(object, grant, now)
	}
	for _, name := range []string{"account", "regions", "lateHours"} {
		if raw, there := object[name]; there && string(raw) != "null" {
			return &event.Invalid{Field: fmt.Sprintf("field %q", name), Found: `it next to "key" or "prefix"`, Expected: `it only with "from" alone`}
		}
	}
	if r.prefix != "" {
		return grant.check("prefix", r.prefix)
	}
	if err := grant.check("key", r.key); err != nil {
		return err
	}
	if kind := kindOf(r.key); kind != logFile {
		return &event.Invalid{Field: `field "key"`, Found: kind.String(), Expected: "a log file of CloudTrail, whose name ends in .json.gz"}
	}
	return nil
}

// readRange reads a range of time.
func (r *request) readRange(object event.Object, grant Grant, now time.Time) error {
	if r.times.from.IsZero() {
		return &event.Invalid{Field: "event", Found: `none of "key", "prefix" and "from"`,
			Expected: `{"key":"…"} for one log file, {"prefix":"…"} for all under it, or {"from":"2016-08-25T13:00:00Z","to":"…"} for a range of time`}
	}
	if r.times.to.IsZero() {
		r.untilNow = true
		r.times.to = now.UTC().Truncate(time.Second)
	}
	if err := r.times.check(); err != nil {
		return err
	}
	if r.times.to.Sub(r.times.from) > maxDays*24*time.Hour {
		return &event.Invalid{Field: `field "to"`, Found: "a time more than 366 days after \"from\"", Expected: "at most 366 days; ask for several ranges, or for a prefix"}
	}
	r.asOf = now.UTC().Truncate(time.Second)
	hours, err := object.Whole("lateHours", 0, maxLateHours, 1)
	if err != nil {
		return err
	}
	r.late = time.Duration(hours) * time.Hour
	if r.regions, err = texts(object["regions"], `field "regions"`, "a region such as ap-northeast-1", identifier.IsRegion); err != nil {
		return err
	}
	slices.Sort(r.regions)
	r.regions = slices.Compact(r.regions)
	account, _, err := object.Text("account", 12)
	if err != nil {
		return err
	}
	r.accounts, err = grant.accounts(account)
	return err
}

// readNext reads where to continue. A range without an end keeps the end that it had in the first answer.
func (r *request) readNext(object event.Object, grant Grant) error {
	others := event.Object{}
	for name, raw := range object {
		if name != "limit" && name != "next" && string(raw) != "null" {
			others[name] = raw
		}
	}
	encoded, err := answer.JSON(map[string]json.RawMessage(others)) // sorted by name
	if err != nil {
		return err
	}
	r.tokenContext = "trail\x00" + grant.Bucket + "\x00" + string(encoded)
	text, given, err := object.Text("next", maxToken)
	if err != nil || !given {
		return err
	}
	if r.start, err = readToken(text, *r); err != nil {
		return err
	}
	if r.untilNow {
		r.times.to = time.Unix(r.start.To, 0).UTC()
	}
	if r.start.AsOf > 0 {
		r.asOf = time.Unix(r.start.AsOf, 0).UTC()
	}
	return nil
}

// maxToken bounds a token in bytes: a key of 1,024 bytes, each six in JSON, and some numbers, then four for three in base64.
const maxToken = 12 << 10

// position is where an answer ended: before a record of a file or, with record 0, after the file and all before it.
type position struct {
	Key    string `json:"k"`
	Record int    `json:"r,omitempty"`
	// ETag is that of the file of a Record.
	ETag string `json:"e,omitempty"`
	// To is the end of a range without "to", and AsOf when the first answer was made, in seconds since 1970.
	To   int64 `json:"t,omitempty"`
	AsOf int64 `json:"n,omitempty"`
	// Denied is how many files the answers so far name as denied, and Read whether they had any other file.
	Denied int  `json:"d,omitempty"`
	Read   bool `json:"f,omitempty"`
}

// readToken reads a next token. A token is neither secret nor signed: its values are checked as those of the event are.
func readToken(text string, wanted request) (p position, err error) {
	if err = token.Decode(text, wanted.tokenContext, `field "next"`, maxToken, &p); err != nil {
		return p, err
	}
	inside := p.Record >= 0 && p.Denied >= 0 && len(p.Key) <= maxKey
	switch {
	case wanted.key != "":
		inside = inside && p.Key == wanted.key && p.Record > 0
	case wanted.prefix != "":
		inside = inside && strings.HasPrefix(p.Key, wanted.prefix)
	default:
		_, known := dayPrefixOf(p.Key, wanted.accounts)
		inside = inside && known
	}
	if !inside {
		err = &event.Invalid{Field: `field "next"`, Found: "a token of another request", Expected: "the next of an earlier answer to the same request"}
	}
	return p, err
}
