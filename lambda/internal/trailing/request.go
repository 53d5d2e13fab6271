package trailing

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

const (
	maxKey       = 1024 // S3's limit in bytes
	maxLimit     = 1000
	defaultLimit = 100
	maxDays      = 366
	maxLateHours = 720 // for 30 days CloudTrail goes on to deliver to a bucket that refuses it
)

// request is what an event asks for. Exactly one of key, prefix and bases is there.
type request struct {
	key, prefix string
	// bases are the folders CloudTrail/ of a range of time, and regions those asked for: none for those that are there.
	bases, regions []string
	// times is the range of eventTime; late is how much later than its end a file may have been delivered.
	times    span
	untilNow bool
	late     time.Duration
	match    filter
	limit    int
	start    position
	// asked tells requests apart: a next token holds for the same one, whatever its limit.
	asked string
}

// known are an event's fields.
var known = []string{"key", "prefix", "from", "to", "account", "regions", "lateHours", "filter", "limit", "next"}

// readRequest reads {"key"}, {"prefix"} or {"from"}: one file, all files under a prefix, or those of a range of time. The other fields are
// optional: "from" and "to", RFC 3339, the range of eventTime without its end (default of a range's "to": now); "filter"; "limit", 0 to
// 1,000 events (default 100; 0: all are counted and none returned); "next", from an earlier answer. A range alone has "account", of several granted ones;
// "regions" (default: all); "lateHours", 0 to 720: how long after "to" CloudTrail may have delivered (default 1).
func readRequest(payload []byte, grant Grant, now time.Time) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	if err := object.Only(known...); err != nil {
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
	if r.times, err = readSpan(object); err != nil {
		return r, err
	}
	if r.match, err = readFilter(object["filter"]); err != nil {
		return r, err
	}
	if err := r.readWhere(object, grant, now); err != nil {
		return r, err
	}
	return r, r.readNext(object, grant)
}

// readWhere reads which files are asked for.
func (r *request) readWhere(object event.Object, grant Grant, now time.Time) error {
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
	r.bases, err = grant.bases(account)
	return err
}

// check refuses what lies outside of the granted prefixes.
func (g Grant) check(field, name string) error {
	if s3keys.Covers(s3keys.Merge(g.Prefixes), name) {
		return nil
	}
	return &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
		"%s %q is outside of what role %s may read; the granted prefixes are %s", field, name, g.RoleARN, quoted(g.Prefixes))}
}

// readNext reads where to go on. A range whose end was not given keeps the end that it had.
func (r *request) readNext(object event.Object, grant Grant) error {
	asked := event.Object{}
	for name, raw := range object {
		if name != "limit" && name != "next" && string(raw) != "null" {
			asked[name] = raw
		}
	}
	encoded, err := answer.JSON(map[string]json.RawMessage(asked)) // sorted by name
	if err != nil {
		return err
	}
	r.asked = "trail\x00" + grant.Bucket + "\x00" + string(encoded)
	text, given, err := object.Text("next", maxToken)
	if err != nil || !given {
		return err
	}
	if r.start, err = readToken(text, *r); err == nil && r.untilNow {
		r.times.to = time.Unix(r.start.To, 0).UTC()
	}
	return err
}
